#include "distfit_tile.h"

/* The functions are inlined; a module needs something to link. */
extern int distfit_tile_instructions;
int distfit_tile_instructions = 4;

#include "distfit_mpi.h"

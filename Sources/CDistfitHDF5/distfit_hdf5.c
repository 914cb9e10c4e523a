#include "distfit_hdf5.h"

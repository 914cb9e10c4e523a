#ifndef DISTFIT_HDF5_H
#define DISTFIT_HDF5_H
#endif

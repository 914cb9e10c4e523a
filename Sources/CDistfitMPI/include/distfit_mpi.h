#ifndef DISTFIT_MPI_H
#define DISTFIT_MPI_H
#endif

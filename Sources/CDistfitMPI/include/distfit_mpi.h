// The one door to MPI: macros become functions, counts are 64 bits wide, and every error ends the job.
//
// No function here returns an error code: after a failed MPI call nothing can be trusted, so the shim
// prints rank, operation and MPI's own text and aborts, in every build.
//
// A communicator is its Fortran handle (MPI standard 3.1, section 17.2.4): a plain integer that Swift
// can hold without knowing MPI's types, and that the HDF5 shim can turn back into an MPI_Comm.

#ifndef DISTFIT_MPI_H
#define DISTFIT_MPI_H

#include <stdint.h>

// MARK: - Beginning and end

/// Initialises MPI for one calling thread (MPI_THREAD_FUNNELED); does nothing the second time.
void distfit_mpi_initialize(void);
/// Ends MPI; does nothing when it never began. All ranks must call it.
void distfit_mpi_finalize(void);
/// Ends every rank of the job with `status`. Never returns, and works before initialisation too.
_Noreturn void distfit_mpi_abort(int32_t status);
/// Whether MPI has been initialised and not yet finalised: 1 or 0.
int32_t distfit_mpi_is_running(void);

// MARK: - Communicators

int32_t distfit_mpi_world(void);
int32_t distfit_mpi_rank(int32_t communicator);
int32_t distfit_mpi_size(int32_t communicator);
/// The ranks of equal `color`, ordered by `key`. Collective.
int32_t distfit_mpi_split(int32_t communicator, int32_t color, int32_t key);
/// The ranks that share this rank's memory, i.e. its node. Collective.
int32_t distfit_mpi_split_by_node(int32_t communicator);
/// Gives a communicator back. Collective. Does nothing once MPI has ended.
void distfit_mpi_free(int32_t communicator);

// MARK: - Collectives. `largest_message` bounds the elements (bytes) of one MPI call.

void distfit_mpi_barrier(int32_t communicator);
/// A barrier at which those that wait sleep, looking up once every so many microseconds.
void distfit_mpi_barrier_asleep(int32_t communicator, int32_t microseconds);
void distfit_mpi_sum_int64(
    int32_t communicator, int64_t *values, int64_t count, int64_t largest_message);
void distfit_mpi_maximum_int64(
    int32_t communicator, int64_t *values, int64_t count, int64_t largest_message);
void distfit_mpi_broadcast(
    int32_t communicator, void *bytes, int64_t count, int32_t root, int64_t largest_message);
/// One integer of every rank, to every rank: `all` holds `size` of them.
void distfit_mpi_all_gather_int64(int32_t communicator, int64_t value, int64_t *all);
/// The bytes of every rank, in the order of the ranks, at `root`, or everywhere if `root` is -1.
/// `counts` holds every rank's number of bytes and is the same on every rank; `all` is read only
/// where the result is wanted and holds their sum.
void distfit_mpi_gather(
    int32_t communicator, const void *bytes, const int64_t *counts, void *all, int32_t root,
    int64_t largest_message);

// MARK: - Description

/// The library's own description, e.g. "Open MPI v4.1.4, …", cut to `capacity` with a final zero.
void distfit_mpi_library_version(char *text, int32_t capacity);
/// The name of the node this rank runs on, cut to `capacity` with a final zero.
void distfit_mpi_processor_name(char *text, int32_t capacity);

#endif

// References "§" are to the MPI standard, version 3.1.

#include "distfit_mpi.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// MARK: - Errors

_Noreturn static void fail(int code, const char *operation) {
  char text[MPI_MAX_ERROR_STRING + 1] = "no text";
  int length = 0, rank = -1;
  if (distfit_mpi_is_running()) {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Error_string(code, text, &length);
  }
  fprintf(
      stderr, "distfit: MPI failed on rank %d in %s: %s (code %d). The job ends here.\n", rank,
      operation, text, code);
  fflush(stderr);
  distfit_mpi_abort(70);
}

static void check(int code, const char *operation) {
  if (code != MPI_SUCCESS) fail(code, operation);
}

// int MPI_Comm_set_errhandler(MPI_Comm comm, MPI_Errhandler errhandler)                      §8.3.1
// Without it MPI would abort with its own text before `check` sees the code.
static MPI_Comm returningErrors(MPI_Comm communicator) {
  check(MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return communicator;
}

// MPI_Comm MPI_Comm_f2c(MPI_Fint comm)      MPI_Fint MPI_Comm_c2f(MPI_Comm comm)             §17.2.4
static MPI_Comm communicatorOf(int32_t handle) { return MPI_Comm_f2c(handle); }

// MARK: - Beginning and end

// int MPI_Initialized(int *flag)      int MPI_Finalized(int *flag)                             §8.7
int32_t distfit_mpi_is_running(void) {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized && !finalized;
}

// int MPI_Init_thread(int *argc, char ***argv, int required, int *provided)                  §12.4.3
void distfit_mpi_initialize(void) {
  int initialized = 0, provided = MPI_THREAD_SINGLE;
  check(MPI_Initialized(&initialized), "MPI_Initialized");
  if (initialized) return;
  check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED) {
    fprintf(stderr, "distfit: this MPI library cannot be used by a program with threads.\n");
    distfit_mpi_abort(70);
  }
  returningErrors(MPI_COMM_WORLD);
  returningErrors(MPI_COMM_SELF);
}

// int MPI_Finalize(void)                                                                       §8.7
void distfit_mpi_finalize(void) {
  if (distfit_mpi_is_running()) check(MPI_Finalize(), "MPI_Finalize");
}

// int MPI_Abort(MPI_Comm comm, int errorcode)                                                  §8.7
_Noreturn void distfit_mpi_abort(int32_t status) {
  if (distfit_mpi_is_running()) MPI_Abort(MPI_COMM_WORLD, status);
  _Exit(status);
}

// MARK: - Communicators

int32_t distfit_mpi_world(void) { return MPI_Comm_c2f(MPI_COMM_WORLD); }

// int MPI_Comm_rank(MPI_Comm comm, int *rank)                                                §6.4.1
int32_t distfit_mpi_rank(int32_t communicator) {
  int rank = 0;
  check(MPI_Comm_rank(communicatorOf(communicator), &rank), "MPI_Comm_rank");
  return rank;
}

// int MPI_Comm_size(MPI_Comm comm, int *size)                                                §6.4.1
int32_t distfit_mpi_size(int32_t communicator) {
  int size = 0;
  check(MPI_Comm_size(communicatorOf(communicator), &size), "MPI_Comm_size");
  return size;
}

// int MPI_Comm_split(MPI_Comm comm, int color, int key, MPI_Comm *newcomm)                   §6.4.2
int32_t distfit_mpi_split(int32_t communicator, int32_t color, int32_t key) {
  MPI_Comm part = MPI_COMM_NULL;
  check(MPI_Comm_split(communicatorOf(communicator), color, key, &part), "MPI_Comm_split");
  return MPI_Comm_c2f(returningErrors(part));
}

// int MPI_Comm_split_type(MPI_Comm comm, int split_type, int key, MPI_Info info,
//                         MPI_Comm *newcomm)                                                 §6.4.2
int32_t distfit_mpi_split_by_node(int32_t communicator) {
  MPI_Comm node = MPI_COMM_NULL;
  check(
      MPI_Comm_split_type(
          communicatorOf(communicator), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node),
      "MPI_Comm_split_type");
  return MPI_Comm_c2f(returningErrors(node));
}

// int MPI_Comm_free(MPI_Comm *comm)                                                          §6.4.3
void distfit_mpi_free(int32_t communicator) {
  if (!distfit_mpi_is_running()) return;
  MPI_Comm freed = communicatorOf(communicator);
  check(MPI_Comm_free(&freed), "MPI_Comm_free");
}

// MARK: - Collectives

static int smaller(int64_t rest, int64_t largest) { return (int)(rest < largest ? rest : largest); }

// int MPI_Barrier(MPI_Comm comm)                                                               §5.3
void distfit_mpi_barrier(int32_t communicator) {
  check(MPI_Barrier(communicatorOf(communicator)), "MPI_Barrier");
}

// int MPI_Ibarrier(MPI_Comm comm, MPI_Request *request)                                       §5.12.1
// int MPI_Test(MPI_Request *request, int *flag, MPI_Status *status)                            §3.7.3
void distfit_mpi_barrier_asleep(int32_t communicator, int32_t microseconds) {
  MPI_Request request;
  int done = 0;
  check(MPI_Ibarrier(communicatorOf(communicator), &request), "MPI_Ibarrier");
  for (;;) {
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done) return;
    nanosleep(&(struct timespec){microseconds / 1000000, microseconds % 1000000 * 1000L}, NULL);
  }
}

// int MPI_Allreduce(const void *sendbuf, void *recvbuf, int count, MPI_Datatype datatype,
//                   MPI_Op op, MPI_Comm comm)                                                §5.9.6
void distfit_mpi_sum_int64(
    int32_t communicator, int64_t *values, int64_t count, int64_t largest_message) {
  for (int64_t done = 0; done < count; done += largest_message) {
    check(
        MPI_Allreduce(
            MPI_IN_PLACE, values + done, smaller(count - done, largest_message), MPI_INT64_T,
            MPI_SUM, communicatorOf(communicator)),
        "MPI_Allreduce (sum)");
  }
}

void distfit_mpi_maximum_int64(
    int32_t communicator, int64_t *values, int64_t count, int64_t largest_message) {
  for (int64_t done = 0; done < count; done += largest_message) {
    check(
        MPI_Allreduce(
            MPI_IN_PLACE, values + done, smaller(count - done, largest_message), MPI_INT64_T,
            MPI_MAX, communicatorOf(communicator)),
        "MPI_Allreduce (maximum)");
  }
}

// int MPI_Bcast(void *buffer, int count, MPI_Datatype datatype, int root, MPI_Comm comm)       §5.4
void distfit_mpi_broadcast(
    int32_t communicator, void *bytes, int64_t count, int32_t root, int64_t largest_message) {
  for (int64_t done = 0; done < count; done += largest_message) {
    check(
        MPI_Bcast(
            (char *)bytes + done, smaller(count - done, largest_message), MPI_BYTE, root,
            communicatorOf(communicator)),
        "MPI_Bcast");
  }
}

// int MPI_Allgather(const void *sendbuf, int sendcount, MPI_Datatype sendtype, void *recvbuf,
//                   int recvcount, MPI_Datatype recvtype, MPI_Comm comm)                       §5.7
void distfit_mpi_all_gather_int64(int32_t communicator, int64_t value, int64_t *all) {
  check(
      MPI_Allgather(&value, 1, MPI_INT64_T, all, 1, MPI_INT64_T, communicatorOf(communicator)),
      "MPI_Allgather");
}

// int MPI_Send(const void *buf, int count, MPI_Datatype datatype, int dest, int tag,
//              MPI_Comm comm)                                                                §3.2.1
// int MPI_Recv(void *buf, int count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
//              MPI_Status *status)                                                           §3.2.4
// MPI_Gatherv (§5.5) addresses its result with 32-bit displacements; messages from one rank after
// another do not, need no buffer beside the result, and gathering is never in a step.
void distfit_mpi_gather(
    int32_t communicator, const void *bytes, const int64_t *counts, void *all, int32_t root,
    int64_t largest_message) {
  MPI_Comm everyone = communicatorOf(communicator);
  const int rank = distfit_mpi_rank(communicator), size = distfit_mpi_size(communicator);
  const int collector = root < 0 ? 0 : root, tag = 1;
  char *next = all;
  int64_t total = 0;
  for (int sender = 0; sender < size; sender += 1) {
    const int64_t count = counts[sender];
    total += count;
    if (sender == collector && rank == collector && count > 0) memcpy(next, bytes, (size_t)count);
    for (int64_t done = 0; done < count && sender != collector; done += largest_message) {
      const int length = smaller(count - done, largest_message);
      if (rank == collector) {
        check(
            MPI_Recv(next + done, length, MPI_BYTE, sender, tag, everyone, MPI_STATUS_IGNORE),
            "MPI_Recv");
      } else if (rank == sender) {
        const char *part = (const char *)bytes + done;
        check(MPI_Send(part, length, MPI_BYTE, collector, tag, everyone), "MPI_Send");
      }
    }
    if (rank == collector) next += count;
  }
  if (root < 0) distfit_mpi_broadcast(communicator, all, total, collector, largest_message);
}

// MARK: - Description

static void copyText(char *text, int32_t capacity, const char *source) {
  if (capacity > 0) snprintf(text, (size_t)capacity, "%s", source);
}

// int MPI_Get_library_version(char *version, int *resultlen)                                 §8.1.1
void distfit_mpi_library_version(char *text, int32_t capacity) {
  char version[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
  int length = 0;
  check(MPI_Get_library_version(version, &length), "MPI_Get_library_version");
  copyText(text, capacity, version);
}

// int MPI_Get_processor_name(char *name, int *resultlen)                                     §8.1.2
void distfit_mpi_processor_name(char *text, int32_t capacity) {
  char name[MPI_MAX_PROCESSOR_NAME + 1] = "";
  int length = 0;
  check(MPI_Get_processor_name(name, &length), "MPI_Get_processor_name");
  copyText(text, capacity, name);
}

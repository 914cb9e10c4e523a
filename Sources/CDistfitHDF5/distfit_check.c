// A look at a whole file by a child process, which may crash, loop or run out of memory in our stead: libhdf5 does so on
// damaged heaps of texts.
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/// What the child says, in memory that both see: it is written before each step, so that it stands after a crash.
typedef struct {
  char object[1024];
  char problem[1024];
} report;

typedef struct {
  hid_t file;
  report *report;
} walk;

static int refuse(walk *walk, const char *problem) {
  snprintf(walk->report->problem, sizeof walk->report->problem, "%s", problem);
  return 1;
}

/// The library's own word for the last failure.
static int refuse_failure(walk *walk, const char *what) {
  distfit_note(-1);
  char problem[700];
  snprintf(problem, sizeof problem, "%s: %s. Is the file damaged?", what, distfit_hdf5_error());
  return refuse(walk, problem);
}

static void forget(void *context, const char *text, size_t length) {
  (void)context; (void)text; (void)length;
}

static int check_attribute(hid_t object, const char *name, walk *walk) {
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return 0;
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  int result = 0;
  if (type >= 0 && space >= 0 && H5Tis_variable_str(type) > 0) {
    hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count > 1000000) {
      result = refuse(walk, "has an attribute of more than a million texts. Is the file damaged?");
    } else if (count > 0) {
      char **texts = calloc((size_t)count, sizeof *texts);
      if (!texts || H5Aread(attribute, type, texts) < 0)
        result = refuse_failure(walk, "has an attribute whose texts cannot be read");
      else
        distfit_each_text(type, space, (uint64_t)count, texts, forget, NULL);
      free(texts);
    }
  }
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  H5Aclose(attribute);
  return result;
}

static herr_t attribute_found(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  (void)info;
  return check_attribute(object, name, context);
}

/// Reads a data set's texts in pieces, each forgotten at once.
static int check_texts(hid_t dataset, hid_t type, walk *walk) {
  hid_t space = H5Dget_space(dataset);
  if (space < 0) return 0;
  int rank = H5Sget_simple_extent_ndims(space), result = 0;
  hsize_t length = 1, from = 0;
  const hsize_t piece = 1 << 16;
  if (H5Sget_simple_extent_type(space) == H5S_NULL || rank > 1) {
    H5Sclose(space);
    return 0;
  }
  if (rank == 1) H5Sget_simple_extent_dims(space, &length, NULL);
  char **texts = calloc(length < piece ? (size_t)length + 1 : (size_t)piece, sizeof *texts);
  while (texts && from < length && result == 0) {
    hsize_t count = length - from < piece ? length - from : piece;
    hid_t memory = rank == 1 ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
    if (rank == 1) H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &count, NULL);
    if (H5Dread(dataset, type, memory, space, H5P_DEFAULT, texts) < 0)
      result = refuse_failure(walk, "has texts that cannot be read");
    else
      distfit_each_text(type, memory, count, texts, forget, NULL);
    H5Sclose(memory);
    from += count;
  }
  free(texts);
  H5Sclose(space);
  return result;
}

static int check_dataset(hid_t location, const char *name, walk *walk) {
  hid_t dataset = H5Dopen2(location, name, H5P_DEFAULT);
  // What cannot be opened is refused where it is wanted, with its place in the data.
  if (dataset < 0) return 0;
  char reason[900];
  int result = 0;
  if (distfit_keeps_values_elsewhere(dataset, reason, sizeof reason)) {
    result = refuse(walk, reason);
  } else {
    hid_t type = H5Dget_type(dataset);
    if (type >= 0 && H5Tis_variable_str(type) > 0) result = check_texts(dataset, type, walk);
    if (type >= 0) H5Tclose(type);
  }
  H5Dclose(dataset);
  return result;
}

static void name_object(walk *walk, const char *name) {
  snprintf(walk->report->object, sizeof walk->report->object, "/%s", name);
}

static herr_t link_found(hid_t group, const char *name, const H5L_info_t *link, void *context) {
  walk *walk = context;
  name_object(walk, name);
  if (link->type == H5L_TYPE_EXTERNAL) {
    char target[300], problem[900];
    distfit_is_foreign_link(group, name, target, sizeof target);
    snprintf(problem, sizeof problem,
             "is a link into another file (%s), which distfit does not open. Write it into one file: read and save it "
             "with anndata", target);
    return refuse(walk, problem);
  }
  if (link->type != H5L_TYPE_HARD) return 0;
  H5O_info_t info;
  if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS, H5P_DEFAULT) < 0) return 0;
  if (info.num_attrs > 0) {
    hsize_t first = 0;
    if (H5Aiterate_by_name(group, name, H5_INDEX_NAME, H5_ITER_NATIVE, &first, attribute_found, walk, H5P_DEFAULT) > 0)
      return 1;
  }
  return info.type == H5O_TYPE_DATASET ? check_dataset(group, name, walk) : 0;
}

/// 0 where the file is good, or cannot even be opened: others say that better.
static int look(const char *path, report *report) {
  distfit_id file = distfit_hdf5_open(path);
  if (file < 0) return 0;
  distfit_enter();
  walk walk = {file, report};
  name_object(&walk, "");
  hsize_t first = 0;
  int result = H5Aiterate_by_name(file, "/", H5_INDEX_NAME, H5_ITER_NATIVE, &first, attribute_found, &walk,
                                  H5P_DEFAULT) > 0;
  if (!result) result = H5Lvisit_by_name(file, "/", H5_INDEX_NAME, H5_ITER_NATIVE, link_found, &walk, H5P_DEFAULT) > 0;
  return result;
}

static void limit(int resource, rlim_t value) {
  struct rlimit limits;
  if (getrlimit(resource, &limits) != 0) return;
  if (limits.rlim_max != RLIM_INFINITY && limits.rlim_max < value) return;
  limits.rlim_cur = limits.rlim_max = value;
  setrlimit(resource, &limits);
}

static rlim_t address_space(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file) {
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
  }
  return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/// Never returns.
static void be_child(const char *path, unsigned seconds, uint64_t memory, rlim_t taken, pid_t parent, report *report) {
  const int ends[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP, SIGXCPU, SIGALRM};
  for (size_t index = 0; index < sizeof ends / sizeof ends[0]; index++) signal(ends[index], SIG_DFL);
  // Last words of the C library ("malloc assertion failure") are no words for a user.
  int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds);
  limit(RLIMIT_AS, taken + memory);
  _exit(look(path, report));
}

int distfit_hdf5_check(const char *path, unsigned seconds, uint64_t memory, char *object, char *problem,
                       size_t capacity) {
  report *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 0;
  rlim_t taken = address_space();
  pid_t parent = getpid();
  // The library's lock is ours when the child begins: it would never be given back there otherwise.
  distfit_enter();
  pid_t child = fork();
  distfit_leave(0);
  if (child == 0) be_child(path, seconds, memory, taken, parent, shared);
  int status = 0, result = 0;
  if (child > 0) {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (WIFSIGNALED(status)) {
      result = 1;
      if (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)
        snprintf(shared->problem, sizeof shared->problem,
                 "keeps the HDF5 library busy for more than %u s. Is the file damaged?", seconds);
      else
        snprintf(shared->problem, sizeof shared->problem,
                 "makes the HDF5 library crash (signal %d): the file is damaged. Copy or write it again",
                 WTERMSIG(status));
    } else {
      result = WEXITSTATUS(status) != 0;
    }
  }
  snprintf(object, capacity, "%s", shared->object);
  snprintf(problem, capacity, "%s", shared->problem);
  munmap(shared, sizeof *shared);
  return result;
}

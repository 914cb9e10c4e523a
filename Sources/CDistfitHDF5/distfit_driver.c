// A file driver for writing that never tells HDF5 of a failed write: HDF5 1.10 crashes when it closes a file whose
// disk is full. The first failure is remembered in a place of the caller's, who checks it and throws the file away.
#include "internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  H5FD_t header;  // HDF5's own part, first
  int descriptor;
  haddr_t allocated;  // end of what HDF5 has given out
  haddr_t end;        // end of what was written
  int *failure;       // errno of the first failure; the caller's
} driver_file;

typedef struct { int descriptor; int *failure; } driver_settings;

static void note_failure(driver_file *file) {
  if (*file->failure == 0) *file->failure = errno ? errno : EIO;
}

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t largest) {
  (void)name; (void)flags; (void)largest;
  const driver_settings *settings = H5Pget_driver_info(access);
  // HDF5 opens a new file twice: each time gets a descriptor of its own.
  int descriptor = settings ? dup(settings->descriptor) : -1;
  if (descriptor < 0) return NULL;
  driver_file *file = calloc(1, sizeof *file);
  if (!file) { close(descriptor); return NULL; }
  struct stat status;
  file->descriptor = descriptor;
  file->end = fstat(descriptor, &status) == 0 ? (haddr_t)status.st_size : 0;
  file->failure = settings->failure;
  return &file->header;
}

static herr_t driver_close(H5FD_t *header) {
  driver_file *file = (driver_file *)header;
  if (close(file->descriptor) != 0) note_failure(file);
  free(file);
  return 0;
}

static herr_t driver_query(const H5FD_t *header, unsigned long *flags) {
  (void)header;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE
           | H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *header, H5FD_mem_t type) {
  (void)type;
  return ((const driver_file *)header)->allocated;
}

static herr_t driver_set_eoa(H5FD_t *header, H5FD_mem_t type, haddr_t address) {
  (void)type;
  ((driver_file *)header)->allocated = address;
  return 0;
}

static haddr_t driver_get_eof(const H5FD_t *header, H5FD_mem_t type) {
  (void)type;
  return ((const driver_file *)header)->end;
}

/// What could not be written reads as zeros.
static herr_t driver_read(H5FD_t *header, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                          void *bytes) {
  (void)type; (void)transfer;
  driver_file *file = (driver_file *)header;
  char *to = bytes;
  while (size > 0) {
    ssize_t count = pread(file->descriptor, to, size, (off_t)address);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) { memset(to, 0, size); return 0; }
    to += count; size -= (size_t)count; address += (haddr_t)count;
  }
  return 0;
}

static herr_t driver_write(H5FD_t *header, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                           const void *bytes) {
  (void)type; (void)transfer;
  driver_file *file = (driver_file *)header;
  const char *from = bytes;
  if (file->end < address + size) file->end = address + size;
  while (size > 0 && *file->failure == 0) {
    errno = 0;
    ssize_t count = pwrite(file->descriptor, from, size, (off_t)address);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) { note_failure(file); break; }
    from += count; size -= (size_t)count; address += (haddr_t)count;
  }
  return 0;
}

static herr_t driver_truncate(H5FD_t *header, hid_t transfer, hbool_t closing) {
  (void)transfer; (void)closing;
  driver_file *file = (driver_file *)header;
  if (file->end == file->allocated) return 0;
  if (ftruncate(file->descriptor, (off_t)file->allocated) != 0) note_failure(file);
  file->end = file->allocated;
  return 0;
}

static const H5FD_class_t theDriver = {
    .name = "distfit",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .fapl_size = sizeof(driver_settings),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

herr_t distfit_use_driver(hid_t access, int descriptor, int *failure) {
  static hid_t driver = -1;
  if (driver < 0) driver = H5FDregister(&theDriver);
  driver_settings settings = {descriptor, failure};
  return driver < 0 ? -1 : H5Pset_driver(access, driver, &settings);
}

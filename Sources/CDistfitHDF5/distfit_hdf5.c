// Reading.
#include "internal.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t theLock = PTHREAD_MUTEX_INITIALIZER;
static bool isSetUp = false;
static _Thread_local char theError[512];
static _Thread_local int theNumber;

void distfit_enter(void) {
  pthread_mutex_lock(&theLock);
  theError[0] = 0;
  theNumber = 0;
  errno = 0;
  if (!isSetUp) {
    isSetUp = true;
    H5open();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    distfit_register_lzf();
    distfit_forbid_foreign_links();
  }
}

/// The deepest entry of HDF5's stack says what happened; the outer ones where.
static herr_t keep_first(unsigned n, const H5E_error2_t *entry, void *context) {
  (void)context;
  if (n == 0) snprintf(theError, sizeof theError, "%s", entry->desc ? entry->desc : "");
  return 0;
}

int64_t distfit_note(int64_t result) {
  if (result < 0 && !theError[0]) {
    theNumber = errno;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, NULL);
  }
  return result;
}

int64_t distfit_leave(int64_t result) {
  distfit_note(result);
  if (result < 0 && !theError[0]) snprintf(theError, sizeof theError, "HDF5 gives no reason");
  H5Eclear2(H5E_DEFAULT);
  pthread_mutex_unlock(&theLock);
  return result;
}

int64_t distfit_leave_saying(const char *reason) {
  snprintf(theError, sizeof theError, "%s", reason);
  return distfit_leave(-1);
}

const char *distfit_hdf5_error(void) { return theError; }

int distfit_hdf5_error_number(void) { return theNumber; }

int distfit_hdf5_close(distfit_id id) {
  if (id < 0) return 0;
  distfit_enter();
  switch (H5Iget_type(id)) {
    case H5I_FILE: return (int)distfit_leave(H5Fclose(id));
    case H5I_DATASET: return (int)distfit_leave(H5Dclose(id));
    default: return (int)distfit_leave(0);
  }
}

hid_t distfit_memory_type(int type) {
  switch (type) {
    case DISTFIT_INT8: case DISTFIT_BOOLEAN: return H5T_NATIVE_INT8;
    case DISTFIT_UINT8: return H5T_NATIVE_UINT8;
    case DISTFIT_INT16: return H5T_NATIVE_INT16;
    case DISTFIT_UINT16: return H5T_NATIVE_UINT16;
    case DISTFIT_INT32: return H5T_NATIVE_INT32;
    case DISTFIT_UINT32: return H5T_NATIVE_UINT32;
    case DISTFIT_INT64: return H5T_NATIVE_INT64;
    case DISTFIT_UINT64: return H5T_NATIVE_UINT64;
    case DISTFIT_FLOAT: return H5T_NATIVE_FLOAT;
    default: return H5T_NATIVE_DOUBLE;
  }
}

distfit_id distfit_hdf5_open(const char *path) {
  distfit_enter();
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  // herr_t H5Pset_file_locking(hid_t fapl_id, hbool_t use_file_locking, hbool_t ignore_when_disabled)
  H5Pset_file_locking(access, false, true);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  hid_t file = distfit_note(H5Fopen(path, H5F_ACC_RDONLY, access));
  H5Pclose(access);
  return distfit_leave(file);
}

int distfit_hdf5_kind(distfit_id file, const char *path) {
  distfit_enter();
  char *part = strdup(path);
  if (!part) return (int)distfit_leave_saying("out of memory");
  int kind = DISTFIT_GROUP;
  // H5Lexists fails unless every parent exists: test each prefix in turn.
  size_t length = strlen(part);
  for (size_t i = 1; i <= length && kind == DISTFIT_GROUP; i++) {
    if (i < length && part[i] != '/') continue;
    if (part[i - 1] == '/') continue;
    char kept = part[i];
    part[i] = 0;
    char target[8];
    if (H5Lexists(file, part, H5P_DEFAULT) <= 0) {
      kind = DISTFIT_MISSING;
    } else if (distfit_is_foreign_link(file, part, target, sizeof target)) {
      kind = DISTFIT_FOREIGN;
    } else if (H5Oexists_by_name(file, part, H5P_DEFAULT) <= 0) {
      kind = DISTFIT_DANGLING;
    } else {
      H5O_info_t info;
      if (H5Oget_info_by_name2(file, part, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) kind = DISTFIT_OTHER;
      else if (info.type == H5O_TYPE_DATASET) kind = DISTFIT_DATASET;
      else if (info.type != H5O_TYPE_GROUP) kind = DISTFIT_OTHER;
    }
    part[i] = kept;
    // A dataset has nothing below it.
    if (i < length && kind == DISTFIT_DATASET) kind = DISTFIT_MISSING;
  }
  free(part);
  return (int)distfit_leave(kind);
}

int distfit_hdf5_address(distfit_id file, const char *path, uint64_t *address) {
  distfit_enter();
  H5O_info_t info;
  int status = H5Oget_info_by_name2(file, path, &info, H5O_INFO_BASIC, H5P_DEFAULT);
  *address = status < 0 ? 0 : (uint64_t)info.addr;
  return (int)distfit_leave(status);
}

struct names { distfit_text_callback each; void *context; };

static herr_t name_found(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)group; (void)info;
  struct names *names = context;
  names->each(names->context, name, strlen(name));
  return 0;
}

int distfit_hdf5_names(distfit_id file, const char *path, distfit_text_callback each, void *context) {
  distfit_enter();
  struct names names = {each, context};
  hsize_t from = 0;
  return (int)distfit_leave(H5Literate_by_name(file, path, H5_INDEX_NAME, H5_ITER_INC, &from,
                                               name_found, &names, H5P_DEFAULT));
}

static uint64_t chunk_bytes(hid_t dataset, hid_t creation) {
  if (H5Pget_layout(creation) != H5D_CHUNKED) return 0;
  hsize_t chunk[H5S_MAX_RANK];
  int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
  hid_t type = H5Dget_type(dataset);
  uint64_t bytes = H5Tget_size(type);
  H5Tclose(type);
  for (int i = 0; i < rank && bytes <= UINT32_MAX; i++) bytes *= chunk[i];
  return bytes;
}

distfit_id distfit_hdf5_open_dataset(distfit_id file, const char *path) {
  distfit_enter();
  hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
  if (dataset < 0) return distfit_leave(-1);
  char reason[480];
  if (distfit_keeps_values_elsewhere(dataset, reason, sizeof reason)) {
    H5Dclose(dataset);
    return distfit_leave_saying(reason);
  }
  hid_t creation = H5Dget_create_plist(dataset);
  uint64_t bytes = chunk_bytes(dataset, creation);
  H5Pclose(creation);
  const uint64_t usual = 1 << 20, most = 256 << 20;
  // Otherwise each slab that touches a chunk larger than the cache decodes it again.
  if (bytes > usual && bytes <= most) {
    H5Dclose(dataset);
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(access, 521, bytes + bytes / 4, 1.0);
    dataset = H5Dopen2(file, path, access);
    H5Pclose(access);
  }
  return distfit_leave(dataset);
}

int distfit_hdf5_describe(distfit_id dataset, distfit_description *result) {
  distfit_enter();
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
  hid_t creation = H5Dget_create_plist(dataset);
  int status = type < 0 || space < 0 || creation < 0 ? -1 : distfit_describe(type, space, result);
  if (status >= 0) {
    result->storageSize = H5Dget_storage_size(dataset);
    if (H5Pget_layout(creation) == H5D_CHUNKED) {
      hsize_t chunk[H5S_MAX_RANK];
      result->isChunked = true;
      if (H5Pget_chunk(creation, H5S_MAX_RANK, chunk) == result->rank)
        for (int i = 0; i < result->rank; i++) result->chunk[i] = chunk[i];
    }
    int filters = H5Pget_nfilters(creation);
    for (int i = 0; i < filters; i++) {
      unsigned flags;
      size_t values = 0;
      char name[64] = "";
      H5Z_filter_t filter =
          H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, sizeof name, name, NULL);
      if (filter >= 0 && H5Zfilter_avail(filter) <= 0) {
        result->unavailableFilter = filter;
        memcpy(result->filterName, name, sizeof name);
        break;
      }
    }
  }
  if (type >= 0) H5Tclose(type);
  if (space >= 0) H5Sclose(space);
  if (creation >= 0) H5Pclose(creation);
  return (int)distfit_leave(status);
}

/// The selection of a hyperslab in the file, and a simple space for memory; ids to close, or -1.
static int select_slab(hid_t dataset, int rank, const uint64_t *start, const uint64_t *count,
                       hid_t *file, hid_t *memory) {
  *memory = -1;
  *file = H5Dget_space(dataset);
  if (*file < 0 || H5Sget_simple_extent_ndims(*file) != rank) return -1;
  if (rank == 0) return (*memory = H5Screate(H5S_SCALAR)) < 0 ? -1 : 0;
  hsize_t from[DISTFIT_MAXIMUM_RANK], length[DISTFIT_MAXIMUM_RANK];
  if (rank > DISTFIT_MAXIMUM_RANK) return -1;
  for (int i = 0; i < rank; i++) { from[i] = start[i]; length[i] = count[i]; }
  *memory = H5Screate_simple(rank, length, NULL);
  return H5Sselect_hyperslab(*file, H5S_SELECT_SET, from, NULL, length, NULL) < 0 ? -1 : 0;
}

int distfit_hdf5_read(distfit_id dataset, int type, int rank, const uint64_t *start,
                      const uint64_t *count, void *values) {
  distfit_enter();
  hid_t file, memory;
  int status = select_slab(dataset, rank, start, count, &file, &memory);
  if (status >= 0) {
    hid_t stored = H5Dget_type(dataset);
    // Enumerations (h5py's booleans) have no conversion to numbers: read their int8 as it lies.
    bool isEnumeration = H5Tget_class(stored) == H5T_ENUM;
    if (isEnumeration && H5Tget_size(stored) != 1) status = -1;
    else status = H5Dread(dataset, isEnumeration ? stored : distfit_memory_type(type), memory, file,
                          H5P_DEFAULT, values);
    distfit_note(status);
    H5Tclose(stored);
  }
  if (memory >= 0) H5Sclose(memory);
  if (file >= 0) H5Sclose(file);
  return (int)distfit_leave(status);
}

int distfit_hdf5_read_texts(distfit_id dataset, int rank, uint64_t start, uint64_t count,
                            distfit_text_callback each, void *context) {
  distfit_enter();
  hid_t file, memory, type = H5Dget_type(dataset);
  int status = select_slab(dataset, rank, &start, &count, &file, &memory);
  if (status >= 0 && H5Tget_class(type) == H5T_STRING) {
    uint64_t elements = rank == 0 ? 1 : count;
    size_t size = H5Tget_size(type);
    void *buffer = calloc(elements, size > 0 ? size : 1);
    status = buffer ? H5Dread(dataset, type, memory, file, H5P_DEFAULT, buffer) : -1;
    distfit_note(status);
    if (status >= 0) status = distfit_each_text(type, memory, elements, buffer, each, context);
    free(buffer);
  } else {
    status = -1;
  }
  if (memory >= 0) H5Sclose(memory);
  if (file >= 0) H5Sclose(file);
  if (type >= 0) H5Tclose(type);
  return (int)distfit_leave(status);
}

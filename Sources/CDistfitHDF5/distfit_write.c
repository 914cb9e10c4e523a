// Writing: the bytes of a file depend on the calls alone.
#include "internal.h"
#include <string.h>

hid_t distfit_file_type(int type) {
  switch (type) {
    case DISTFIT_INT8: return H5Tcopy(H5T_STD_I8LE);
    case DISTFIT_UINT8: return H5Tcopy(H5T_STD_U8LE);
    case DISTFIT_INT16: return H5Tcopy(H5T_STD_I16LE);
    case DISTFIT_UINT16: return H5Tcopy(H5T_STD_U16LE);
    case DISTFIT_INT32: return H5Tcopy(H5T_STD_I32LE);
    case DISTFIT_UINT32: return H5Tcopy(H5T_STD_U32LE);
    case DISTFIT_INT64: return H5Tcopy(H5T_STD_I64LE);
    case DISTFIT_UINT64: return H5Tcopy(H5T_STD_U64LE);
    case DISTFIT_FLOAT: return H5Tcopy(H5T_IEEE_F32LE);
    case DISTFIT_BOOLEAN: {
      hid_t boolean = H5Tenum_create(H5T_STD_I8LE);
      int8_t value = 0;
      H5Tenum_insert(boolean, "FALSE", &value);
      value = 1;
      H5Tenum_insert(boolean, "TRUE", &value);
      return boolean;
    }
    default: return H5Tcopy(H5T_IEEE_F64LE);
  }
}

hid_t distfit_text_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

distfit_id distfit_hdf5_create(int descriptor, const char *name, uint64_t user_block, int *failure) {
  distfit_enter();
  hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
  H5Pset_obj_track_times(creation, false);
  if (user_block > 0) distfit_note(H5Pset_userblock(creation, user_block));
  *failure = 0;
  distfit_note(distfit_use_driver(access, descriptor, failure));
  hid_t file = distfit_note(H5Fcreate(name, H5F_ACC_TRUNC, creation, access));
  H5Pclose(access);
  H5Pclose(creation);
  return distfit_leave(file);
}

int distfit_hdf5_create_group(distfit_id file, const char *path, int large) {
  distfit_enter();
  hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(creation, false);
  // Attributes in storage of their own, from the first: the header of a group of the second version has room for it,
  // and that version comes with the order of creation.
  if (large) {
    H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED);
    H5Pset_attr_phase_change(creation, 0, 0);
  }
  hid_t group = distfit_note(H5Gcreate2(file, path, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Pclose(creation);
  if (group >= 0) H5Gclose(group);
  return (int)distfit_leave(group < 0 ? -1 : 0);
}

static hid_t create_dataset(hid_t file, const char *path, hid_t type, int rank, const uint64_t *shape,
                            const uint64_t *chunk, int compression, bool shuffle) {
  hsize_t extent[DISTFIT_MAXIMUM_RANK], tile[DISTFIT_MAXIMUM_RANK];
  for (int i = 0; i < rank; i++) { extent[i] = shape[i]; tile[i] = chunk ? chunk[i] : 0; }
  hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, extent, NULL);
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(creation, false);
  if (chunk && rank > 0) {
    H5Pset_chunk(creation, rank, tile);
    if (compression > 0 && shuffle) H5Pset_shuffle(creation);
    if (compression > 0) H5Pset_deflate(creation, (unsigned)compression);
  }
  hid_t dataset = distfit_note(H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Pclose(creation);
  H5Sclose(space);
  return dataset;
}

distfit_id distfit_hdf5_create_dataset(distfit_id file, const char *path, int type, int rank,
                                       const uint64_t *shape, const uint64_t *chunk,
                                       int compression, bool shuffle) {
  distfit_enter();
  if (rank > DISTFIT_MAXIMUM_RANK) return distfit_leave_saying("too many dimensions");
  hid_t stored = distfit_file_type(type);
  hid_t dataset = create_dataset(file, path, stored, rank, shape, chunk, compression, shuffle);
  H5Tclose(stored);
  return distfit_leave(dataset);
}

int distfit_hdf5_write(distfit_id dataset, int type, int rank, const uint64_t *start,
                       const uint64_t *count, const void *values) {
  distfit_enter();
  hid_t file = H5Dget_space(dataset), memory = -1, stored = H5Dget_type(dataset);
  int status = -1;
  if (rank == 0) {
    memory = H5Screate(H5S_SCALAR);
    status = 0;
  } else if (rank <= DISTFIT_MAXIMUM_RANK) {
    hsize_t from[DISTFIT_MAXIMUM_RANK], length[DISTFIT_MAXIMUM_RANK];
    for (int i = 0; i < rank; i++) { from[i] = start[i]; length[i] = count[i]; }
    memory = H5Screate_simple(rank, length, NULL);
    status = H5Sselect_hyperslab(file, H5S_SELECT_SET, from, NULL, length, NULL);
  }
  if (status >= 0)
    status = H5Dwrite(dataset, type == DISTFIT_BOOLEAN ? stored : distfit_memory_type(type), memory, file,
                      H5P_DEFAULT, values);
  distfit_note(status);
  if (memory >= 0) H5Sclose(memory);
  H5Sclose(file);
  H5Tclose(stored);
  return (int)distfit_leave(status);
}

int distfit_hdf5_write_chunk(distfit_id dataset, const uint64_t *start, const void *bytes, size_t length) {
  distfit_enter();
  hsize_t offset[DISTFIT_MAXIMUM_RANK];
  hid_t space = H5Dget_space(dataset);
  int rank = H5Sget_simple_extent_ndims(space);
  H5Sclose(space);
  for (int i = 0; i < rank; i++) offset[i] = start[i];
  // herr_t H5Dwrite_chunk(hid_t, hid_t dxpl_id, uint32_t filters, const hsize_t *offset, size_t, const void *)
  return (int)distfit_leave(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, length, bytes));
}

// HDF5 clears its conversion buffers at every call, 1 MiB each unless told otherwise: more than most texts need.
static hid_t text_transfer(uint64_t count) {
  hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  if (count < 4096) H5Pset_buffer(transfer, 1 << 16, NULL, NULL);
  return transfer;
}

int distfit_hdf5_write_texts(distfit_id file, const char *path, int rank, uint64_t count,
                             const char *const *texts, uint64_t chunk, int compression) {
  distfit_enter();
  hid_t type = distfit_text_type();
  hid_t dataset = create_dataset(file, path, type, rank, &count, chunk > 0 ? &chunk : NULL, compression, false);
  int status = -1;
  if (dataset >= 0) {
    status = 0;
    hid_t transfer = text_transfer(rank == 0 ? 1 : count);
    if (rank == 0 || count > 0) status = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, transfer, texts);
    distfit_note(status);
    H5Pclose(transfer);
    if (H5Dclose(dataset) < 0) status = -1;
  }
  H5Tclose(type);
  return (int)distfit_leave(status);
}

static int write_attribute(hid_t file, const char *path, const char *name, hid_t stored, hid_t memory,
                           int rank, uint64_t count, const void *values) {
  hsize_t extent = count;
  hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
  hid_t attribute = distfit_note(
      H5Acreate_by_name(file, path, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  int status = attribute < 0 ? -1 : 0;
  if (status == 0 && (rank == 0 || count > 0)) status = H5Awrite(attribute, memory, values);
  distfit_note(status);
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  return status;
}

int distfit_hdf5_write_attribute(distfit_id file, const char *path, const char *name, int type,
                                 int rank, uint64_t count, const void *values) {
  distfit_enter();
  hid_t stored = distfit_file_type(type);
  int status = write_attribute(file, path, name, stored,
                               type == DISTFIT_BOOLEAN ? stored : distfit_memory_type(type), rank, count, values);
  H5Tclose(stored);
  return (int)distfit_leave(status);
}

int distfit_hdf5_write_attribute_texts(distfit_id file, const char *path, const char *name, int rank,
                                       uint64_t count, const char *const *texts) {
  distfit_enter();
  hid_t type = distfit_text_type();
  int status = write_attribute(file, path, name, type, type, rank, count, texts);
  H5Tclose(type);
  return (int)distfit_leave(status);
}

int distfit_hdf5_flush(distfit_id file) {
  distfit_enter();
  return (int)distfit_leave(H5Fflush(file, H5F_SCOPE_GLOBAL));
}

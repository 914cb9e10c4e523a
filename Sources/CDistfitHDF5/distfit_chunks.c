// Chunks as they lie in the file, for a caller that undoes their filters itself, on several threads.
#include "internal.h"
#include <zlib.h>

int distfit_hdf5_plain_filters(distfit_id dataset, int type) {
  distfit_enter();
  int result = -1;
  hid_t stored = H5Dget_type(dataset), creation = H5Dget_create_plist(dataset);
  if (stored >= 0 && creation >= 0 && H5Pget_layout(creation) == H5D_CHUNKED &&
      H5Tequal(stored, distfit_memory_type(type)) > 0) {
    int count = H5Pget_nfilters(creation);
    H5Z_filter_t filters[2] = {0, 0};
    for (int index = 0; index < count && index < 2; index++) {
      unsigned flags, values[8];
      size_t valueCount = 8;
      filters[index] =
          H5Pget_filter2(creation, (unsigned)index, &flags, &valueCount, values, 0, NULL, NULL);
    }
    if (count == 1 && filters[0] == H5Z_FILTER_DEFLATE) result = 0;
    if (count == 2 && filters[0] == H5Z_FILTER_SHUFFLE && filters[1] == H5Z_FILTER_DEFLATE)
      result = 1;
  }
  if (creation >= 0) H5Pclose(creation);
  if (stored >= 0) H5Tclose(stored);
  distfit_leave(0);
  return result;
}

int64_t distfit_hdf5_stored_chunk_size(distfit_id dataset, uint64_t start) {
  distfit_enter();
  hsize_t offset = start, size = 0;
  int status = H5Dget_chunk_storage_size(dataset, &offset, &size);
  return distfit_leave(status < 0 ? status : (int64_t)size);
}

int64_t distfit_hdf5_read_stored_chunk(distfit_id dataset, uint64_t start, void *bytes) {
  distfit_enter();
  hsize_t offset = start;
  uint32_t skipped = 0;
  int status = H5Dread_chunk(dataset, H5P_DEFAULT, &offset, &skipped, bytes);
  return distfit_leave(status < 0 || skipped != 0 ? -1 : 0);
}

int64_t distfit_inflate(const void *bytes, size_t length, void *result, size_t capacity) {
  uLongf written = capacity;
  return uncompress(result, &written, bytes, length) == Z_OK ? (int64_t)written : -1;
}

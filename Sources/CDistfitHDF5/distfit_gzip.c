// zlib: chunks compressed by the rank that owns them, and gzip text files.
#include "distfit_hdf5.h"
#include <unistd.h>
#include <zlib.h>

size_t distfit_deflate_bound(size_t length) { return compressBound(length); }

int64_t distfit_deflate(const void *bytes, size_t length, int level, void *result, size_t capacity) {
  uLongf written = capacity;
  return compress2(result, &written, bytes, length, level) == Z_OK ? (int64_t)written : -1;
}

void *distfit_gzip_open(const char *path) {
  gzFile stream = gzopen(path, "rb");
  if (stream) gzbuffer(stream, 1 << 18);
  return stream;
}

int distfit_gzip_read(void *stream, void *bytes, unsigned capacity) {
  int count = gzread(stream, bytes, capacity);
  // A cut gzip stream reads short without failing: zlib says so in its error number only.
  int code = Z_OK;
  if (count >= 0 && (unsigned)count < capacity) {
    gzerror(stream, &code);
    if (code != Z_OK && code != Z_STREAM_END) return -1;
  }
  return count;
}

const char *distfit_gzip_error(void *stream) {
  int code = Z_OK;
  const char *text = gzerror(stream, &code);
  return code == Z_BUF_ERROR ? "the gzip stream is cut off" : text;
}

void distfit_gzip_close(void *stream) { gzclose_r(stream); }

void *distfit_gzip_create(int descriptor, int compressed) {
  int own = dup(descriptor);
  if (own < 0) return NULL;
  gzFile stream = gzdopen(own, compressed ? "wb6" : "wbT");
  if (!stream) close(own);
  if (stream) gzbuffer(stream, 1 << 18);
  return stream;
}

int distfit_gzip_write(void *stream, const void *bytes, unsigned length) {
  return length == 0 || gzwrite(stream, bytes, length) == (int)length ? 0 : -1;
}

int distfit_gzip_finish(void *stream) { return gzclose_w(stream) == Z_OK ? 0 : -1; }

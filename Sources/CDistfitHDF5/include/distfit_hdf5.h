// The one door to HDF5: serial files, one call at a time, every failure a text instead of a printed stack.
//
// The library is not thread safe; every function here takes one process-wide lock. Functions return a negative number
// on failure, and distfit_hdf5_error() then gives the reason (of the calling thread's last failure).
#ifndef DISTFIT_HDF5_H
#define DISTFIT_HDF5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An HDF5 identifier (hid_t).
typedef int64_t distfit_id;

/// What a path leads to.
enum {
  DISTFIT_MISSING = 0,
  DISTFIT_GROUP = 1,
  DISTFIT_DATASET = 2,
  DISTFIT_DANGLING = 3,  // a soft link to something that is not there
  DISTFIT_FOREIGN = 5,   // a link into another file, which is never followed
  DISTFIT_OTHER = 4,
};

/// Element types, in memory and (little endian) in files this program writes.
enum {
  DISTFIT_INT8 = 0,
  DISTFIT_UINT8 = 1,
  DISTFIT_INT16 = 2,
  DISTFIT_UINT16 = 3,
  DISTFIT_INT32 = 4,
  DISTFIT_UINT32 = 5,
  DISTFIT_INT64 = 6,
  DISTFIT_UINT64 = 7,
  DISTFIT_FLOAT = 8,
  DISTFIT_DOUBLE = 9,
  DISTFIT_BOOLEAN = 10,  // h5py's enumeration FALSE = 0, TRUE = 1 over int8
};

/// Classes of stored types.
enum {
  DISTFIT_CLASS_INTEGER = 0,
  DISTFIT_CLASS_FLOAT = 1,
  DISTFIT_CLASS_STRING = 2,
  DISTFIT_CLASS_ENUMERATION = 3,
  DISTFIT_CLASS_OTHER = 4,
};

#define DISTFIT_MAXIMUM_RANK 8

/// Shape, type and layout of a dataset or attribute.
typedef struct {
  int rank;           // 0 for a scalar
  bool isNull;        // a null dataspace: no element at all
  uint64_t shape[DISTFIT_MAXIMUM_RANK];
  int typeClass;
  int size;           // bytes of one element
  bool isSigned;
  bool isVariableLength;
  bool isChunked;
  uint64_t chunk[DISTFIT_MAXIMUM_RANK];
  uint64_t storageSize;    // bytes the file holds for it
  int unavailableFilter;   // id of the first filter this library lacks, or 0
  char filterName[64];
} distfit_description;

typedef void (*distfit_text_callback)(void *context, const char *bytes, size_t length);

const char *distfit_hdf5_error(void);
/// The operating system's number of that failure; 0 where it was none of the system's.
int distfit_hdf5_error_number(void);
int distfit_hdf5_close(distfit_id id);

/// Opens for reading, without file locks (network file systems often refuse them).
distfit_id distfit_hdf5_open(const char *path);
int distfit_hdf5_kind(distfit_id file, const char *path);
/// The names inside a group in alphabetical order, with their kind left to distfit_hdf5_kind.
int distfit_hdf5_names(distfit_id file, const char *group, distfit_text_callback each, void *context);

/// Opens a dataset with a chunk cache that holds at least one of its chunks (up to 256 MB).
distfit_id distfit_hdf5_open_dataset(distfit_id file, const char *path);
int distfit_hdf5_describe(distfit_id dataset, distfit_description *description);
/// Reads the hyperslab [start, start + count) as elements of `type`, converted by HDF5. rank 0: start, count unused.
int distfit_hdf5_read(distfit_id dataset, int type, int rank, const uint64_t *start,
                      const uint64_t *count, void *values);
/// Reads strings of a one-dimensional (or scalar: rank 0) dataset, fixed or variable length.
int distfit_hdf5_read_texts(distfit_id dataset, int rank, uint64_t start, uint64_t count,
                            distfit_text_callback each, void *context);

/// 1 exists, 0 not.
int distfit_hdf5_has_attribute(distfit_id file, const char *path, const char *name);
int distfit_hdf5_describe_attribute(distfit_id file, const char *path, const char *name,
                                    distfit_description *description);
/// Reads all elements as `type` into `values`, which holds `capacity` of them.
int distfit_hdf5_read_attribute(distfit_id file, const char *path, const char *name, int type,
                                uint64_t capacity, void *values);
int distfit_hdf5_read_attribute_texts(distfit_id file, const char *path, const char *name,
                                      distfit_text_callback each, void *context);

/// Makes an empty file that is open for writing (`descriptor`) an HDF5 file whose bytes depend on the calls alone: no
/// times are recorded. `name` is for HDF5's own messages.
/// Failed writes (a full disk) do not fail the calls: the first one's errno is kept in `failure`, which has to outlive
/// the file, and nothing more is written.
/// `user_block`: bytes before HDF5's own, 0 or a power of two from 512.
distfit_id distfit_hdf5_create(int descriptor, const char *name, uint64_t user_block, int *failure);
/// `large` 1: attributes beyond 64 kB have room.
int distfit_hdf5_create_group(distfit_id file, const char *path, int large);
/// `chunk` NULL: contiguous. `compression` 1…9 gzip, 0 none; `shuffle` before it.
distfit_id distfit_hdf5_create_dataset(distfit_id file, const char *path, int type, int rank,
                                       const uint64_t *shape, const uint64_t *chunk,
                                       int compression, bool shuffle);
int distfit_hdf5_write(distfit_id dataset, int type, int rank, const uint64_t *start,
                       const uint64_t *count, const void *values);
/// Writes one chunk as it shall lie in the file, its filters already applied.
int distfit_hdf5_write_chunk(distfit_id dataset, const uint64_t *start, const void *bytes,
                             size_t length);
/// A dataset of variable-length UTF-8 strings; `rank` 0 scalar, 1 array. `compression` needs `chunk` > 0.
int distfit_hdf5_write_texts(distfit_id file, const char *path, int rank, uint64_t count,
                             const char *const *texts, uint64_t chunk, int compression);
int distfit_hdf5_write_attribute(distfit_id file, const char *path, const char *name, int type,
                                 int rank, uint64_t count, const void *values);
int distfit_hdf5_write_attribute_texts(distfit_id file, const char *path, const char *name,
                                       int rank, uint64_t count, const char *const *texts);
int distfit_hdf5_flush(distfit_id file);

/// gzip (zlib) of bytes as HDF5's deflate filter stores a chunk; the length written, or negative. `capacity` ≥
/// distfit_deflate_bound(length).
size_t distfit_deflate_bound(size_t length);
int64_t distfit_deflate(const void *bytes, size_t length, int level, void *result, size_t capacity);

/// Undoes distfit_deflate (any zlib stream); the length written, or negative.
int64_t distfit_inflate(const void *bytes, size_t length, void *result, size_t capacity);

/// 0: the chunks are elements of `type` as in memory, gzipped; 1: shuffled before; −1: anything else.
int distfit_hdf5_plain_filters(distfit_id dataset, int type);
/// Bytes that the file holds of the chunk of a one-dimensional dataset that starts there; 0 where it holds none.
int64_t distfit_hdf5_stored_chunk_size(distfit_id dataset, uint64_t start);
/// Reads that chunk as it lies in the file; negative also where filters were left out of it.
int64_t distfit_hdf5_read_stored_chunk(distfit_id dataset, uint64_t start, void *bytes);

/// Where an object lies in its file, the same for all links to it; negative on failure.
int distfit_hdf5_address(distfit_id file, const char *path, uint64_t *address);
/// Goes over all names, attributes and texts of a file in a child process that may work for so many seconds and take so
/// many bytes. 0, or 1 with an object and what is wrong with it: a crash or endless work of the library, texts that cannot
/// be read, values or links in other files.
int distfit_hdf5_check(const char *path, unsigned seconds, uint64_t memory, char *object, char *problem,
                       size_t capacity);

/// A gzip, or plain, file read as a stream.
void *distfit_gzip_open(const char *path);
/// Bytes read, 0 at the end, negative: damaged (text in distfit_gzip_error).
int distfit_gzip_read(void *stream, void *bytes, unsigned capacity);
const char *distfit_gzip_error(void *stream);
void distfit_gzip_close(void *stream);
/// Writes to an open file, gzip or plain; NULL where there is no memory for it. The descriptor stays open.
void *distfit_gzip_create(int descriptor, int compressed);
/// 0, or negative where the disk is full and the like.
int distfit_gzip_write(void *stream, const void *bytes, unsigned length);
/// Writes what is left and closes: 0, or negative.
int distfit_gzip_finish(void *stream);

/// Creates a file under construction with permissions `mode` (less the umask): the name must be new and no link. It is
/// removed where a signal ends the process before `distfit_partial_forget`. A descriptor, or −1 with errno set.
int distfit_partial_create(const char *name, unsigned mode, int *slot);
/// From now on a signal that ends the process removes this file, too. A slot, or −1 where there is none left.
int distfit_partial_remember(const char *name);
/// Removes all of them; may be called by a signal's handler.
void distfit_partial_remove_all(void);
/// The file has got its own name, or was removed.
void distfit_partial_forget(int slot);

#endif

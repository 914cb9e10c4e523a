// The LZF filter of h5py (registered id 32000), decoding only.
//
// The format: a control byte c < 32 is followed by c + 1 literal bytes; otherwise a copy of length (c >> 5) + 2 (if
// c >> 5 is 7, the next byte is added) from distance ((c & 31) << 8) + next byte + 1 back in the output.
#include "internal.h"
#include <stdlib.h>

enum { lzfIdentifier = 32000 };

/// The decoded length, or 0 if the bytes are not LZF or need more than `capacity`; `full` tells which.
static size_t decode(const uint8_t *in, size_t length, uint8_t *out, size_t capacity, bool *full) {
  size_t at = 0, written = 0;
  *full = false;
  while (at < length) {
    unsigned control = in[at++];
    if (control < 32) {
      size_t run = control + 1;
      if (at + run > length) return 0;
      if (written + run > capacity) { *full = true; return 0; }
      for (size_t i = 0; i < run; i++) out[written++] = in[at++];
    } else {
      size_t run = control >> 5;
      if (run == 7) {
        if (at >= length) return 0;
        run += in[at++];
      }
      run += 2;
      if (at >= length) return 0;
      size_t distance = ((size_t)(control & 31) << 8) + in[at++] + 1;
      if (distance > written) return 0;
      if (written + run > capacity) { *full = true; return 0; }
      // Byte by byte: source and destination may overlap.
      for (size_t i = 0; i < run; i++, written++) out[written] = out[written - distance];
    }
  }
  return written;
}

/// H5Z_func_t. cd_values[2] is the chunk's length where h5py wrote it.
static size_t lzf_filter(unsigned flags, size_t count, const unsigned values[], size_t length,
                         size_t *capacity, void **buffer) {
  if (!(flags & H5Z_FLAG_REVERSE)) return 0;
  size_t guess = count >= 3 && values[2] > 0 ? values[2] : 4 * length + 64;
  for (int attempt = 0; attempt < 12; attempt++, guess *= 2) {
    // HDF5 keeps chunks below 4 GB; anything beyond is damage.
    if (guess > UINT32_MAX) return 0;
    uint8_t *out = malloc(guess);
    if (!out) return 0;
    bool full;
    size_t written = decode(*buffer, length, out, guess, &full);
    if (written > 0) {
      free(*buffer);
      *buffer = out;
      *capacity = guess;
      return written;
    }
    free(out);
    if (!full) return 0;
  }
  return 0;
}

herr_t distfit_register_lzf(void) {
  if (H5Zfilter_avail(lzfIdentifier) > 0) return 0;
  static const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, lzfIdentifier, 0, 1, "lzf", NULL, NULL,
                                      lzf_filter};
  return H5Zregister(&filter);
}

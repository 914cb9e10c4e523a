import CDistfitHDF5

/// How chunks are cut and compressed: bytes shuffled, then gzip.
///
/// A chunk compressed here has the bytes that HDF5's own filters would give it, so that any rank can do it.
enum ChunkFilters {
  /// gzip level: 4 is what h5py takes.
  static let level: Int32 = 4
  /// A chunk is about this large before compression.
  static let bytes = 256 << 10

  /// Whole rows, as many as make up a chunk; rows wider than a chunk stay whole.
  static func chunk(_ shape: [Int], _ width: Int) -> [Int]? {
    guard !shape.isEmpty, !shape.contains(0) else { return nil }
    let rowBytes = shape.dropFirst().reduce(width, *)
    return [min(shape[0], max(1, bytes / rowBytes))] + shape.dropFirst()
  }

  /// Shuffled and compressed.
  ///
  ///     shuffled[b · n + i] = byte b of element i            (H5Z_FILTER_SHUFFLE)
  static func applied(_ chunk: [UInt8], width: Int) -> [UInt8] {
    let count = chunk.count / width
    let shuffled =
      width == 1
      ? chunk
      : [UInt8](unsafeUninitializedCapacity: chunk.count) { out, initialized in
        chunk.withUnsafeBufferPointer { chunk in
          for byte in 0..<width {
            for element in 0..<count { out[byte * count + element] = chunk[element * width + byte] }
          }
        }
        initialized = chunk.count
      }
    let capacity = distfit_deflate_bound(shuffled.count)
    return [UInt8](unsafeUninitializedCapacity: capacity) { out, initialized in
      let length = distfit_deflate(shuffled, shuffled.count, level, out.baseAddress, capacity)
      // zlib can only fail for want of memory or room, and the room is its own bound.
      precondition(length >= 0, "zlib refused to compress \(shuffled.count) bytes")
      initialized = Int(length)
    }
  }
}

import CDistfitHDF5
import Foundation

extension HDF5Dataset {
  /// Reads entries of a one-dimensional gzipped dataset, its chunks decoded on several threads: the library itself
  /// decodes one after the other.
  ///
  /// - Returns: false where it is of another kind, or anything is odd: the library's own reading then decides what is
  ///   wrong.
  func decodeChunks<Element: HDF5Element>(
    of range: Range<Int>, into values: UnsafeMutableBufferPointer<Element>, threadCount: Int
  ) -> Bool {
    precondition(range.count == values.count)
    guard threadCount > 1, description.shape.count == 1, let length = description.chunk?.first,
      length > 0, range.count > length, range.upperBound <= description.shape[0]
    else { return false }
    let filters = distfit_hdf5_plain_filters(identifier, Element.code)
    guard filters >= 0 else { return false }
    let starts = Array(
      stride(from: range.lowerBound / length * length, to: range.upperBound, by: length))
    guard let stored = storedChunks(starts) else { return false }
    let faults = UnsafeMutableBufferPointer<Bool>.allocate(capacity: threadCount)
    defer { faults.deallocate() }
    nonisolated(unsafe) let (results, target) = (faults, values)
    DispatchQueue.concurrentPerform(iterations: threadCount) { thread in
      var decoder = ChunkDecoder<Element>(length: length, isShuffled: filters == 1)
      let chunks =
        starts.count * thread / threadCount..<starts.count * (thread + 1) / threadCount
      results[thread] = !chunks.allSatisfy { index in
        decoder.decode(stored[index], from: starts[index], of: range, into: target)
      }
    }
    return !faults.contains(true)
  }

  private func storedChunks(_ starts: [Int]) -> [[UInt8]]? {
    var stored: [[UInt8]] = []
    stored.reserveCapacity(starts.count)
    for start in starts {
      let size = Int(distfit_hdf5_stored_chunk_size(identifier, UInt64(start)))
      guard size > 0, size <= description.storedBytes else { return nil }
      var isRead = false
      stored.append(
        [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
          isRead =
            distfit_hdf5_read_stored_chunk(identifier, UInt64(start), bytes.baseAddress) >= 0
          count = isRead ? size : 0
        })
      guard isRead else { return nil }
    }
    return stored
  }
}

/// Undoes gzip and shuffling of one chunk after the other.
private struct ChunkDecoder<Element: HDF5Element>: ~Copyable {
  private let chunk: UnsafeMutableBufferPointer<Element>
  private let shuffled: UnsafeMutableBufferPointer<UInt8>
  private let isShuffled: Bool

  init(length: Int, isShuffled: Bool) {
    chunk = .allocate(capacity: length)
    shuffled = .allocate(capacity: isShuffled ? length * MemoryLayout<Element>.stride : 0)
    self.isShuffled = isShuffled
  }

  deinit {
    chunk.deallocate()
    shuffled.deallocate()
  }

  /// Decodes a chunk and copies what lies in the range; whether it had the right size.
  mutating func decode(
    _ stored: [UInt8], from start: Int, of range: Range<Int>,
    into values: UnsafeMutableBufferPointer<Element>
  ) -> Bool {
    let bytes = UnsafeMutableRawBufferPointer(chunk)
    let inflated = isShuffled ? UnsafeMutableRawBufferPointer(shuffled) : bytes
    guard
      distfit_inflate(stored, stored.count, inflated.baseAddress, bytes.count) == Int64(bytes.count)
    else { return false }
    if isShuffled {
      let width = MemoryLayout<Element>.stride
      for element in chunk.indices {
        for byte in 0..<width {
          bytes[element * width + byte] = shuffled[byte * chunk.count + element]
        }
      }
    }
    let part = range.clamped(to: start..<start + chunk.count)
    let source = UnsafeMutableBufferPointer(
      rebasing: chunk[part.lowerBound - start..<part.upperBound - start])
    _ = UnsafeMutableBufferPointer(
      rebasing: values[part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound]
    ).update(from: source)
    return true
  }
}

import CDistfitHDF5

/// Writes a dataset whose rows are spread over the ranks: each compresses the chunks it owns whole, rank 0
/// writes all chunks in their order.
///
/// Chunks are cut by rows of the whole dataset, whoever owns them, and written in ascending order, so that the
/// file has the same bytes for every number of ranks. Chunks that several ranks share travel as they are and are
/// put together by rank 0. Chunks go in windows of 32 MB; a rank compresses up to 256 MB ahead of its turn.
struct RowWriting<Element: HDF5Element> {
  /// Rows of the dataset.
  let rowCount: Int
  /// Elements of a row; 1 with `isVector` for a dataset of one dimension.
  let width: Int
  /// One dimension rather than two.
  let isVector: Bool
  /// This rank's rows, ascending.
  let ownRows: [Range<Int>]
  /// The values of some of this rank's rows.
  let values: (Range<Int>) -> [Element]

  private var rowBytes: Int { width * MemoryLayout<Element>.stride }
  private var shape: [Int] { isVector ? [rowCount] : [rowCount, width] }
  /// Rows of a chunk.
  private var chunkRows: Int { ChunkFilters.chunk(shape, MemoryLayout<Element>.stride)?[0] ?? 1 }
  private var chunkCount: Int { (rowCount + chunkRows - 1) / chunkRows }

  /// Writes the dataset into `file` (rank 0's; nil elsewhere, or after a failure) and gives it back the first
  /// error of rank 0, nil elsewhere.
  ///
  /// Collective.
  func run<Ranks: RankGathering & ~Copyable>(
    to file: HDF5File?, at place: String, with ranks: borrowing Ranks
  ) -> StorageError? {
    var failure: StorageError?
    var dataset: distfit_id = -1
    if let file {
      do throws(StorageError) {
        dataset = try file.createDataset(
          place, as: Element.self, shape: shape,
          chunk: ChunkFilters.chunk(shape, MemoryLayout<Element>.stride))
      } catch { failure = error }
    }
    let window = max(1, (32 << 20) / max(1, chunkRows * rowBytes))
    var ahead = compressedAhead()
    for first in stride(from: 0, to: rowCount == 0 ? 0 : chunkCount, by: window) {
      var message = ChunkMessage()
      for chunk in first..<min(first + window, chunkCount) {
        if let bytes = ahead.removeValue(forKey: chunk) {
          message.add(chunk: chunk, row: -1, bytes)
        } else {
          addParts(of: chunk, to: &message)
        }
      }
      guard let messages = ranks.gather(message.bytes, at: 0), let file, failure == nil else {
        continue
      }
      let parts = messages.map { ChunkMessage(bytes: $0).parts }
      for chunk in first..<min(first + window, chunkCount) {
        let bytes = assembled(chunk, parts)
        let start: [UInt64] =
          isVector ? [UInt64(chunk * chunkRows)] : [UInt64(chunk * chunkRows), 0]
        let status = distfit_hdf5_write_chunk(dataset, start, bytes, bytes.count)
        do throws(StorageError) { try file.require(status, place) } catch {
          failure = error
          break
        }
      }
    }
    if let file, dataset >= 0 {
      let status = distfit_hdf5_close(dataset)
      do throws(StorageError) { try file.require(status, place) } catch {
        failure = failure ?? error
      }
    }
    return failure
  }

  private func rows(of chunk: Int) -> Range<Int> {
    chunk * chunkRows..<min((chunk + 1) * chunkRows, rowCount)
  }

  /// The chunks that are this rank's alone, compressed, until they take 256 MB.
  private func compressedAhead() -> [Int: [UInt8]] {
    var result: [Int: [UInt8]] = [:]
    var total = 0
    for range in ownRows where !range.isEmpty {
      for chunk in range.lowerBound / chunkRows...(range.upperBound - 1) / chunkRows {
        let rows = rows(of: chunk)
        guard range.contains(rows.lowerBound), rows.upperBound <= range.upperBound else { continue }
        guard total < 256 << 20 else { return result }
        let bytes = ChunkFilters.applied(
          raw(rows, padded: true), width: MemoryLayout<Element>.stride)
        total += bytes.count
        result[chunk] = bytes
      }
    }
    return result
  }

  /// What this rank has of a chunk: all of it compressed, or the pieces as they are.
  private func addParts(of chunk: Int, to message: inout ChunkMessage) {
    let rows = rows(of: chunk)
    for range in ownRows where range.overlaps(rows) {
      let piece = range.clamped(to: rows)
      if piece == rows {
        message.add(
          chunk: chunk, row: -1,
          ChunkFilters.applied(raw(rows, padded: true), width: MemoryLayout<Element>.stride))
      } else {
        message.add(chunk: chunk, row: piece.lowerBound, raw(piece, padded: false))
      }
    }
  }

  /// The bytes of some rows; padded with zeros to a whole chunk, as HDF5 stores the last one.
  private func raw(_ rows: Range<Int>, padded: Bool) -> [UInt8] {
    let values = values(rows)
    precondition(
      values.count == rows.count * width, "rows \(rows) came with \(values.count) values")
    var bytes = values.withUnsafeBytes { Array($0) }
    if padded { bytes += repeatElement(0, count: chunkRows * rowBytes - bytes.count) }
    return bytes
  }

  /// A chunk as it shall lie in the file, from what the ranks have of it; rows of nobody are zero.
  private func assembled(_ chunk: Int, _ parts: [[ChunkMessage.Part]]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: chunkRows * rowBytes)
    for part in parts.joined() where part.chunk == chunk {
      if part.row < 0 { return Array(part.bytes) }
      let start = (part.row - chunk * chunkRows) * rowBytes
      bytes.replaceSubrange(start..<start + part.bytes.count, with: part.bytes)
    }
    return ChunkFilters.applied(bytes, width: MemoryLayout<Element>.stride)
  }
}

/// Chunks, or pieces of them, on the way to rank 0.
struct ChunkMessage {
  struct Part {
    let chunk: Int
    /// The first row of a piece; −1 for a whole chunk, compressed.
    let row: Int
    let bytes: ArraySlice<UInt8>
  }

  private(set) var bytes: [UInt8] = []

  init(bytes: [UInt8] = []) { self.bytes = bytes }

  mutating func add(chunk: Int, row: Int, _ part: [UInt8]) {
    for number in [chunk, row, part.count] {
      withUnsafeBytes(of: Int64(number)) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: part)
  }

  var parts: [Part] {
    var parts: [Part] = []
    var position = 0
    func number() -> Int {
      defer { position += 8 }
      return bytes.withUnsafeBytes {
        Int($0.loadUnaligned(fromByteOffset: position, as: Int64.self))
      }
    }
    while position < bytes.count {
      let (chunk, row, count) = (number(), number(), number())
      parts.append(Part(chunk: chunk, row: row, bytes: bytes[position..<position + count]))
      position += count
    }
    return parts
  }
}

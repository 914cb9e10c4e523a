/// Rows of counts outside of memory: eight bytes a row stay.
///
/// A row's record holds the parts of `CompressedCounts` one after the other: entries in each chunk, columns,
/// counts, counts behind an escape. So rows that are wanted take one reading each, rows that adjoin one in all.
public struct StoredCounts: Sendable {
  /// Columns of the data.
  public let columnCount: Int
  /// Where the record of each row begins, and where the last one ends.
  private let places: [Int]
  /// Whether counts take two bytes.
  private let isWide: Bool
  private let store: any ByteStore

  /// Bytes that are read at once, unless a row has more.
  private static let readingSize = 4 << 20

  /// Keeps rows in a store.
  public init(_ counts: CompressedCounts, in store: any ByteStore) {
    columnCount = counts.columnCount
    isWide = !counts.words.isEmpty
    self.store = store
    var places: [Int] = []
    var bytes: [UInt8] = []
    for row in 0..<counts.rowCount {
      places.append(bytes.count)
      counts.appendRecord(ofRow: row, to: &bytes)
    }
    places.append(bytes.count)
    let start = store.append(bytes)
    self.places = places.map { start + $0 }
  }

  /// How many rows the store keeps.
  public var rowCount: Int { places.count - 1 }

  /// Some rows, read.
  ///
  /// Local.
  /// - Parameter rows: ascending.
  public func rows(_ rows: [Int]) -> CompressedCounts {
    var counts = CompressedCounts(columnCount: columnCount)
    counts.reserve(
      rows: rows.count, bytes: rows.reduce(0) { $0 + places[$1 + 1] - places[$1] }, isWide: isWide)
    var first = 0
    while first < rows.count {
      let start = places[rows[first]]
      var end = first + 1
      while end < rows.count, rows[end] == rows[end - 1] + 1,
        places[rows[end] + 1] - start <= Self.readingSize
      {
        end += 1
      }
      let bytes = store.read(start..<places[rows[end - 1] + 1])
      for row in rows[first..<end] {
        counts.append(
          record: bytes, places[row] - start..<places[row + 1] - start, isWide: isWide)
      }
      first = end
    }
    return counts
  }
}

extension CompressedCounts {
  /// Adds a row's record to bytes.
  fileprivate func appendRecord(ofRow row: Int, to record: inout [UInt8]) {
    let entries = rowStarts[row]..<rowStarts[row + 1]
    func add<Value>(_ values: ArraySlice<Value>) {
      values.withUnsafeBytes { record.append(contentsOf: $0) }
    }
    add(chunkSizes[row * chunkCount..<(row + 1) * chunkCount])
    add(columns[entries])
    if words.isEmpty { add(bytes[entries]) } else { add(words[entries]) }
    add(large[largeStarts[row]..<largeStarts[row + 1]])
  }

  /// Makes room for rows whose records have so many bytes in all.
  fileprivate mutating func reserve(rows: Int, bytes count: Int, isWide: Bool) {
    rowStarts.reserveCapacity(rows + 1)
    largeStarts.reserveCapacity(rows + 1)
    chunkSizes.reserveCapacity(rows * chunkCount)
    let entries = max(0, count - 2 * rows * chunkCount) / (isWide ? 3 : 2)
    columns.reserveCapacity(entries)
    if isWide { words.reserveCapacity(entries) } else { bytes.reserveCapacity(entries) }
  }

  /// Adds a row by its record.
  fileprivate mutating func append(record: [UInt8], _ range: Range<Int>, isWide: Bool) {
    record.withUnsafeBytes { record in
      var rest = UnsafeRawBufferPointer(rebasing: record[range])
      func take(_ count: Int) -> UnsafeRawBufferPointer {
        defer { rest = .init(rebasing: rest[count...]) }
        return .init(rebasing: rest[..<count])
      }
      func add<Value: BitwiseCopyable>(_ count: Int, to values: inout [Value]) {
        let bytes = take(count * MemoryLayout<Value>.size)
        for index in 0..<count {
          values.append(
            bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self))
        }
      }
      add(chunkCount, to: &chunkSizes)
      let count = chunkSizes[(chunkSizes.count - chunkCount)...].reduce(0) { $0 + Int($1) }
      columns.append(contentsOf: take(count))
      if isWide { add(count, to: &words) } else { bytes.append(contentsOf: take(count)) }
      // Zeros, where nothing could be read, are a row without entries.
      if count > 0 { add(rest.count / MemoryLayout<UInt32>.size, to: &large) }
    }
    rowStarts.append(columns.count)
    largeStarts.append(large.count)
  }
}

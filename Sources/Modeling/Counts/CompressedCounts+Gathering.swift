public import Concurrency

/// Entries of some rows, one row after the other: what minibatches are made of.
public struct GatheredCounts: Sendable, Equatable {
  /// Column of each entry; they increase within a row.
  public var columns: [Int32]
  /// Count of each entry: exact up to 2^24.
  public var values: [Float]
  /// For each row and chunk of columns, how many entries there are up to its end.
  public var ends: [Int32]
}

extension CompressedCounts {
  /// The entries of rows of several matrices with the same columns: some hundred thousand a minibatch, so the
  /// threads share the rows.
  ///
  /// Local.
  /// - Precondition: fewer than 2^31 entries in all.
  public static func gather(
    _ rows: [(counts: CompressedCounts, row: Int)], on workers: Workers
  ) -> GatheredCounts {
    guard let chunkCount = rows.first?.counts.chunkCount else {
      return GatheredCounts(columns: [], values: [], ends: [])
    }
    var starts: [Int] = []
    var total = 0
    for (counts, row) in rows {
      precondition(counts.chunkCount == chunkCount, "matrices with other columns")
      starts.append(total)
      total += counts.nonZeroCount(ofRow: row)
    }
    precondition(total <= Int32.max, "too many entries for one minibatch")
    var ends: [Int32] = []
    var values: [Float] = []
    let columns = [Int32](unsafeUninitializedCapacity: total) { columns, columnsFilled in
      values = [Float](unsafeUninitializedCapacity: total) { values, valuesFilled in
        ends = [Int32](unsafeUninitializedCapacity: rows.count * chunkCount) { ends, endsFilled in
          let (columns, values, ends) = (columns, values, ends)
          workers.perform(rows.count) { index in
            rows[index].counts.write(
              rows[index].row, to: columns, values, from: starts[index],
              ends: .init(rebasing: ends[index * chunkCount..<(index + 1) * chunkCount]))
          }
          endsFilled = rows.count * chunkCount
        }
        valuesFilled = total
      }
      columnsFilled = total
    }
    return GatheredCounts(columns: columns, values: values, ends: ends)
  }

  /// Writes the entries of a row to their places from `start` on.
  private func write(
    _ row: Int, to columns: UnsafeMutableBufferPointer<Int32>,
    _ values: UnsafeMutableBufferPointer<Float>, from start: Int,
    ends: UnsafeMutableBufferPointer<Int32>
  ) {
    let first = rowStarts[row]
    let count = rowStarts[row + 1] - first
    self.columns.withUnsafeBufferPointer { shortColumns in
      var entry = 0
      for chunk in 0..<chunkCount {
        let base = Int32(truncatingIfNeeded: chunk &* Self.chunkWidth)
        let end = entry &+ Int(chunkSizes[row &* chunkCount &+ chunk])
        while entry < end {
          columns[start &+ entry] = base &+ Int32(shortColumns[first &+ entry])
          entry &+= 1
        }
        ends[chunk] = Int32(truncatingIfNeeded: start &+ end)
      }
    }
    var nextLarge = largeStarts[row]
    func write(_ value: UInt32, isEscape: Bool, at entry: Int) {
      var value = value
      if isEscape {
        value = large[nextLarge]
        nextLarge &+= 1
      }
      values[start &+ entry] = Float(value)
    }
    if words.isEmpty {
      bytes.withUnsafeBufferPointer { bytes in
        for entry in 0..<count {
          let value = bytes[first &+ entry]
          write(UInt32(value), isEscape: value == .max, at: entry)
        }
      }
    } else {
      words.withUnsafeBufferPointer { words in
        for entry in 0..<count {
          let value = words[first &+ entry]
          write(UInt32(value), isEscape: value == .max, at: entry)
        }
      }
    }
  }
}

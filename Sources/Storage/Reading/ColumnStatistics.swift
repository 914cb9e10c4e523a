import Modeling
public import Sums

/// What was seen of the counts while they were read: sums over the rows of this rank, then of everyone.
public struct ColumnStatistics: Sendable, Equatable {
  /// What each gene sums to.
  public private(set) var totals: [Int64]
  /// The largest count of each gene.
  public private(set) var maxima: [Int64]
  /// In how many cells each gene is counted.
  public private(set) var nonZeros: [Int64]
  /// How many cells have no count at all.
  public private(set) var emptyRowCount = 0
  /// The first cell without a count.
  public private(set) var firstEmptyRow: Int?
  /// A sum over all counts of a hash of row, column and count: the same for any order of reading.
  public private(set) var content = ContentSum()

  /// Statistics of so many genes before any cell has been seen.
  public init(columnCount: Int) {
    totals = Array(repeating: 0, count: columnCount)
    maxima = totals
    nonZeros = totals
  }

  /// All counts together.
  public var total: Int64 { totals.reduce(0, +) }

  /// The genes that are counted nowhere.
  public var emptyColumns: [Int] { totals.indices.filter { totals[$0] == 0 } }

  /// Adds the entries of one row, none of them zero.
  mutating func add(
    row: Int, columns: UnsafeBufferPointer<Int32>, counts: UnsafeBufferPointer<UInt32>
  ) {
    if columns.isEmpty {
      emptyRowCount += 1
      firstEmptyRow = min(firstEmptyRow ?? row, row)
      return
    }
    content.add(row: row, columns: columns, counts: counts)
    totals.withUnsafeMutableBufferPointer { totals in
      maxima.withUnsafeMutableBufferPointer { maxima in
        nonZeros.withUnsafeMutableBufferPointer { nonZeros in
          for position in columns.indices {
            let (column, count) = (Int(columns[position]), Int64(counts[position]))
            totals[column] &+= count
            maxima[column] = max(maxima[column], count)
            nonZeros[column] &+= 1
          }
        }
      }
    }
  }

  /// Adds what was seen of other rows.
  public mutating func add(_ other: ColumnStatistics) {
    for column in totals.indices {
      totals[column] += other.totals[column]
      maxima[column] = max(maxima[column], other.maxima[column])
      nonZeros[column] += other.nonZeros[column]
    }
    content.add(other.content)
    emptyRowCount += other.emptyRowCount
    firstEmptyRow = [firstEmptyRow, other.firstEmptyRow].compactMap(\.self).min()
  }

  /// Replaces what this rank saw by what everyone saw.
  ///
  /// Collective.
  public mutating func sum<Everyone: Team & ~Copyable>(with everyone: borrowing Everyone) {
    let count = totals.count
    let sums = everyone.sum(totals + nonZeros + [Int64(emptyRowCount), content.value])
    totals = Array(sums[..<count])
    nonZeros = Array(sums[count..<2 * count])
    emptyRowCount = Int(sums[2 * count])
    content = ContentSum(sumOfRanks: sums[2 * count + 1])
    // The smallest row as the largest negative; none is −∞.
    var extremes = maxima.map(Double.init) + [firstEmptyRow.map { -Double($0) } ?? -.infinity]
    everyone.maximum(&extremes)
    let last = extremes.removeLast()
    firstEmptyRow = last.isFinite ? Int(-last) : nil
    maxima = extremes.map { Int64($0) }
  }
}

import Concurrency
import LinearAlgebra
import RealModule

/// L = log|X| of the entries of X that are not zero, on the way to zero means of rows and columns.
struct CentredLogarithms {
  private let source: Matrix<Double>
  /// 0 where X is.
  private var logs: Matrix<Double>
  private var rowSums: [Double]
  private var columnSums: [Double]
  private let rowCounts: [Double]
  private let columnCounts: [Double]

  /// Rows of a piece of work: fixed, so that sums of columns do not depend on the number of threads.
  private static let blockRows = 64

  init(of matrix: Matrix<Double>, on workers: Workers) {
    source = matrix
    logs = matrix
    let (rowCount, columnCount) = (matrix.rowCount, matrix.columnCount)
    rowSums = Array(repeating: 0, count: rowCount)
    columnSums = Array(repeating: 0, count: columnCount)
    var (rowCounts, columnCounts) = (rowSums, columnSums)
    for row in 0..<rowCount {
      for (column, value) in matrix.row(row).enumerated() where value != 0 {
        rowCounts[row] += 1
        columnCounts[column] += 1
      }
    }
    (self.rowCounts, self.columnCounts) = (rowCounts, columnCounts)
    inBlocks(on: workers) { x, line, _ in
      for index in 0..<columnCount { line[index] = x[index] == 0 ? 0 : .log(abs(x[index])) }
    }
  }

  var hasZeros: Bool { rowCounts.contains { $0 < Double(columnCounts.count) } }

  /// L less row means, less column means, plus the mean, all as they were.
  mutating func centreAtOnce(on workers: Workers) {
    let count = rowCounts.reduce(0, +)
    guard count > 0 else { return }
    let mean = rowSums.reduce(0, +) / count
    subtract(
      rows: Self.means(rowSums, rowCounts).map { $0 - mean },
      columns: Self.means(columnSums, columnCounts), on: workers)
  }

  /// L less row means, then less the column means of that; returns the largest of them.
  mutating func centreByTurns(on workers: Workers) -> Double {
    let rows = Self.means(rowSums, rowCounts)
    subtract(rows: rows, columns: Array(repeating: 0, count: columnSums.count), on: workers)
    let columns = Self.means(columnSums, columnCounts)
    subtract(rows: Array(repeating: 0, count: rowSums.count), columns: columns, on: workers)
    return (rows + columns).reduce(0) { max($0, abs($1)) }
  }

  /// sign(X) exp(L), 0 where X is.
  func exponentials(on workers: Workers) -> Matrix<Double> {
    var result = self
    result.inBlocks(on: workers) { x, line, _ in
      for index in 0..<source.columnCount where x[index] != 0 {
        line[index] = x[index] < 0 ? -.exp(line[index]) : .exp(line[index])
      }
    }
    return result.logs
  }

  private static func means(_ sums: [Double], _ counts: [Double]) -> [Double] {
    zip(sums, counts).map { sum, count in count == 0 ? 0 : sum / count }
  }

  /// Subtracts a number of each row and one of each column from what is not zero in X.
  private mutating func subtract(rows: [Double], columns: [Double], on workers: Workers) {
    let columnCount = columnSums.count
    columns.withUnsafeBufferPointer { columns in
      guard let base = columns.baseAddress else { return }
      nonisolated(unsafe) let shifts = base
      inBlocks(on: workers) { x, line, row in
        let (own, target) = (rows[row], UnsafeMutableBufferPointer(start: line, count: columnCount))
        for start in stride(from: 0, to: columnCount, by: 8) {
          let values = eight(x, start, columnCount)
          let moved = eight(line, start, columnCount) - (eight(shifts, start, columnCount) + own)
          store(moved.replacing(with: 0, where: values .== 0), in: target, at: start)
        }
      }
    }
  }

  /// Lets threads change rows of L, and sums what has become of them.
  private mutating func inBlocks(
    on workers: Workers,
    _ change: (_ x: UnsafePointer<Double>, _ line: UnsafeMutablePointer<Double>, _ row: Int) -> Void
  ) {
    let (rowCount, columnCount) = (logs.rowCount, logs.columnCount)
    let blocks = (rowCount + Self.blockRows - 1) / Self.blockRows
    var partial = [Double](repeating: 0, count: blocks * columnCount)
    rowSums.withUnsafeMutableBufferPointer { rowSums in
      partial.withUnsafeMutableBufferPointer { partial in
        logs.withUnsafeMutableBase { lines in
          source.withUnsafeBase { values in
            nonisolated(unsafe) let (rowSums, partial, lines) = (rowSums, partial, lines)
            nonisolated(unsafe) let values = values
            workers.perform(blocks) { block in
              let sums = UnsafeMutableBufferPointer(
                rebasing: partial[block * columnCount..<(block + 1) * columnCount])
              guard let base = sums.baseAddress else { return }
              let first = block * Self.blockRows
              for row in first..<min(first + Self.blockRows, rowCount) {
                let line = lines + row * columnCount
                change(values + row * columnCount, line, row)
                var total = Eight.zero
                forEachEight(line, base, count: columnCount) { value, sum, place in
                  total += value
                  store(sum + value, in: sums, at: place)
                }
                rowSums[row] = total.sum()
              }
            }
          }
        }
      }
    }
    for column in 0..<columnCount {
      columnSums[column] = (0..<blocks).reduce(0) { $0 + partial[$1 * columnCount + column] }
    }
  }
}

/// Eight numbers from a place on, zeros after the last.
@inline(__always)
private func eight(_ values: UnsafePointer<Double>, _ start: Int, _ count: Int) -> Eight {
  if start + 8 <= count {
    return UnsafeRawPointer(values + start).loadUnaligned(as: Eight.self)
  }
  var result = Eight.zero
  for lane in 0..<count - start { result[lane] = values[start + lane] }
  return result
}

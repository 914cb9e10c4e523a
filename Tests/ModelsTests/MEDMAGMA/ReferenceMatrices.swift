import Foundation
import LinearAlgebra
import TestSupport

/// Named matrices of a tab-separated file in Tests/Reference: name, rows, columns, `full` or `lower` (the lower
/// triangle of a symmetric matrix), values.
struct ReferenceMatrices {
  private let arrays: [String: Matrix<Double>]

  init(_ path: String) throws {
    var arrays: [String: Matrix<Double>] = [:]
    for line in try Reference.table(path) {
      let rowCount = Int(line[1]) ?? 0
      let columnCount = Int(line[2]) ?? 0
      let values = line.dropFirst(4).map { Double($0) ?? .nan }
      var matrix = Matrix<Double>(rowCount: rowCount, columnCount: columnCount)
      var next = values.startIndex
      for row in 0..<rowCount {
        for column in 0..<(line[3] == "lower" ? row + 1 : columnCount) {
          matrix[row, column] = values[next]
          if line[3] == "lower" { matrix[column, row] = values[next] }
          next += 1
        }
      }
      arrays[line[0]] = matrix
    }
    self.arrays = arrays
  }

  /// The matrix of that name; an empty one, which no test accepts, where there is none.
  func matrix(_ name: String) -> Matrix<Double> {
    arrays[name] ?? Matrix(rowCount: 0, columnCount: 0)
  }

  /// The row vector of that name.
  func vector(_ name: String) -> [Double] { matrix(name).elements }
}

extension Matrix<Double> {
  /// The largest difference, in units of the expected matrix's largest entry; infinite for other shapes.
  func difference(from expected: Matrix<Double>) -> Double {
    guard rowCount == expected.rowCount, columnCount == expected.columnCount, rowCount > 0 else {
      return .infinity
    }
    return elements.difference(from: expected.elements)
  }
}

extension [Double] {
  /// The largest difference, in units of the largest expected entry; infinite for other lengths and for NaN.
  func difference(from expected: [Double]) -> Double {
    guard count == expected.count, count > 0 else { return .infinity }
    let scale = expected.reduce(0) { Swift.max($0, abs($1)) }
    var worst = 0.0
    for (value, wanted) in zip(self, expected) {
      let size = abs(value - wanted)
      if !(size <= worst) { worst = size.isNaN ? .infinity : size }
    }
    return worst / scale
  }
}

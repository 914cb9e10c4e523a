package import LinearAlgebra
package import Modeling
import RealModule

/// The values of a lane's rows that are not zero, row by row.
package struct SparseRows: Sendable {
  /// Where row i begins, rows + 1 numbers.
  package private(set) var starts: [Int] = [0]
  /// Increasing within a row.
  package private(set) var columns: [Int32] = []
  /// The entries' values, none of them zero.
  package private(set) var values: [Float] = []

  /// A matrix without rows.
  package init() {}

  /// How many rows there are.
  package var count: Int { starts.count - 1 }

  /// Adds a row.
  package mutating func append(columns: some Sequence<Int32>, values: some Sequence<Float>) {
    self.columns.append(contentsOf: columns)
    self.values.append(contentsOf: values)
    starts.append(self.columns.count)
  }

  /// The places of row i's values.
  package func places(_ row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// The sum of row i.
  package func total(_ row: Int) -> Double {
    places(row).reduce(0) { $0 + Double(values[$1]) }
  }

  /// The rows of a dense matrix.
  ///
  /// - Throws: `ModelError` for a value that no Poisson count can be: negative, NaN or infinite.
  package init(_ matrix: Matrix<Double>, firstRow: Int) throws(ModelError) {
    for row in 0..<matrix.rowCount {
      for (column, value) in matrix.row(row).enumerated() where value != 0 {
        guard value > 0, value.isFinite else {
          throw ModelError(
            "row \(firstRow + row), column \(column) is \(value): a Poisson model needs counts, "
              + "0 or more; are these logarithms? Name the layer with the counts (--layer)")
        }
        columns.append(Int32(column))
        values.append(Float(value))
      }
      starts.append(columns.count)
    }
  }

  /// The parts of the Poisson log-likelihood that depend on counts alone, over some rows.
  ///
  ///     constant  = Σ y log s − log y!           saturated = Σ y log y − y − log y!
  ///
  /// - Parameter exposure: s of every row.
  package func likelihoodConstants(
    rows: some Sequence<Int>, exposure: [Double]
  ) -> (constant: Double, saturated: Double) {
    var constant = 0.0
    var saturated = 0.0
    for row in rows {
      let logExposure = exposure[row] > 0 ? Double.log(exposure[row]) : 0
      for place in places(row) {
        let count = Double(values[place])
        let logFactorial = Double.logGamma(count + 1)
        constant += count * logExposure - logFactorial
        saturated += count * .log(count) - count - logFactorial
      }
    }
    return (constant, saturated)
  }
}

extension SparseRows {
  /// The rows of a lane, whatever they are kept as.
  ///
  /// - Throws: `ModelError` for a value that no Poisson count can be.
  package init(_ data: RowData) throws(ModelError) {
    switch data.matrix {
    case .reals(let matrix): try self.init(matrix, firstRow: data.rows.lowerBound)
    case .counts(let counts):
      self.init()
      for row in 0..<counts.rowCount {
        counts.forEachNonZero(inRow: row) { column, count in
          columns.append(Int32(column))
          values.append(Float(count))
        }
        starts.append(columns.count)
      }
    }
  }
}

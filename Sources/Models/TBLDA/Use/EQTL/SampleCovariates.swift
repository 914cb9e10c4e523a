public import LinearAlgebra
public import Modeling

/// Covariates of samples as columns of a design: numbers as they are, classes a column for each but the first.
public struct SampleCovariates: Sendable {
  /// Samples × covariates.
  public let matrix: Matrix<Double>
  /// What each column is: `age`, `sex=male`.
  public let names: [String]
  /// Columns that are the same for all samples and are left out.
  public let constant: [String]

  /// The columns of a table, a row a sample.
  ///
  /// - Throws: `ModelError` naming sample and column of a missing value.
  public init(_ table: Table) throws(ModelError) {
    var columns: [(name: String, values: [Double])] = []
    for named in table.columns {
      switch named.column {
      case .numbers(let values):
        if let gap = values.firstIndex(where: { !$0.isFinite }) {
          throw Self.gap(table, gap, named.name)
        }
        columns.append((named.name, values))
      case .integers(let values):
        if let gap = values.firstIndex(of: nil) { throw Self.gap(table, gap, named.name) }
        columns.append((named.name, values.map { Double($0 ?? 0) }))
      case .categories, .strings, .flags, .unsigned:
        guard let (codes, names) = named.column.asCategories else { continue }
        if let gap = codes.firstIndex(where: { $0 < 0 }) {
          throw Self.gap(table, gap, named.name)
        }
        let present = Set(codes).sorted()
        for code in present.dropFirst() {
          columns.append(
            ("\(named.name)=\(names[Int(code)])", codes.map { $0 == code ? 1 : 0 }))
        }
      }
    }
    self.init(columns, sampleCount: table.count)
  }

  /// Keeps what varies.
  private init(_ columns: [(name: String, values: [Double])], sampleCount: Int) {
    let varying = columns.filter { column in
      column.values.contains { $0 != column.values.first }
    }
    constant = columns.map(\.name).filter { name in !varying.contains { $0.name == name } }
    names = varying.map(\.name)
    var matrix = Matrix(rowCount: sampleCount, columnCount: varying.count, repeating: 0.0)
    for (column, values) in varying.map(\.values).enumerated() {
      for (row, value) in values.enumerated() { matrix[row, column] = value }
    }
    self.matrix = matrix
  }

  /// The covariates of means over groups of samples: means, of classes the share of the group's samples.
  public func means(of groups: [[Int]]) -> SampleCovariates {
    SampleCovariates(
      names.indices.map { column in
        let values = groups.map { group in
          group.reduce(0) { $0 + matrix[$1, column] } / Double(group.count)
        }
        return (names[column], values)
      }, sampleCount: groups.count)
  }

  /// These and further covariates, a column of numbers each.
  public func adding(_ more: Matrix<Double>, named prefix: String) -> SampleCovariates {
    SampleCovariates(
      names.indices.map { (names[$0], matrix.column($0)) }
        + (0..<more.columnCount).map { ("\(prefix)\($0 + 1)", more.column($0)) },
      sampleCount: matrix.rowCount)
  }

  private static func gap(_ table: Table, _ row: Int, _ column: String) -> ModelError {
    ModelError("the covariate \(column) has no value for \(table.names[row])")
  }
}

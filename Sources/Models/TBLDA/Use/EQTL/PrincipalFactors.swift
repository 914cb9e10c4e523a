public import LinearAlgebra

/// Principal components of columns: what varies together over many rows, such as ancestry over variants or batches over
/// genes, to be taken out of tests as covariates.
///
///     E = rows less their means (and what covariates explain),   Eᵀ E = V diag(s²) Vᵀ
///
/// V's first columns are the components, of length 1.
public struct PrincipalFactors: Sendable {
  /// V, columns × components, those that explain most first.
  public let components: Matrix<Double>
  /// The share of the sum of squares that each explains.
  public let shares: [Double]

  /// Components of columns.
  ///
  /// - Parameters:
  ///   - values: rows × columns, such as genes × samples.
  ///   - covariates: columns × covariates, which are taken out first; nil: only the rows' means.
  ///   - count: how many components.
  /// - Throws: `LinearAlgebraError` where a number is not finite or the covariates are collinear.
  public init(
    _ values: Matrix<Double>, covariates: Matrix<Double>? = nil, count: Int
  ) throws(LinearAlgebraError) {
    let columnCount = values.columnCount
    var design = Matrix(
      rowCount: columnCount, columnCount: 1 + (covariates?.columnCount ?? 0), repeating: 1.0)
    if let covariates {
      for row in 0..<columnCount {
        for (column, value) in covariates.row(row).enumerated() { design[row, column + 1] = value }
      }
    }
    let qr = try QR(design)
    if let position = qr.dependentColumns().first {
      throw LinearAlgebraError.singular(position: position)
    }
    let residuals = qr.residuals(values.transposed())
    let products = matrixProduct(residuals, residuals, transposing: .second)
    let total = (0..<columnCount).reduce(0) { $0 + products[$1, $1] }
    let eigen = try SymmetricEigen(products, largest: min(count, columnCount))
    let order = eigen.values.indices.sorted { eigen.values[$0] > eigen.values[$1] }
    components = eigen.vectors.selectingColumns(order)
    shares = order.map { eigen.values[$0] / total }
  }

  /// The components of donors by their genotypes, each variant divided by what its frequency lets it vary.
  ///
  ///     E_ji = (y_ji − 2 f_j) / √(2 f_j (1 − f_j))
  ///
  /// Variants that do not vary have no part.
  ///
  /// Source: N. Patterson, A. L. Price, D. Reich, PLoS Genet. 2:e190, 2006, doi:10.1371/journal.pgen.0020190.
  /// - Parameter dosages: variants × donors.
  public init(dosages: Matrix<Double>, count: Int) throws(LinearAlgebraError) {
    var scaled = dosages
    for variant in 0..<dosages.rowCount {
      let row = dosages.row(variant)
      let frequency = row.reduce(0, +) / Double(2 * dosages.columnCount)
      let deviation = (2 * frequency * (1 - frequency)).squareRoot()
      let isVarying = deviation > 1e-9
      scaled.setRow(variant, to: row.map { isVarying ? ($0 - 2 * frequency) / deviation : 0 })
    }
    try self.init(scaled, count: count)
  }
}

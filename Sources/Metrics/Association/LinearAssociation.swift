public import LinearAlgebra
import Probability

/// Linear tests of every response against every predictor, given covariates.
///
///     response ~ 1 + covariates + predictor,   r = corr of the residuals,   t = r √(d / (1 − r²))
///
/// Responses and predictors are residualised on the intercept and the covariates once, by QR; then all
/// correlations are one product of matrices.
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | d | degrees of freedom, n − 2 − covariates | ``degreesOfFreedom`` |
///
/// Edge cases: a response or predictor that is constant, or that the covariates explain altogether (residual norm
/// below 10⁻¹⁰ of its own: less is rounding), has NaN statistics. A perfect association has r = ±1 exactly, which
/// products of rounded numbers may miss by a bit on either side: t = ±∞, p = 0, standard error 0.
/// Source: A. A. Shabalin, Matrix eQTL, Bioinformatics 28:1353–1358, 2012,
/// doi:10.1093/bioinformatics/bts163.
public struct LinearAssociation: Sendable {
  /// d, the degrees of freedom of t: samples − 2 − covariates.
  public let degreesOfFreedom: Int
  private let responses: Residuals
  private let predictors: Residuals
  private let design: QR

  /// Prepares the tests.
  ///
  /// - Parameters:
  ///   - responses: responses × samples, such as genes.
  ///   - predictors: predictors × samples, such as SNPs.
  ///   - covariates: samples × covariates, without an intercept; may have no columns.
  /// - Precondition: equal numbers of samples; more samples than covariates + 2.
  /// - Throws: `LinearAlgebraError` where a number is not finite, or (as singular) where the covariates are
  ///   collinear.
  public init(
    responses: Matrix<Double>, predictors: Matrix<Double>, covariates: Matrix<Double>
  ) throws(LinearAlgebraError) {
    let count = covariates.rowCount
    precondition(
      responses.columnCount == count && predictors.columnCount == count,
      "\(responses.columnCount), \(predictors.columnCount) and \(count) samples")
    degreesOfFreedom = count - 2 - covariates.columnCount
    precondition(degreesOfFreedom > 0, "\(count) samples are too few")
    var design = Matrix(rowCount: count, columnCount: covariates.columnCount + 1, repeating: 1.0)
    for row in 0..<count {
      for (column, value) in covariates.row(row).enumerated() { design[row, column + 1] = value }
    }
    let qr = try QR(design)
    if let position = qr.dependentColumns().first {
      throw LinearAlgebraError.singular(position: position)
    }
    self.design = qr
    self.responses = try Residuals(responses, qr)
    self.predictors = try Residuals(predictors, qr)
  }

  /// The tests of the same responses against other predictors: for permutations.
  ///
  /// - Precondition: as many samples.
  /// - Throws: `LinearAlgebraError` where a number is not finite.
  public init(
    _ other: LinearAssociation, replacingPredictorsBy predictors: Matrix<Double>
  ) throws(LinearAlgebraError) {
    precondition(predictors.columnCount == other.design.orthonormal.rowCount, "other samples")
    degreesOfFreedom = other.degreesOfFreedom
    design = other.design
    responses = other.responses
    self.predictors = try Residuals(predictors, design)
  }

  /// How many responses.
  public var responseCount: Int { responses.norms.count }

  /// The test of one response against one predictor, covariates taken into account.
  public struct Test: Sendable, Equatable {
    /// The predictor's coefficient.
    public let slope: Double
    /// Its standard error.
    public let standardError: Double
    /// t = slope / standard error.
    public let statistic: Double
    /// log of the two-sided p value: finite where the p value underflows.
    public let logPValue: Double
  }

  /// The correlations of a block of responses with all predictors: responses × predictors, −1…1 or NaN.
  public func correlations(responses block: Range<Int>) -> Matrix<Double> {
    let width = responses.scaled.columnCount
    let rows = Matrix(
      rowCount: block.count, columnCount: width,
      elements: Array(
        responses.scaled.elements[block.lowerBound * width..<block.upperBound * width]))
    var result = matrixProduct(rows, predictors.scaled, transposing: .second)
    result.withUnsafeMutableElements { elements in
      for index in elements.indices where abs(elements[index]) > 1 {
        elements[index] = elements[index] < 0 ? -1 : 1
      }
    }
    return result
  }

  /// t from a correlation.
  public func statistic(correlation r: Double) -> Double {
    let d = Double(degreesOfFreedom)
    return r * (d / ((1 - r) * (1 + r))).squareRoot()
  }

  /// log of the two-sided p value of a correlation.
  public func logPValue(correlation r: Double) -> Double {
    studentTLogTwoSided(statistic(correlation: r), degreesOfFreedom: Double(degreesOfFreedom))
  }

  /// The test of one response and predictor from their correlation.
  public func test(response: Int, predictor: Int, correlation r: Double) -> Test {
    let t = statistic(correlation: r)
    let ratio = responses.norms[response] / predictors.norms[predictor]
    let slope = r * ratio
    // slope / t is 0 / 0 where nothing is associated at all.
    let standardError = t == 0 ? ratio / Double(degreesOfFreedom).squareRoot() : slope / t
    return Test(
      slope: slope, standardError: standardError, statistic: t,
      logPValue: logPValue(correlation: r))
  }

  /// Residuals of length 1, one row each, and their lengths before.
  private struct Residuals: Sendable {
    var scaled: Matrix<Double>
    var norms: [Double] = []

    init(_ rows: Matrix<Double>, _ qr: QR) throws(LinearAlgebraError) {
      if let index = rows.elements.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(row: index / rows.columnCount, column: index % rows.columnCount)
      }
      scaled = qr.residuals(rows.transposed()).transposed()
      let width = rows.columnCount
      for row in 0..<rows.rowCount {
        let square = scaled.row(row).reduce(0) { $0 + $1 * $1 }
        let total = rows.row(row).reduce(0) { $0 + $1 * $1 }
        let norm = square > 1e-20 * total ? square.squareRoot() : .nan
        norms.append(norm)
        for column in 0..<width { scaled[row, column] /= norm }
      }
    }
  }
}

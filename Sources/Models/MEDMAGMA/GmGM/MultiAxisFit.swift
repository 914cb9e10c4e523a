public import Concurrency
public import LinearAlgebra
import Modeling
import Sums

/// Precision matrices of rows and columns of one matrix.
public struct MultiAxisPrecisions: Sendable, Codable, Equatable {
  /// Ω₁, rows (cells).
  public var rows: Matrix<Double>
  /// Ω₂, columns (genes).
  public var columns: Matrix<Double>
  /// Iterations of the eigenvalues' path; 0 where there is none.
  public var iterationCount: Int
}

/// GmGM of one matrix: Kronecker-sum structured precision matrices, eigenvectors from the data, eigenvalues by
/// a path that stops early or, with a penalty, at an optimum.
///
///     vec Z ~ N(0, (Ω₁ ⊕ Ω₂)⁻¹),  Ω₁ ⊕ Ω₂ = Ω₁ ⊗ I + I ⊗ Ω₂;   Ω_k = V_k diag(λ_k) V_kᵀ
///
/// Source: B. Andrew, D. Westhead, L. Cutillo, GmGM: a fast multi-axis Gaussian graphical model, AISTATS 2024.
public struct MultiAxisFit: Sendable {
  /// Singular values kept; nil takes the Gram path with all eigenvectors.
  public var componentCount: Int?
  /// Whether ranks take the place of values.
  public var usesRanks = false
  /// ρ of `PenalizedEigenvalues`; 0 follows the published path.
  public var penalty = 0.0

  /// The Gram path of the values.
  public init() {}

  /// The spectra of both axes.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where the data hold NaN.
  public func spectra(
    of data: Matrix<Double>, on workers: Workers
  ) throws(LinearAlgebraError) -> (rows: AxisSpectrum, columns: AxisSpectrum) {
    try spectra(of: data, .whole, with: Alone(), on: workers)
  }

  /// The spectra of both axes, with the work shared among ranks.
  ///
  /// Collective where the share is divided.
  func spectra<Everyone: Team & ~Copyable>(
    of data: Matrix<Double>, _ share: WorkShare, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(LinearAlgebraError) -> (rows: AxisSpectrum, columns: AxisSpectrum) {
    let (d1, d2) = (data.rowCount, data.columnCount)
    let transposed = data.transposed()
    if let componentCount {
      let kept = min(componentCount, d1, d2)
      return try spectraOfBothAxes([(d1, kept), (d2, kept)], share, with: everyone, on: workers) {
        (isRows) throws(LinearAlgebraError) in
        let matrix = isRows ? data : transposed
        return try .truncated(
          usesRanks ? NonparanormalSkeptic.normalScores(matrix) : matrix, to: kept)
      }
    }
    func moments(_ matrix: Matrix<Double>) -> Matrix<Double> {
      usesRanks
        ? NonparanormalSkeptic.correlations(matrix, share, with: everyone, on: workers)
        : AxisSpectrum.secondMoments([matrix], share, with: everyone, on: workers)
    }
    let (rows, columns) = (moments(data), moments(transposed))
    return try spectraOfBothAxes([(d1, d1), (d2, d2)], share, with: everyone, on: workers) {
      (isRows) throws(LinearAlgebraError) in
      try .normalized(isRows ? rows : columns)
    }
  }

  /// Ω₁ and Ω₂.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where the data hold NaN.
  public func precisions(
    of data: Matrix<Double>, on workers: Workers
  ) throws(LinearAlgebraError) -> MultiAxisPrecisions {
    try precisions(of: data, .whole, with: Alone(), on: workers)
  }

  /// Ω₁ and Ω₂, with the work shared among ranks.
  ///
  /// Collective where the share is divided.
  func precisions<Everyone: Team & ~Copyable>(
    of data: Matrix<Double>, _ share: WorkShare, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(LinearAlgebraError) -> MultiAxisPrecisions {
    let spectra = try spectra(of: data, share, with: everyone, on: workers)
    let (rowStatistic, columnStatistic) = (spectra.rows.values, spectra.columns.values)
    var values: [[Double]]
    let iterations: Int
    if penalty > 0 {
      let solution = try PenalizedEigenvalues(penalty: penalty)
        .solve(rowStatistic, columnStatistic, on: workers)
      (values, iterations) = ([solution.lambda, solution.mu], solution.iterationCount)
    } else {
      let solution = GmGMEigenvalues()
        .solve([rowStatistic, columnStatistic], data: [(0, 1)], on: workers)
      (values, iterations) = (solution.values, solution.iterationCount)
    }
    return MultiAxisPrecisions(
      rows: precision(spectra.rows.vectors, values[0], share, with: everyone, on: workers),
      columns: precision(spectra.columns.vectors, values[1], share, with: everyone, on: workers),
      iterationCount: iterations)
  }
}

/// The baseline that knows one axis at a time: pseudo-inverses of X Xᵀ and Xᵀ X.
///
/// Eigenvalues below `tolerance` of the largest count as zero.
///
/// Local. The bits do not depend on the number of threads.
/// - Throws: `LinearAlgebraError` where the data hold NaN.
public func singleAxisPrecisions(
  of data: Matrix<Double>, tolerance: Double, on workers: Workers
) throws(LinearAlgebraError) -> MultiAxisPrecisions {
  try singleAxisPrecisions(of: data, tolerance: tolerance, .whole, with: Alone(), on: workers)
}

/// Pseudo-inverses of X Xᵀ and Xᵀ X, with the work shared among ranks.
///
/// Collective where the share is divided.
func singleAxisPrecisions<Everyone: Team & ~Copyable>(
  of data: Matrix<Double>, tolerance: Double, _ share: WorkShare, with everyone: borrowing Everyone,
  on workers: Workers
) throws(LinearAlgebraError) -> MultiAxisPrecisions {
  let (d1, d2) = (data.rowCount, data.columnCount)
  let transposed = data.transposed()
  let rows = symmetricProduct(data, share, with: everyone, on: workers)
  let columns = symmetricProduct(transposed, share, with: everyone, on: workers)
  let spectra = try spectraOfBothAxes([(d1, d1), (d2, d2)], share, with: everyone, on: workers) {
    (isRows) throws(LinearAlgebraError) in
    let eigen = try SymmetricEigen(isRows ? rows : columns)
    return AxisSpectrum(values: eigen.values, vectors: eigen.vectors)
  }
  func inverse(_ spectrum: AxisSpectrum) -> Matrix<Double> {
    let limit = tolerance * (spectrum.values.map(\.magnitude).max() ?? 0)
    return precision(
      spectrum.vectors, spectrum.values.map { $0.magnitude > limit ? 1 / $0 : 0 }, share,
      with: everyone, on: workers)
  }
  return MultiAxisPrecisions(
    rows: inverse(spectra.rows), columns: inverse(spectra.columns), iterationCount: 0)
}

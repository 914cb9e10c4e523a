public import LinearAlgebra

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
    let transposed = data.transposed()
    return try onBothAxes(workers) { (isRows) throws(LinearAlgebraError) in
      let matrix = isRows ? data : transposed
      switch (componentCount, usesRanks) {
      case (let count?, true):
        return try .truncated(NonparanormalSkeptic.normalScores(matrix), to: count)
      case (let count?, false): return try .truncated(matrix, to: count)
      case (nil, true):
        return try .normalized(NonparanormalSkeptic.correlations(matrix, on: workers))
      case (nil, false): return try .gram([matrix], on: workers)
      }
    }
  }

  /// Ω₁ and Ω₂.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where the data hold NaN.
  public func precisions(
    of data: Matrix<Double>, on workers: Workers
  ) throws(LinearAlgebraError) -> MultiAxisPrecisions {
    let spectra = try spectra(of: data, on: workers)
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
      rows: precision(spectra.rows.vectors, values[0], on: workers),
      columns: precision(spectra.columns.vectors, values[1], on: workers),
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
  let transposed = data.transposed()
  let result = try onBothAxes(workers) { (isRows) throws(LinearAlgebraError) in
    let eigen = try SymmetricEigen(parallelGram(isRows ? data : transposed, on: workers))
    let limit = tolerance * (eigen.values.map(\.magnitude).max() ?? 0)
    return precision(
      eigen.vectors, eigen.values.map { $0.magnitude > limit ? 1 / $0 : 0 }, on: workers)
  }
  return MultiAxisPrecisions(rows: result.rows, columns: result.columns, iterationCount: 0)
}

import LinearAlgebra
import Modeling
import Optimization
import RealModule

/// Coordinate ascent of the bound, and EM, both with squared extrapolation.
///
/// Rounds move slowly where factors trade counts; every second round the last two are extrapolated
/// (``SquaredExtrapolation``), and what has not raised the objective is taken back, so that it never falls.
extension NonnegativePRRR {
  private var a: Double { configuration.priorShape }
  private var b: Double { configuration.priorRate }

  // MARK: - Coordinate ascent

  /// One round of coordinate ascent; the bound reported is that before it.
  ///
  ///     shape_U = a + Ũ ∘ (Xᵀ (W Ṽ)),  rate_U = b + (Σ_n s_n x_n)ᵀ (Σ_j E v_j),  and the same for V
  func ascend<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) -> Termination? {
    while true {
      let (u, v) =
        shared.ascent?.factors(weights: totals.covariates, priorRate: b) ?? startingFactors(shared)
      let (uTerms, vTerms) = (
        u.terms(priorShape: a, priorRate: b), v.terms(priorShape: a, priorRate: b)
      )
      let first = rateSums(
        lanes: blocks, covariates: uTerms.geometricMean, genes: vTerms.geometricMean,
        side: .covariates, with: everyone, on: workers)
      let bound =
        first.map {
          $0.logRates + totals.constant - expectedTotal(uTerms.mean, vTerms.mean, totals)
            - uTerms.divergence - vTerms.divergence
        } ?? .nan
      if takesBack(&shared, bound) { continue }
      guard let first else { return .objectiveNotFinite }
      (shared.covariates, shared.genes) = (uTerms.mean, vTerms.mean)
      let ending = judge(&shared, bound, deviations: [u.deviation, v.deviation])
      if let ending { return ending }
      let covariateShapes = shapes(uTerms.geometricMean, first.covariates)
      let geneSums = columnSums(vTerms.mean)
      var point = AscentPoint(
        covariateShapes: covariateShapes, geneShapes: v.shape, geneSums: geneSums,
        scoreSums: geneSums, scales: geneSums.map { _ in 1 })
      let newTerms = point.factors(weights: totals.covariates, priorRate: b).0
        .terms(priorShape: a, priorRate: b)
      guard
        let second = rateSums(
          lanes: blocks, covariates: newTerms.geometricMean, genes: vTerms.geometricMean,
          side: .genes, wantsLogarithms: false, with: everyone, on: workers)
      else { return .objectiveNotFinite }
      point.geneShapes = shapes(vTerms.geometricMean, second.genes)
      point.scoreSums = weightedColumnSums(newTerms.mean, totals)
      let shapeSums = columnSums(point.geneShapes)
      let newGeneSums = zip(shapeSums, point.scoreSums).map { $0 / (b + $1) }
      point.scales = factorScales(
        columnSums(newTerms.mean), newGeneSums,
        difference: a * Double(covariateShapes.rowCount - v.shape.rowCount))
      shared.ascent = point
      shared.fallback = nil
      if let proposal = shared.extrapolation.proposal(after: point.logarithms) {
        shared.fallback = shared.ascent.map { .ascent($0) }
        shared.ascent = AscentPoint(logarithms: proposal, like: point)
      }
      return nil
    }
  }

  /// Narrow distributions around the random start.
  private func startingFactors(_ shared: NonnegativePRRRState) -> (GammaFactors, GammaFactors) {
    func factors(_ start: Matrix<Double>) -> GammaFactors {
      // A hundredfold shape: close to the start, not so close that it cannot be left.
      GammaFactors(shape: start.map { _ in 100 }, rate: start.map { 100 / $0 })
    }
    return (factors(shared.covariates), factors(shared.genes))
  }

  /// a + θ̃ ∘ sums.
  private func shapes(_ tilde: Matrix<Double>, _ sums: Matrix<Double>) -> Matrix<Double> {
    Matrix(
      rowCount: tilde.rowCount, columnCount: tilde.columnCount,
      elements: zip(tilde.elements, sums.elements).map { a + $0 * $1 })
  }

  /// Whether the objective at an extrapolated point is no gain: then the last round's own result is back.
  private func takesBack(_ shared: inout NonnegativePRRRState, _ value: Double) -> Bool {
    guard let fallback = shared.fallback, let before = shared.objective else { return false }
    shared.fallback = nil
    if value > before + tolerance * max(1, before.magnitude) { return false }
    switch fallback {
    case .ascent(let point): shared.ascent = point
    case .maximum(let covariates, let genes):
      (shared.covariates, shared.genes) = (covariates, genes)
    }
    shared.extrapolation.refuse()
    return true
  }

  /// The factor c of each column of U (1/c of V) that the priors like best; the rates do not change.
  ///
  ///     b Σu c² − d c − b Σv = 0,   d = (a − 1)(p − q) for a maximum, a (p − q) for distributions
  ///
  /// - Parameters:
  ///   - covariateSums: Σu of each factor.
  ///   - geneSums: Σv of each factor.
  private func factorScales(
    _ covariateSums: [Double], _ geneSums: [Double], difference d: Double
  ) -> [Double] {
    zip(covariateSums, geneSums).map { u, v in
      guard u > 0, v > 0 else { return 1 }
      let root = (d * d + 4 * b * b * u * v).squareRoot()
      // Of the two forms of the positive root the one without cancellation.
      return d >= 0 ? (d + root) / (2 * b * u) : 2 * b * v / (root - d)
    }
  }

  // MARK: - Maximum by EM

  /// One round of EM; the log joint reported is that before it.
  ///
  ///     u ← (a − 1 + u ∘ (Xᵀ (W V))) / (b + (Σ_n s_n x_n)(Σ_j v_j)),  and the same for V
  func maximise<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) -> Termination? {
    while true {
      let first = rateSums(
        lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .covariates,
        with: everyone, on: workers)
      let value =
        first.map { logJoint($0.logRates, shared.covariates, shared.genes, totals) } ?? .nan
      if takesBack(&shared, value) { continue }
      guard let first else { return .objectiveNotFinite }
      if let ending = judge(&shared, value, deviations: []) { return ending }
      shared.covariates = maximum(
        shared.covariates, first.covariates, rowWeights: totals.covariates,
        columnWeights: columnSums(shared.genes))
      guard
        let second = rateSums(
          lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .genes,
          wantsLogarithms: false, with: everyone, on: workers)
      else { return .objectiveNotFinite }
      shared.genes = maximum(
        shared.genes, second.genes, rowWeights: nil,
        columnWeights: weightedColumnSums(shared.covariates, totals))
      let scales = factorScales(
        columnSums(shared.covariates), columnSums(shared.genes),
        difference: (a - 1) * Double(shared.covariates.rowCount - shared.genes.rowCount))
      for factor in 0..<configuration.rank {
        for row in 0..<shared.covariates.rowCount {
          shared.covariates[row, factor] *= scales[factor]
        }
        for row in 0..<shared.genes.rowCount { shared.genes[row, factor] /= scales[factor] }
      }
      extrapolateMaximum(&shared)
      return nil
    }
  }

  private func extrapolateMaximum(_ shared: inout NonnegativePRRRState) {
    shared.fallback = nil
    let logarithms = (shared.covariates.elements + shared.genes.elements).map { Double.log($0) }
    guard let proposal = shared.extrapolation.proposal(after: logarithms) else { return }
    shared.fallback = .maximum(shared.covariates, shared.genes)
    (shared.covariates, shared.genes) = matrices(proposal.map { .exp(max($0, -690)) })
  }

  /// (a − 1 + θ ∘ sums) / (b + weights).
  private func maximum(
    _ parameters: Matrix<Double>, _ sums: Matrix<Double>, rowWeights: [Double]?,
    columnWeights: [Double]
  ) -> Matrix<Double> {
    var result = parameters
    for row in 0..<parameters.rowCount {
      let weight = rowWeights?[row] ?? 1
      for factor in 0..<parameters.columnCount {
        result[row, factor] =
          max(a - 1 + parameters[row, factor] * sums[row, factor], 1e-300)
          / (b + weight * columnWeights[factor])
      }
    }
    return result
  }
}

import Concurrency
import LinearAlgebra
import Modeling
import Optimization
import RealModule
import Sums

/// Coordinate ascent of the bound, and EM, both with extrapolation.
///
/// A round allots every count to the factors, which takes a pass over the counts, and each row's counts of a
/// factor to the covariates. The latter is repeated while the former stands,
///
///     z_nr = Σ_j y_nj h_nr v_rj / r_nj,   u_pr ← (a + u_pr Σ_n x_np z_nr / h_nr) / rate_pr,   h = X U,
///
/// because it is slow where there are more covariates than rows, and costs rows × covariates only. Rounds move
/// slowly still where factors trade counts; they are mixed with the rounds before (``AndersonMixing``), and what
/// has not raised the objective is taken back, so that it never falls.
extension NonnegativePRRR {
  /// How often the counts of the factors are allotted to covariates in a round.
  static let allotments = 10

  private var a: Double { configuration.priorShape }
  private var b: Double { configuration.priorRate }

  // MARK: - Coordinate ascent

  /// One round of coordinate ascent; the bound reported is that before it.
  ///
  ///     shape_U = a + Ũ ∘ (Xᵀ (Z / X Ũ)),  rate_U = b + (Σ_n s_n x_n)ᵀ (Σ_j E v_j)
  ///     shape_V = a + Ṽ ∘ (Wᵀ X Ũ),        rate_V = b + Σ_n s_n x_n E U
  func ascend<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    while true {
      let (u, v) =
        shared.ascent?.factors(weights: totals.covariates, priorRate: b) ?? startingFactors(shared)
      let (uTerms, vTerms) = (
        u.terms(priorShape: a, priorRate: b), v.terms(priorShape: a, priorRate: b)
      )
      let outcome = Result { () throws(SumFault) in
        try rateSums(
          lanes: blocks, covariates: uTerms.geometricMean, genes: vTerms.geometricMean,
          side: .covariates, with: everyone, on: workers)
      }
      let reached = outcome.map {
        $0.logRates + totals.constant - expectedTotal(uTerms.mean, vTerms.mean, totals)
          - uTerms.divergence - vTerms.divergence
      }
      if takesBack(&shared, reached) { continue }
      let (first, bound) = (try outcome.get(), try reached.get())
      (shared.covariates, shared.genes) = (uTerms.mean, vTerms.mean)
      if let ending = try judge(&shared, bound, deviations: [u.deviation, v.deviation]) {
        return ending
      }
      let geneSums = columnSums(vTerms.mean)
      var point = AscentPoint(
        covariateShapes: u.shape, geneShapes: v.shape, geneSums: geneSums, scoreSums: geneSums,
        scales: geneSums.map { _ in 1 })
      var newTerms = uTerms
      let rate = point.covariateRates(weights: totals.covariates, priorRate: b)
      var sums = first.covariates
      for allotment in 1...Self.allotments {
        point.covariateShapes = shapes(newTerms.geometricMean, sums)
        newTerms = GammaFactors(shape: point.covariateShapes, rate: rate)
          .terms(priorShape: a, priorRate: b)
        if allotment < Self.allotments {
          sums = try allottedSums(
            blocks, first.allotted, covariates: newTerms.geometricMean, with: everyone, on: workers)
        }
      }
      let second = try rateSums(
        lanes: blocks, covariates: newTerms.geometricMean, genes: vTerms.geometricMean,
        side: .genes, with: everyone, on: workers)
      point.geneShapes = shapes(vTerms.geometricMean, second.genes)
      point.scoreSums = weightedColumnSums(newTerms.mean, totals)
      let newGeneSums = zip(columnSums(point.geneShapes), point.scoreSums).map { $0 / (b + $1) }
      point.scales = factorScales(
        columnSums(newTerms.mean), newGeneSums,
        difference: a * Double(u.shape.rowCount - v.shape.rowCount))
      shared.ascent = point
      shared.fallback = nil
      if let proposal = shared.mixing.proposal(after: point.logarithms) {
        shared.fallback = shared.ascent.map { .ascent($0) }
        shared.ascent = AscentPoint(logarithms: proposal, like: point)
      }
      return nil
    }
  }

  /// Narrow distributions around the random start.
  private func startingFactors(_ shared: NonnegativePRRRState) -> (
    covariates: GammaFactors, genes: GammaFactors
  ) {
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

  /// Whether the objective at an extrapolated point is no gain, or not finite: then the last round's own result is
  /// back.
  private func takesBack(
    _ shared: inout NonnegativePRRRState, _ objective: Result<Double, SumFault>
  ) -> Bool {
    guard let fallback = shared.fallback, let before = shared.objective else { return false }
    shared.fallback = nil
    if case .success(let value) = objective,
      value > before + tolerance * max(1, before.magnitude)
    {
      return false
    }
    switch fallback {
    case .ascent(let point): shared.ascent = point
    case .maximum(let covariates, let genes):
      (shared.covariates, shared.genes) = (covariates, genes)
    }
    shared.mixing.refuse()
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
  ///     u ← (a − 1 + u ∘ (Xᵀ (Z / X U))) / (b + (Σ_n s_n x_n)(Σ_j v_j)),  v ← (a − 1 + v ∘ (Wᵀ X U)) / (b + …)
  func maximise<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ blocks: [[PoissonBlock]], _ totals: CountTotals,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Termination? {
    while true {
      let outcome = Result { () throws(SumFault) in
        try rateSums(
          lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .covariates,
          with: everyone, on: workers)
      }
      let reached = outcome.map {
        logJoint($0.logRates, shared.covariates, shared.genes, totals)
      }
      if takesBack(&shared, reached) { continue }
      let (first, value) = (try outcome.get(), try reached.get())
      if let ending = try judge(&shared, value, deviations: []) { return ending }
      let geneSums = columnSums(shared.genes)
      var sums = first.covariates
      for allotment in 1...Self.allotments {
        shared.covariates = maximum(
          shared.covariates, sums, rowWeights: totals.covariates, columnWeights: geneSums)
        if allotment < Self.allotments {
          sums = try allottedSums(
            blocks, first.allotted, covariates: shared.covariates, with: everyone, on: workers)
        }
      }
      let second = try rateSums(
        lanes: blocks, covariates: shared.covariates, genes: shared.genes, side: .genes,
        with: everyone, on: workers)
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
    guard let proposal = shared.mixing.proposal(after: logarithms) else { return }
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

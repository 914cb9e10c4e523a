package import LinearAlgebra

/// Everything of a TBLDA fit that is the same on every rank.
public struct TBLDAState: Codable, Sendable {
  /// The best start so far; the lanes keep theirs.
  package struct Best: Codable, Sendable {
    package var genes: Matrix<Double>
    package var alpha: Double
    package var bound: Double
    package var restart: Int
    package var isConverged: Bool
    /// Iterations since the start.
    package var iteration: Int
  }

  /// Where the last iteration of coordinate ascent led, before momentum went on from there.
  package struct Momentum: Codable, Sendable {
    package var genes: Matrix<Double>
    package var alpha: Double
    /// The bound where that iteration began.
    package var bound: Double
    /// Iterations since momentum began anew.
    package var count: Int
  }

  /// ξ̂, topics × genes.
  package var genes: Matrix<Double>
  /// α, the share of genotypes that ancestry explains.
  package var alpha: Double
  /// Number of the start, from 0.
  package var restart = 0
  /// Iterations since the start.
  package var iteration = 0
  /// Whether the best of several starts was chosen, which now goes on to the end.
  package var isChosen = false
  /// The bound when it was last computed; nil before.
  package var bound: Double?
  /// Whether the bound had settled when it was last looked at, although momentum had just begun anew.
  package var hasSettled = false
  /// What coordinate ascent gathers speed by; nil before its first iteration.
  package var momentum: Momentum?
  /// Moments of stochastic inference; nil before its first step.
  package var stochastic: StochasticState?
  /// Losses of the steps since the last line of the history.
  package var losses: [Double] = []
  /// Steps of the refinement done; nil before it.
  package var refinement: Int?
  /// The best of the starts that have ended.
  package var best: Best?
  /// Estimates of the evidence lower bound at the end, if they were asked for.
  package var evidence: EvidenceEstimate?
  /// How well held-out samples and genotypes are predicted at the end, if there are any.
  package var heldOut: HeldOutScore?
  /// ζ̂ and γ̂ of all variants, once the fit has ended.
  package var alleles: AllelePair?

  init(genes: Matrix<Double>, alpha: Double) {
    self.genes = genes
    self.alpha = alpha
  }
}

/// A number for the counted and one for the other allele of every variant in every topic, variants × topics:
/// ζ̂ and γ̂ of the Beta posteriors, weights, expected copies.
package struct AllelePair: Codable, Sendable {
  /// Of the counted allele: ζ̂.
  package var counted: Matrix<Double>
  /// Of the other allele: γ̂.
  package var other: Matrix<Double>

  /// A pair of matrices of one shape.
  package init(counted: Matrix<Double>, other: Matrix<Double>) {
    self.counted = counted
    self.other = other
  }
}

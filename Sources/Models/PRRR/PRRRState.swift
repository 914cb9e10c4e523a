package import LinearAlgebra

/// Everything of a PRRR fit that is the same on every rank.
public struct PRRRState: Codable, Sendable {
  /// A step of U that is judged by the next pass.
  package struct Trial: Codable, Sendable {
    /// Where it started.
    package var origin: ReducedRankCoefficients
    /// The log joint there.
    package var value: Double
    /// Where it goes.
    package var direction: Matrix<Double>
    /// How far the trial went along the direction, 1 for a whole step.
    package var length: Double
  }

  /// The best fit so far.
  package struct Best: Codable, Sendable {
    /// U, V and v₀ of the best start so far.
    package var coefficients: ReducedRankCoefficients
    /// Standard deviations of the approximate posterior, in the same shape; nil for a maximum.
    package var deviations: ReducedRankCoefficients?
    /// What was maximised: the log joint, or the bound on the evidence.
    package var objective: Double
    /// The log-likelihood of the counts at these coefficients.
    package var logLikelihood: Double
    /// Which start it came from.
    package var restart: Int
    /// Whether the tolerance was met.
    package var isConverged: Bool
  }

  /// Nil before the first step.
  package var totals: CountTotals?
  /// Means of the priors of the intercepts, q.
  package var interceptCentres: [Double]
  /// Where the fit stands.
  package var coefficients: ReducedRankCoefficients
  /// Number of the start, from 0.
  package var restart = 0
  /// Steps since the start.
  package var iteration = 0
  /// The objective after the last step; nil before the first of a start.
  package var objective: Double?
  /// A step of U not yet judged.
  package var trial: Trial?
  /// State of the gradient methods.
  package var gradient: PRRRGradientState?
  /// The best of the starts so far.
  package var best: Best?
  /// Of a maximum: covariances of each gene's loadings given U, upper triangles.
  package var geneCovariances: [Double]?
  /// Of the rows held out.
  package var evaluation: CountEvaluation?
}

public import Modeling

/// The methods that MED-MAGMA is compared with.
public enum GmGMMethod: String, Sendable, CaseIterable {
  /// GmGM on log(1 + x).
  case gmgm
  /// GmGM on ranks.
  case skeptic = "gmgm-skeptic"
  /// GmGM on the quotient of the values.
  case quotient = "quotient-gmgm"
  /// Pseudo-inverses of X Xᵀ and Xᵀ X.
  case singleAxis = "single-axis"
}

/// The settings of GmGM and its relatives.
public struct GmGMConfiguration: NetworkConfiguration {
  /// The method by which networks are found.
  public var method = GmGMMethod.gmgm
  /// How the matrix is chosen.
  public var data = NetworkDataOptions()
  /// Singular values kept; nil takes the Gram path.
  public var components: Int?
  /// Passes of the quotient map over data with zeros; nil: to convergence.
  public var quotientPasses: Int?
  /// ρ; 0 follows the path that stops early.
  public var penalty = 0.0
  /// Fraction of the largest eigenvalue below which the pseudo-inverse sees zero.
  public var pseudoInverseTolerance = 1e-7
  /// Which edges the graphs have.
  public var edges = EdgeRule(top: 15)
  /// Whether whole precision matrices are written.
  public var writesMatrices = false
  /// A column of obs with classes to compare the networks with.
  public var labels: String?
  /// Lanes that the rows are cut into; nil: at most 64.
  public var lanes: Int?

  /// Every setting at its default.
  public init() {}

  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<GmGMConfiguration>] {
    [
      .choice(
        "method", \.method,
        "GmGM on log(1 + x), on ranks, on the quotient of the values, or one axis at a time."),
      .optionalInteger(
        "components", \.components, in: 1...1_000_000,
        "Singular values kept, at most the shorter side; none: Gram matrices with all eigenvectors."
      ),
      .optionalInteger(
        "quotient-passes", \.quotientPasses, in: 1...10_000,
        "Of quotient-gmgm: passes that remove factors of rows and columns where there are zeros; none: until nothing is left."
      ),
      .number(
        "penalty", \.penalty, in: 0...1e12,
        "Weight ρ of Σλ² that gives the eigenvalues an optimum; 0: the path that stops early."),
      .number(
        "pseudo-inverse-tolerance", \.pseudoInverseTolerance, in: 0...1,
        "Of single-axis: eigenvalues below this fraction of the largest count as zero."),
    ] + networkSettings
  }

  /// What does not go together.
  ///
  /// - Throws: `SettingError` for settings without effect on the method.
  public func validate() throws(SettingError) {
    guard method == .singleAxis else { return }
    if components != nil {
      throw SettingError("components", "has no meaning for single-axis: leave it out")
    }
    if penalty > 0 {
      throw SettingError("penalty", "has no meaning for single-axis: leave it out")
    }
  }
}

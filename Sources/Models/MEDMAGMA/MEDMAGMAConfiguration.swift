public import Modeling

/// The settings of MED-MAGMA.
///
/// | Setting | Paper and reference code (`published`) | distfit | Why |
/// |---|---|---|---|
/// | curvature | subtracted | left out | agrees with known classes on more sets, see the documentation |
/// | penalty | 0, a path that stops early | 0.1 | an optimum: converges, does not hang on rounding or the start |
/// | quotient passes | 1 | until nothing is left | only then are factors gone |
public struct MEDMAGMAConfiguration: NetworkConfiguration {
  /// How the matrix is chosen.
  public var data = NetworkDataOptions()
  /// Passes of the quotient map over data with zeros; nil: to convergence.
  public var quotientPasses: Int?
  /// How the curvature of the fibre enters.
  public var curvature = CurvatureTerm.none
  /// Iterations of the eigenvalues' path.
  public var kernelIterations = 1000
  /// ρ; 0 follows the path that stops early.
  public var penalty = 0.1
  /// Change of the precision matrices that ends the EM.
  public var tolerance = 1e-7
  /// EM iterations at most.
  public var iterations = 20
  /// Which edges the graphs have.
  public var edges = EdgeRule(top: 15)
  /// Whether whole precision matrices are written.
  public var writesMatrices = false
  /// A column of obs with classes to compare the networks with.
  public var labels: String?
  /// Lanes that the rows are cut into; nil: at most 64.
  public var lanes: Int?
  /// Seed of the scalings at the start.
  public var seed = 0

  /// The defaults: the paper's protocol for choosing genes, and the method that agrees best with known classes.
  public init() {}

  /// Whether quotient, curvature and penalty are the paper's; set, they become so.
  public var isPublished: Bool {
    get { quotientPasses == 1 && curvature == .minus && penalty == 0 }
    set { if newValue { (quotientPasses, curvature, penalty) = (1, .minus, 0) } }
  }

  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<MEDMAGMAConfiguration>] {
    [
      .flag(
        "published", \.isPublished,
        "The paper's method: --quotient-passes 1 --curvature minus --penalty 0, for 20 iterations, converged or not."
      ),
      .optionalInteger(
        "quotient-passes", \.quotientPasses, in: 1...10_000,
        "Passes that remove factors of rows and columns where there are zeros: 1 as published; none: until nothing is left."
      ),
      .choice(
        "curvature", \.curvature,
        "How the curvature along the factors enters: subtracted as in the published program, not at all, or added."
      ),
      .integer(
        "kernel-iterations", \.kernelIterations, in: 1...10_000_000,
        "Where the eigenvalues' path stops: fewer iterations regularise more."),
      .number(
        "penalty", \.penalty, in: 0...1e12,
        "Weight ρ of Σλ² that gives the eigenvalues an optimum and makes results stable; 0: the path that stops early."
      ),
      .number(
        "tolerance", \.tolerance, in: 0...1e12,
        "Change of the precision matrices, entry by entry in the mean, that ends the fit."),
      .integer("iterations", \.iterations, in: 1...1_000_000, "EM iterations at most."),
    ] + networkSettings + [
      .integer("seed", \.seed, in: 0...Int.max, "Seed of the scalings at the start.")
    ]
  }
}

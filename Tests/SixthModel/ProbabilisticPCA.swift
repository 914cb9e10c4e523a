import Concurrency
public import LinearAlgebra
public import Modeling
import Optimization
import Probability
import RealModule
public import Sums

/// Probabilistic principal component analysis (PPCA): what adding a model takes.
///
///     x_i = W z_i + μ + ε_i,   z_i ~ N(0, I),   ε_i ~ N(0, σ² I)
///     E:  M = WᵀW + σ² I,   z̄_i = M⁻¹ Wᵀ (x_i − μ)
///     M:  W ← C A⁻¹,  C = Σ (x_i − μ) z̄_iᵀ,  A = n σ² M⁻¹ + Σ z̄_i z̄_iᵀ;   σ² ← (T − tr(Wᵀ C)) / (n d)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x | values | n × d | `Lane.values` |
/// | μ | their means | d | `State.means` |
/// | T | Σ ‖x_i − μ‖² | | `State.total` |
/// | W | loadings | d × k | `State.loadings` |
/// | σ² | variance of the noise | | `State.noise` |
///
/// | Deviation | Paper | Reference code | distfit default | Why |
/// |---|---|---|---|---|
/// | solution | closed form, or EM | none published | EM | one small sum a step, no d × d matrix |
///
/// Source: M. E. Tipping, C. M. Bishop, Probabilistic principal component analysis, J. R. Stat. Soc. B 61:611–622,
/// 1999, doi:10.1111/1467-9868.00196, equations 26 and 27.
public struct ProbabilisticPCA: CheckableModel {
  /// The settings.
  public struct Configuration: ModelConfiguration {
    /// k.
    public var components = 2
    /// Relative change of the log-likelihood that ends the fit.
    public var tolerance = 1e-8
    /// The seed of the loadings at the start.
    public var seed = 0

    /// The defaults.
    public init() {}

    /// Flags, run-file members and help.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("components", \.components, in: 1...1000, "Components k."),
        .number(
          "tolerance", \.tolerance, in: 0...1,
          "Relative change of the log-likelihood that ends the fit."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of the loadings at the start."),
      ]
    }
  }

  /// Everything that is the same on every rank.
  public struct State: Codable, Sendable {
    var means: [Double] = []
    var total = 0.0
    var loadings: Matrix<Double>
    var noise = 1.0
    var logLikelihood: Double?
  }

  /// One lane.
  public struct Lane: LaneState {
    /// A lane keeps nothing between steps that the data do not say.
    public struct Saved: Codable, Sendable {}
    /// The rows of the lane.
    public let rows: Range<Int>
    /// Nothing.
    public var saved = Saved()
    let values: Matrix<Double>
  }

  /// As in `fit ppca`.
  public static let name = "ppca"
  /// What it is.
  public static let summary = "Probabilistic principal component analysis by the EM algorithm."

  /// The settings.
  public let configuration: Configuration
  private let (n, d): (Double, Int)

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` where there are not more columns than components.
  public init(_ configuration: Configuration, for data: DataSummary) throws(ModelError) {
    guard configuration.components < data.columnCount else {
      throw ModelError(
        "\(data.columnCount) columns have fewer than \(configuration.components) components (--components)"
      )
    }
    self.configuration = configuration
    (n, d) = (Double(data.rowCount), data.columnCount)
  }

  /// Real numbers.
  public static func values(_ configuration: Configuration) -> ValueKind { .reals }

  /// One lane.
  ///
  /// - Throws: `ModelError` for counts.
  public func lane(from rows: RowData) throws(ModelError) -> Lane {
    guard case .reals(let values) = rows.matrix else {
      throw ModelError("ppca is a model of real numbers")
    }
    return Lane(rows: rows.rows, values: values)
  }

  /// Random loadings.
  public func start() -> State {
    let k = configuration.components
    var stream = RandomSource(seed: UInt64(configuration.seed)).stream("PPCA loadings")
    return State(
      loadings: Matrix(
        rowCount: d, columnCount: k, elements: (0..<d * k).map { _ in stream.normal() }))
  }

  /// Finds the means, or takes one EM step.
  ///
  /// Collective: one sum.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout State, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    guard !shared.means.isEmpty else {
      (shared.means, shared.total) = try moments(of: lanes, with: everyone)
      return StepReport(stage: "means", progress: 0, rowsProcessed: Int(n), endsEpoch: false)
    }
    let moments = try PPCAMoments(shared, lanes, with: everyone)
    let value = logLikelihood(shared, moments)
    let change = shared.logLikelihood.map { abs(value - $0) / max(1, abs(value)) }
    shared.logLikelihood = value
    guard value.isFinite,
      let normal = try? Cholesky(moments.secondMoments(n, shared.noise))
    else {
      throw SumFault(block: "log-likelihood", kind: .notFinite, count: 1)
    }
    shared.loadings = matrixProduct(moments.cross, normal.inverse())
    shared.noise = (shared.total - shared.loadings.inner(moments.cross)) / (n * Double(d))
    return StepReport(
      stage: "EM", progress: 0, rowsProcessed: Int(n), endsEpoch: true,
      measures: [.init("logLikelihood", value), .init("noise", shared.noise)],
      termination: change.map { $0 < configuration.tolerance } == true ? .objectiveTolerance : nil)
  }

  func moments<Everyone: Team & ~Copyable>(
    of lanes: [Lane], with everyone: borrowing Everyone
  ) throws(SumFault) -> (means: [Double], total: Double) {
    var partials = PartialSums([.wide("columns", count: d), .wide("squares", count: 1)])
    for values in lanes.map(\.values) where values.rowCount > 0 {
      let ones = [Double](repeating: 1, count: values.rowCount)
      partials.add(values.product(ones, .transposed), to: 0)
      partials.add(values.inner(values), to: 1)
    }
    let sums = try everyone.sum(partials)
    let means = sums.values(of: 0).map { $0 / n }
    return (means, sums.value(of: 1) - n * means.reduce(0) { $0 + $1 * $1 })
  }

  /// −½ [n d log 2π + n (d − k) log σ² + n log|M| + (T − tr(Wᵀ C)) / σ²]
  func logLikelihood(_ shared: State, _ moments: PPCAMoments) -> Double {
    let fitted = (shared.total - shared.loadings.inner(moments.cross)) / shared.noise
    let free = Double(d - configuration.components)
    return -0.5
      * (n
        * (Double(d) * .log(2 * .pi) + free * .log(shared.noise)
          + moments.logDeterminant) + fitted)
  }

  /// z̄ of the rows.
  public func rowOutput(_ shared: State, _ lane: Lane) -> RowOutput {
    guard let posterior = PPCAMoments.posterior(shared) else { return RowOutput() }
    let scores = PPCAMoments.scores(lane.centred(shared.means), shared.loadings, posterior)
    return RowOutput(
      matrices: [
        NamedMatrix(
          "X_ppca", width: configuration.components, elements: scores.elements.map { Float($0) })
      ])
  }

  /// Loadings and what is needed to use the fit.
  public func sharedOutput(_ shared: State) -> SharedOutput {
    let k = configuration.components
    return SharedOutput(
      matrices: [
        NamedMatrix("ppca_loadings", width: k, elements: shared.loadings.elements.map { Float($0) })
      ],
      parameters: .group([
        "noise": .number(shared.noise), "means": .doubles(shared.means, shape: [d]),
        "loadings": .doubles(shared.loadings.elements, shape: [d, k]),
      ]))
  }
}

import LinearAlgebra
public import Modeling
import Probability
import RealModule
import Sums

extension ProbabilisticPCA {
  /// Logarithms of counts.
  public static var examples: [ModelExample] {
    [ModelExample(["tolerance": "1e-9"], on: .logarithms)]
  }

  /// Loadings up to an invertible map.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: PPCASimulator.self, [:], rows: ("rows", 50, 500), settings: [:],
      (truth: .parameter("loadings"), estimate: .columns("ppca_loadings")), limit: 0.05)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter("means", at: "means", "d"),
      ModelParameter("loadings", at: "loadings", "d × k"),
      ModelParameter("noise", at: "noise", "", .positive),
      .record("sum of squares", at: "total"), .record("log-likelihood", at: "logLikelihood"),
    ]
  }

  /// The derivative of the log-likelihood by the loadings, (C − W A) / σ², against central differences.
  ///
  /// Local.
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: Configuration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try ProbabilisticPCA(configuration, for: data)
    let lanes = [try model.lane(from: rows)]
    var state = model.start()
    (state.means, state.total) = try model.moments(of: lanes, with: Alone())
    let moments = try PPCAMoments(state, lanes, with: Alone())
    let gradient = matrixProduct(
      state.loadings, moments.secondMoments(Double(rows.rows.count), state.noise))
    return comparedDerivatives(
      of: [("loadings", state.loadings.elements)],
      gradients: [zip(moments.cross.elements, gradient.elements).map { ($0 - $1) / state.noise }]
    ) { point in
      var moved = state
      moved.loadings = Matrix(
        rowCount: state.loadings.rowCount, columnCount: state.loadings.columnCount,
        elements: point[0])
      guard let moments = try? PPCAMoments(moved, lanes, with: Alone()) else { return .nan }
      return model.logLikelihood(moved, moments)
    }
  }
}

/// Real numbers from the model itself: W, z and ε are standard normal, μ is 0.
public struct PPCASimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    var rows = 100
    /// The defaults.
    public init() {}
    /// How many rows.
    public static var settings: [Setting<Configuration>] {
      [.integer("rows", \.rows, in: 1...1_000_000, "Rows.")]
    }
  }

  private static let (d, k) = (12, 2)
  /// As in `simulate ppca`.
  public static let name = "ppca"
  /// What it makes.
  public static let summary = "Real numbers from two components and noise."
  /// Real numbers.
  public static let values = ValueKind.reals
  private let loadings: [Double]
  /// Rows in all.
  public let rowCount: Int

  /// A simulation.
  public init(_ configuration: Configuration) {
    var stream = RandomSource(seed: 0).stream("simulated loadings")
    loadings = (0..<Self.d * Self.k).map { _ in stream.normal() }
    rowCount = configuration.rows
  }

  /// Names.
  public var columns: Table { Table(names: (0..<Self.d).map { "gene\($0)" }) }
  /// W.
  public var truth: StoredTree {
    .group(["loadings": .doubles(loadings, shape: [Self.d, Self.k])])
  }

  /// Rows, each keyed by its number.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let reals = range.flatMap { row -> [Float] in
      var stream = RandomSource(seed: 0).stream("simulated row", index: row)
      let z = (0..<Self.k).map { _ in stream.normal() }
      return (0..<Self.d).map { column in
        Float(z.indices.reduce(stream.normal()) { $0 + z[$1] * loadings[column * Self.k + $1] })
      }
    }
    return SimulatedRows(
      table: Table(names: range.map { "row\($0)" }), reals: reals, matrices: [])
  }
}

import Foundation
public import Modeling
import Probability

/// Expression governed by known regulators, each acting on a few genes (Paper I, section 3.3):
///
///     x_ig = max(0, Σ_j a_gj w_gj z_ij + ε_ig)      a_gj ~ Bernoulli(c),  w_gj ~ U(0, 1) or U(−1, 1)
///     z_ij ~ Gamma(k, 1)                             ε_ig ~ N(0, σ²)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | a | which regulator acts on which gene; `varm/regulators` | `genes × regulators` |
/// | c | fraction of connections | `connectivity` |
/// | w | strengths; with a in `varm/true_weights` | |
/// | z | activity of the regulators in a sample; `obsm/X_true` | |
/// | k, σ | shape of the activities, noise | `shape`, `noise` |
///
/// A gene without a regulator is given one, so that every gene says something.
///
/// Source: Schuster and Krogh 2021, doi:10.3390/e23111403, equation 6. The paper gives neither the shape of the
/// gamma distribution nor the range of the weights; both are settings here.
public struct RegulatorySimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// How many samples, the rows.
    public var samples = 500
    /// How many genes, the columns.
    public var genes = 1000
    /// m, the number of regulators.
    public var regulators = 100
    /// c, the share of the pairs of regulator and gene that are connected.
    public var connectivity = 0.1
    /// σ, the standard deviation of the noise.
    public var noise = 0.0
    /// k, the shape of the activities' gamma distribution.
    public var shape = 1.0
    /// Whether regulators may repress.
    public var repression = false
    /// The seed of all random numbers.
    public var seed = 0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate regulatory`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("samples", \.samples, in: 1...10_000_000, "Samples (rows)."),
        .integer("genes", \.genes, in: 2...1_000_000, "Genes (columns)."),
        .integer("regulators", \.regulators, in: 1...10_000, "Regulators, m in the paper."),
        .number(
          "connectivity", \.connectivity, in: 0.0001...1,
          "Fraction of the pairs of gene and regulator that are connected."),
        .number("noise", \.noise, in: 0...100, "Standard deviation of the noise before the ReLU."),
        .number(
          "shape", \.shape, in: 0.01...1000, "Shape of the gamma distribution of activities."),
        .flag(
          "repression", \.repression,
          "Weights are uniform in −1…1 instead of 0…1: half of the regulators of a gene repress it."
        ),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }
  }

  /// `distfit simulate regulatory`.
  public static let name = "regulatory"
  /// What it makes.
  public static let summary =
    "Real-valued expression governed by known, sparsely connected regulators (Paper I of DGD)."
  /// The simulator makes real numbers.
  public static let values = ValueKind.reals

  private let configuration: Configuration
  private let random: RandomSource
  /// a w, genes × regulators, row-major.
  private let weights: [Double]
  private let connections: [Float]

  /// A simulation of these settings; no combination is refused.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    let random = RandomSource(seed: UInt64(configuration.seed))
    self.random = random
    let m = configuration.regulators
    var weights = [Double](repeating: 0, count: configuration.genes * m)
    var connections = [Float](repeating: 0, count: weights.count)
    for gene in 0..<configuration.genes {
      var stream = random.stream("regulated gene", index: gene)
      var acting = (0..<m).filter { _ in stream.uniform() < configuration.connectivity }
      if acting.isEmpty { acting = [Int(stream.integer(below: m))] }
      for j in acting {
        weights[gene * m + j] = stream.uniform(in: (configuration.repression ? -1 : 0)..<1)
        connections[gene * m + j] = 1
      }
    }
    self.weights = weights
    self.connections = connections
  }

  /// How many samples there are.
  public var rowCount: Int { configuration.samples }
  /// The genes by their names.
  public var columns: Table { Table(names: (0..<configuration.genes).map { "gene\($0)" }) }
  /// Which regulators act on which gene, and how strongly.
  public var columnMatrices: [NamedMatrix] {
    let m = configuration.regulators
    return [
      NamedMatrix("regulators", width: m, elements: connections),
      NamedMatrix("true_weights", width: m, elements: weights.map { Float($0) }),
    ]
  }
  /// The settings that the samples were made with.
  public var truth: StoredTree { .group(["settings": configuration.storedTree]) }

  /// Samples, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let (G, m) = (configuration.genes, configuration.regulators)
    var values: [Float] = []
    var activities: [Float] = []
    values.reserveCapacity(range.count * G)
    for row in range {
      var stream = random.stream("regulated sample", index: row)
      let z = (0..<m).map { _ in stream.gamma(shape: configuration.shape) }
      for g in 0..<G {
        var level = configuration.noise == 0 ? 0 : configuration.noise * stream.normal()
        for j in 0..<m { level += weights[g * m + j] * z[j] }
        values.append(Float(max(0, level)))
      }
      activities += z.map { Float($0) }
    }
    return SimulatedRows(
      table: Table(names: range.map { "sample\($0)" }), reals: values,
      matrices: [NamedMatrix("X_true", width: m, elements: activities)])
  }
}

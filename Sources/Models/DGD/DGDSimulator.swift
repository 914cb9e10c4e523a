import Foundation
public import Modeling
import Probability

/// Counts from a deep generative decoder of one layer with a softmax output:
///
///     k_i ~ Categorical(1/K)                     z_i = μ_{k_i} + ω ε_i,    μ_k ~ N(0, δ² I), ε_i ~ N(0, I)
///     p_ig = softmax_g(b_g + w_g · z_i)          b_g ~ N(0, 1.5²), w_g ~ N(0, I/L)
///     s_i = s̄ e^{0.3 ν_i}, ν_i ~ N(0, 1)         x_ig ~ NB(mean s_i p_ig, dispersion r_g), r_g = 1 + e^{1 + ν_g/2}
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | K, L | components, latent dimensions | `components`, `latent` |
/// | δ, ω | spread of the means, width of a component | `separation`, `width` |
/// | s̄ | median total, chosen for the wanted density | `medianTotal` |
/// | b, w, r | base level, loadings, dispersion of a gene | `base`, `loadings`, `dispersions` |
///
/// Every number is keyed by (seed, what it is, row or gene), so that rows can be made anywhere.
public struct DGDSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// How many cells, the rows.
    public var cells = 5000
    /// How many genes, the columns.
    public var genes = 2000
    /// K, the number of components.
    public var components = 8
    /// L, the dimension of the representations.
    public var latent = 5
    /// Fraction of counts that are not zero.
    public var density = 0.1
    /// δ, how far the components' means lie apart.
    public var separation = 2.0
    /// ω, the width of the components.
    public var width = 0.3
    /// The seed of all random numbers.
    public var seed = 0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate dgd`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("cells", \.cells, in: 1...100_000_000, "Cells (rows)."),
        .integer("genes", \.genes, in: 2...10_000_000, "Genes (columns)."),
        .integer("components", \.components, in: 1...10_000, "Components of the mixture."),
        .integer("latent", \.latent, in: 1...1000, "Latent dimensions."),
        .number(
          "density", \.density, in: 0.0001...0.95, "Fraction of the counts that are not zero."),
        .number(
          "separation", \.separation, in: 0...100,
          "Standard deviation of the components' means in each latent dimension."),
        .number("width", \.width, in: 0...100, "Standard deviation of cells around their mean."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }
  }

  /// `distfit simulate dgd`.
  public static let name = "dgd"
  /// What it makes.
  public static let summary =
    "Negative binomial counts of cells in a Gaussian mixture, decoded by one softmax layer."

  private let configuration: Configuration
  private let random: RandomSource
  private let means: [[Double]]
  private let base: [Double]
  private let loadings: [Double]
  private let dispersions: [Double]
  private let medianTotal: Double

  /// A simulation of these settings; no combination is refused.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    let random = RandomSource(seed: UInt64(configuration.seed))
    self.random = random
    means = (0..<configuration.components).map { component in
      var stream = random.stream("simulated mean", index: component)
      return (0..<configuration.latent).map { _ in stream.normal() * configuration.separation }
    }
    var base: [Double] = []
    var loadings: [Double] = []
    var dispersions: [Double] = []
    let scale = 1 / Double(configuration.latent).squareRoot()
    for gene in 0..<configuration.genes {
      var stream = random.stream("simulated gene", index: gene)
      base.append(1.5 * stream.normal())
      dispersions.append(1 + exp(1 + 0.5 * stream.normal()))
      for _ in 0..<configuration.latent { loadings.append(scale * stream.normal()) }
    }
    self.base = base
    self.loadings = loadings
    self.dispersions = dispersions
    medianTotal = Self.total(
      forDensity: configuration.density, base: base, dispersions: dispersions)
  }

  /// The total count at which a cell of the base profile has the wanted fraction of non-zeros: bisection of
  /// Σ_g [1 − (r_g / (r_g + s p_g))^{r_g}] = density · G, which grows with s.
  private static func total(
    forDensity density: Double, base: [Double], dispersions: [Double]
  ) -> Double {
    let weights = base.map(exp)
    let sum = weights.reduce(0, +)
    func expectedDensity(_ total: Double) -> Double {
      var nonZero = 0.0
      for gene in base.indices {
        let r = dispersions[gene]
        nonZero += -expm1(-r * log1p(total * weights[gene] / sum / r))
      }
      return nonZero / Double(base.count)
    }
    var (low, high) = (-10.0, 40.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if expectedDensity(exp(middle)) < density { low = middle } else { high = middle }
    }
    return exp(low)
  }

  /// How many cells there are.
  public var rowCount: Int { configuration.cells }

  /// Gene names, true base levels b and dispersions r.
  public var columns: Table {
    Table(
      names: (0..<configuration.genes).map { "gene\($0)" },
      columns: [
        NamedColumn("true_base", .numbers(base)),
        NamedColumn("true_dispersion", .numbers(dispersions)),
      ])
  }

  /// Means μ, loadings w, median total s̄, settings.
  public var truth: StoredTree {
    .group([
      "settings": configuration.storedTree,
      "means": .doubles(
        means.flatMap(\.self), shape: [configuration.components, configuration.latent]),
      "loadings": .doubles(loadings, shape: [configuration.genes, configuration.latent]),
      "median_total": .number(medianTotal),
    ])
  }

  /// Cells, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let (G, L) = (configuration.genes, configuration.latent)
    var codes: [Int32] = []
    var representations: [Float] = []
    var indices: [[Int32]] = []
    var counts: [[UInt32]] = []
    var weights = [Double](repeating: 0, count: G)
    for row in range {
      var stream = random.stream("simulated cell", index: row)
      let component = Int(stream.integer(below: configuration.components))
      let z = means[component].map { $0 + configuration.width * stream.normal() }
      let total = medianTotal * exp(0.3 * stream.normal())
      var sum = 0.0
      for g in 0..<G {
        var logit = base[g]
        for l in 0..<L { logit += loadings[g * L + l] * z[l] }
        weights[g] = exp(logit)
        sum += weights[g]
      }
      var rowIndices: [Int32] = []
      var rowCounts: [UInt32] = []
      for g in 0..<G {
        let count = negativeBinomial(
          mean: total * weights[g] / sum, dispersion: dispersions[g], uniform: stream.uniform())
        guard count > 0 else { continue }
        rowIndices.append(Int32(g))
        rowCounts.append(count)
      }
      codes.append(Int32(component))
      representations += z.map(Float.init)
      indices.append(rowIndices)
      counts.append(rowCounts)
    }
    let names = (0..<configuration.components).map { "component\($0)" }
    return SimulatedRows(
      table: Table(
        names: range.map { "cell\($0)" },
        columns: [
          NamedColumn("true_component", .categories(codes: codes, names: names, isOrdered: false))
        ]),
      columnIndices: indices, counts: counts,
      matrices: [NamedMatrix("X_true", width: L, elements: representations)])
  }

  /// The smallest k with P(X ≤ k) > u, by adding up
  /// P(0) = (r/(r+m))^r, P(k+1) = P(k) · (k+r)/(k+1) · m/(r+m).
  private func negativeBinomial(mean: Double, dispersion r: Double, uniform u: Double) -> UInt32 {
    var probability = exp(-r * log1p(mean / r))
    var cumulative = probability
    let ratio = mean / (r + mean)
    var k = 0.0
    while u >= cumulative, k < 1e6 {
      probability *= (k + r) / (k + 1) * ratio
      cumulative += probability
      k += 1
      if probability < 1e-18, k > mean { break }
    }
    return UInt32(k)
  }
}

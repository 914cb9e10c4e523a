import Foundation
public import Modeling
import Probability

/// Counts from a linear softmax decoder with batches, as LDVAE has it:
///
///     z_i ~ N(0, I)      a_ig = level_g + w_g · z_i + δ_{b_i g}      w ~ N(0, σ²/L), δ ~ N(0, τ²), level ~ N(0, 1.5²)
///     x_ig ~ NB(s_i softmax(a_i)_g, θ_g)      s_i = s̄ e^{0.3 ν_i}      θ_g = e^{1 + ν_g/2}
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | L, B | latents, batches | `latent`, `batches` |
/// | σ, τ | how much latents and batches do | `strength`, `shift` |
/// | s̄ | median total, chosen for the wanted density | `medianTotal` |
///
/// Every number is keyed by (seed, what it is, row or gene), so that rows can be made anywhere.
public struct AutoencoderSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// How many cells, the rows.
    public var cells = 5000
    /// How many genes, the columns.
    public var genes = 2000
    /// L, the number of latents.
    public var latent = 5
    /// B, the number of batches, cells taking turns.
    public var batches = 2
    /// σ, the standard deviation that the latents give a gene's logit.
    public var strength = 1.0
    /// τ, the standard deviation of a batch's shifts.
    public var shift = 0.5
    /// Fraction of counts that are not zero.
    public var density = 0.1
    /// The seed of all random numbers.
    public var seed = 0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate ldvae`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("cells", \.cells, in: 1...100_000_000, "Cells (rows)."),
        .integer("genes", \.genes, in: 2...10_000_000, "Genes (columns)."),
        .integer("latent", \.latent, in: 1...1000, "Latent factors."),
        .integer("batches", \.batches, in: 1...10_000, "Batches of cells."),
        .number(
          "strength", \.strength, in: 0...100,
          "Standard deviation that the factors give a gene's log share."),
        .number(
          "shift", \.shift, in: 0...100,
          "Standard deviation of what a batch adds to a gene's log share."),
        .number(
          "density", \.density, in: 0.0001...0.95, "Fraction of the counts that are not zero."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }
  }

  /// As in `distfit simulate ldvae`.
  public static let name = "ldvae"
  /// What it makes.
  public static let summary =
    "Negative binomial counts of cells from a few linear factors, with shifts of batches."

  private let configuration: Configuration
  private let random: RandomSource
  private var levels: [Double] = []
  private var loadings: [Double] = []
  private var shifts: [Double] = []
  private var dispersions: [Double] = []
  private var medianTotal = 1.0

  /// A simulation of these settings; no combination is refused.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    random = RandomSource(seed: UInt64(configuration.seed))
    let scale = configuration.strength / Double(configuration.latent).squareRoot()
    for gene in 0..<configuration.genes {
      var stream = random.stream("simulated factor gene", index: gene)
      levels.append(1.5 * stream.normal())
      dispersions.append(exp(1 + 0.5 * stream.normal()))
      for _ in 0..<configuration.latent { loadings.append(scale * stream.normal()) }
      for _ in 0..<configuration.batches {
        shifts.append(configuration.batches > 1 ? configuration.shift * stream.normal() : 0)
      }
    }
    medianTotal = total(forDensity: configuration.density)
  }

  /// The total at which a cell of the mean profile has the wanted fraction of non-zeros, by bisection.
  private func total(forDensity density: Double) -> Double {
    let weights = levels.map(exp)
    let sum = weights.reduce(0, +)
    var (low, high) = (-10.0, 40.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let nonZeros = levels.indices.reduce(0.0) { count, gene in
        let r = dispersions[gene]
        return count - expm1(-r * log1p(exp(middle) * weights[gene] / sum / r))
      }
      if nonZeros / Double(levels.count) < density { low = middle } else { high = middle }
    }
    return exp(low)
  }

  /// How many cells there are.
  public var rowCount: Int { configuration.cells }

  /// Gene names, true levels and dispersions.
  public var columns: Table {
    Table(
      names: (0..<configuration.genes).map { "gene\($0)" },
      columns: [
        NamedColumn("true_level", .numbers(levels)),
        NamedColumn("true_dispersion", .numbers(dispersions)),
      ])
  }

  /// The true loadings, genes × latent dimensions.
  public var columnMatrices: [NamedMatrix] {
    [
      NamedMatrix(
        "true_loadings", width: configuration.latent, elements: loadings.map { Float($0) })
    ]
  }

  /// Loadings, shifts of the batches, median total, settings.
  public var truth: StoredTree {
    .group([
      "settings": configuration.storedTree,
      "loadings": .doubles(loadings, shape: [configuration.genes, configuration.latent]),
      "shifts": .doubles(shifts, shape: [configuration.genes, configuration.batches]),
      "median_total": .number(medianTotal),
    ])
  }

  /// Cells, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let (L, B) = (configuration.latent, configuration.batches)
    var made = DrawnCounts()
    var latents: [Float] = []
    for row in range {
      var stream = random.stream("simulated factor cell", index: row)
      let z = (0..<L).map { _ in stream.normal() }
      let total = medianTotal * exp(0.3 * stream.normal())
      var weights = [Double](repeating: 0, count: configuration.genes)
      var sum = 0.0
      for g in weights.indices {
        var logit = levels[g] + shifts[g * B + row % B]
        for l in 0..<L { logit += loadings[g * L + l] * z[l] }
        weights[g] = exp(logit)
        sum += weights[g]
      }
      made.append(weights.map { total * $0 / sum }, dispersions, from: &stream)
      latents += z.map { Float($0) }
    }
    return SimulatedRows(
      table: Table(
        names: range.map { "cell\($0)" },
        columns: [
          NamedColumn(
            "batch",
            .categories(
              codes: range.map { Int32($0 % B) }, names: (0..<B).map { "batch\($0)" },
              isOrdered: false))
        ]),
      columnIndices: made.columns, counts: made.counts,
      matrices: [NamedMatrix("X_true", width: L, elements: latents)])
  }
}

/// Counts that are drawn, row after row.
struct DrawnCounts {
  /// For each row the genes with counts.
  private(set) var columns: [[Int32]] = []
  /// The counts of those genes, row by row.
  private(set) var counts: [[UInt32]] = []

  /// Draws a row from these means and dispersions; no dispersions: Poisson.
  mutating func append(
    _ means: [Double], _ dispersions: [Double], from stream: inout RandomStream
  ) {
    var genes: [Int32] = []
    var values: [UInt32] = []
    for (gene, mean) in means.enumerated() where mean > 0 {
      let count =
        dispersions.isEmpty
        ? stream.poisson(mean: min(mean, 1e9))
        : stream.negativeBinomial(mean: min(mean, 1e9), dispersion: dispersions[gene])
      guard count > 0 else { continue }
      genes.append(Int32(gene))
      values.append(UInt32(min(count, 1 << 30)))
    }
    columns.append(genes)
    counts.append(values)
  }
}

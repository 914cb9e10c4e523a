public import Modeling
import Probability
import RealModule

/// Counts of cells in groups with differently expressed genes, by Splatter's gamma–Poisson model:
///
///     λ_j ~ Gamma(0.6, 1/0.3), one in twenty an outlier: median λ × lognormal(4, 0.5)
///     δ_gj = 1, or for a gene that differs in group g lognormal(0.1, 0.4), half of them inverted
///     L_n ~ lognormal(ℓ, 0.2),   m_nj = L_n λ_j δ_gj / Σ_j λ_j δ_gj
///     B_nj = (0.1 + m_nj^−½) (60 / χ²₆₀)^½,   μ_nj ~ Gamma(B⁻², m B²),   y_nj ~ Poisson(μ_nj)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | δ | factors of differential expression, probability of one | `factors`, `differing` |
/// | ℓ | mean logarithm of the library sizes | `libraryLocation` |
/// | B | biological coefficient of variation | `counts(of:)` |
///
/// Constants are the defaults of Splatter 1.x. Defaults here: the paper's figure 3c.
///
/// Source: L. Zappia, B. Phipson, A. Oshlack, Splatter: simulation of single-cell RNA sequencing data, Genome
/// Biology 18:174, 2017, doi:10.1186/s13059-017-1305-0, section "The Splat simulation".
public struct SplatterSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// n, the number of cells.
    public var cells = 200
    /// q, the number of genes.
    public var genes = 100
    /// Groups of cells.
    public var groups = 10
    /// The probability that a gene differs in a group.
    public var differing = 0.1
    /// ℓ, the mean of the log library sizes.
    public var libraryLocation = 11.0
    /// The seed of all random numbers.
    public var seed = 0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate splatter`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("cells", \.cells, in: 1...100_000_000, "Cells (rows)."),
        .integer("genes", \.genes, in: 1...10_000_000, "Genes (columns)."),
        .integer("groups", \.groups, in: 1...10_000, "Groups of cells, of equal probability."),
        .number(
          "differing", \.differing, in: 0...1,
          "Probability that a gene is expressed differently in a group."),
        .number(
          "library-location", \.libraryLocation, in: 0...20,
          "Mean logarithm of the total count of a cell."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }
  }

  /// `distfit simulate splatter`.
  public static let name = "splatter"
  /// What it makes.
  public static let summary =
    "Overdispersed counts of cells in groups with differently expressed genes, as Splatter makes them."

  private let configuration: Configuration
  private let random: RandomSource
  private let design: SimulatedDesign
  private let base: [Double]
  /// Groups × genes.
  private let factors: [[Double]]

  /// A simulation of these settings; no combination is refused.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    let random = RandomSource(seed: UInt64(configuration.seed))
    self.random = random
    design = SimulatedDesign(.levels, count: configuration.groups, scale: 1, random: random)
    var means = random.stream("splatter means")
    var base = (0..<configuration.genes).map { _ in means.gamma(shape: 0.6, scale: 1 / 0.3) }
    let median = base.sorted()[base.count / 2]
    var outliers = random.stream("splatter outliers")
    for gene in base.indices where outliers.uniform() < 0.05 {
      base[gene] = median * .exp(4 + 0.5 * outliers.normal())
    }
    self.base = base
    factors = (0..<configuration.groups).map { group in
      var stream = random.stream("splatter differences", index: group)
      return base.indices.map { _ in
        guard stream.uniform() < configuration.differing else { return 1 }
        let factor = Double.exp(0.1 + 0.4 * stream.normal())
        return stream.uniform() < 0.5 ? 1 / factor : factor
      }
    }
  }

  /// n, the number of cells.
  public var rowCount: Int { configuration.cells }

  /// Gene names and true base means.
  public var columns: Table {
    Table(
      names: base.indices.map { "gene\($0)" },
      columns: [NamedColumn("true_base_mean", .numbers(base))])
  }

  /// Factors of differential expression, groups × genes.
  public var truth: StoredTree {
    .group([
      "settings": configuration.storedTree, "groups": .strings(design.names),
      "factors": .doubles(
        factors.flatMap(\.self), shape: [configuration.groups, configuration.genes]),
    ])
  }

  /// Cells, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let covariates = range.map { design.covariates(ofRow: $0) }
    var sizes: [Double] = []
    var columns: [[Int32]] = []
    var counts: [[UInt32]] = []
    for (row, x) in zip(range, covariates) {
      var stream = random.stream("splatter counts", index: row)
      let library = Double.exp(configuration.libraryLocation + 0.2 * stream.normal())
      let factors = factors[x.firstIndex(of: 1) ?? 0]
      let weights = zip(base, factors).map { $0 * $1 }
      let sum = max(weights.reduce(0, +), 1e-300)
      let means = weights.map { weight -> Double in
        let mean = max(library * weight / sum, 1e-12)
        let variation =
          (0.1 + 1 / mean.squareRoot()) * (60 / stream.chiSquare(degreesOfFreedom: 60)).squareRoot()
        return stream.gamma(
          shape: 1 / (variation * variation), scale: mean * variation * variation)
      }
      let made = poissonCounts(means, dropout: 0, &stream)
      sizes.append(library)
      columns.append(made.columns)
      counts.append(made.counts)
    }
    return design.rows(
      range, covariates: covariates, sizes: sizes, columnIndices: columns, counts: counts)
  }
}

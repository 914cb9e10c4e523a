import LinearAlgebra
public import Modeling
import Probability
import RealModule

/// Counts from non-negative Poisson reduced-rank regression with known parts:
///
///     y_nj ~ Poisson(s_n (X U V)_nj),   u_pr, v_rj ~ Gamma(a, 1),   s_n = d exp(ω ν_n), ν_n ~ N(0, 1)
///
/// Covariates are those of ``SimulatedDesign``, 0 or more. Defaults: the paper's comparison of methods
/// (X uniform in 0 … 3, a = 0.5), with 200 samples.
public struct NonnegativePRRRSimulator: Simulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// n.
    public var cells = 200
    /// q.
    public var genes = 20
    /// p.
    public var covariates = 20
    /// The distribution of the covariates.
    package var design = SimulatedDesign.Kind.uniform
    /// Their width or scale.
    public var covariateScale = 3.0
    /// k.
    public var rank = 3
    /// a.
    public var shape = 0.5
    /// d.
    public var depth = 1.0
    /// ω.
    public var depthDeviation = 0.0
    /// The probability that a count is lost.
    public var dropout = 0.0
    /// The seed.
    public var seed = 0

    /// The defaults.
    public init() {}

    /// Flags of `distfit simulate nn-prrr`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("cells", \.cells, in: 1...100_000_000, "Samples (rows)."),
        .integer("genes", \.genes, in: 1...10_000_000, "Genes (columns)."),
        .integer("covariates", \.covariates, in: 1...1_000_000, "Covariates p, or levels."),
        .choice(
          "design", \.design,
          "Covariates: numbers of 0 or more, copies of an allele, or the levels of one category."),
        .number(
          "covariate-scale", \.covariateScale, in: 1e-6...1e6,
          "The largest uniform covariate, standard deviation of normal ones before their sign is dropped."
        ),
        .integer("rank", \.rank, in: 1...1000, "Factors k."),
        .number("shape", \.shape, in: 1e-3...1e3, "Shape of the gamma distribution of U and V."),
        .number("depth", \.depth, in: 1e-9...1e9, "Typical size factor of a sample."),
        .number(
          "depth-deviation", \.depthDeviation, in: 0...10,
          "Standard deviation of the logarithm of the size factors."),
        .number(
          "dropout", \.dropout, in: 0...0.99, "Probability that a count is lost (becomes 0)."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }

    /// A rank that reduces nothing is refused.
    ///
    /// - Throws: `SettingError`.
    public func validate() throws(SettingError) {
      guard rank <= min(covariates, genes) else {
        throw SettingError("rank", "\(rank) is above the number of covariates or genes")
      }
    }
  }

  /// `distfit simulate nn-prrr`.
  public static let name = "nn-prrr"
  /// What it makes.
  public static let summary =
    "Poisson counts whose rates are sums of non-negative parts of covariates."

  private let configuration: Configuration
  private let random: RandomSource
  private let design: SimulatedDesign
  private let covariateLoadings: Matrix<Double>
  private let geneLoadings: Matrix<Double>

  /// A simulation of these settings.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    let random = RandomSource(seed: UInt64(configuration.seed))
    self.random = random
    design = SimulatedDesign(
      configuration.design, count: configuration.covariates, scale: configuration.covariateScale,
      isNonnegative: true, random: random)
    func loadings(_ purpose: RandomPurpose, _ count: Int) -> Matrix<Double> {
      let elements = (0..<count).flatMap { row in
        var stream = random.stream(purpose, index: row)
        return (0..<configuration.rank).map { _ in stream.gamma(shape: configuration.shape) }
      }
      return Matrix(rowCount: count, columnCount: configuration.rank, elements: elements)
    }
    covariateLoadings = loadings("simulated U", configuration.covariates)
    geneLoadings = loadings("simulated V", configuration.genes)
  }

  /// n.
  public var rowCount: Int { configuration.cells }

  /// Gene names.
  public var columns: Table { Table(names: (0..<configuration.genes).map { "gene\($0)" }) }

  /// U, V, names of the covariates, settings.
  public var truth: StoredTree {
    .group([
      "settings": configuration.storedTree, "covariates": .strings(design.names),
      "covariate_loadings": .doubles(
        covariateLoadings.elements, shape: [configuration.covariates, configuration.rank]),
      "gene_loadings": .doubles(
        geneLoadings.elements, shape: [configuration.genes, configuration.rank]),
    ])
  }

  /// Samples, each keyed by its row number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let k = configuration.rank
    let covariates = range.map { design.covariates(ofRow: $0) }
    var sizes: [Double] = []
    var columns: [[Int32]] = []
    var counts: [[UInt32]] = []
    for (row, x) in zip(range, covariates) {
      var stream = random.stream("simulated counts", index: row)
      let size = configuration.depth * .exp(configuration.depthDeviation * stream.normal())
      var score = Array(repeating: 0.0, count: k)
      for (covariate, value) in x.enumerated() where value != 0 {
        for factor in 0..<k { score[factor] += value * covariateLoadings[covariate, factor] }
      }
      let means = (0..<configuration.genes).map { gene in
        var rate = 0.0
        for factor in 0..<k { rate += score[factor] * geneLoadings[gene, factor] }
        return size * rate
      }
      let made = poissonCounts(means, dropout: configuration.dropout, &stream)
      sizes.append(size)
      columns.append(made.columns)
      counts.append(made.counts)
    }
    return design.rows(
      range, covariates: covariates, sizes: sizes, columnIndices: columns, counts: counts)
  }
}

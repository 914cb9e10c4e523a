import LinearAlgebra
package import Modeling
import Probability
import RealModule

/// What simulations of reduced-rank regressions have in common.
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | n, q, p, k | samples, genes, covariates, factors | `cells`, `genes`, `covariates`, `rank` |
/// | X | covariates, n × p | `design`, `covariateScale` |
/// | d, ω | typical size factor, spread of its logarithm | `depth`, `depthDeviation` |
package protocol SimulatedRegressionConfiguration: ModelConfiguration {
  /// n, the number of rows.
  var cells: Int { get set }
  /// q, the number of genes.
  var genes: Int { get set }
  /// p, the number of covariates.
  var covariates: Int { get set }
  /// The distribution of the covariates.
  var design: SimulatedDesign.Kind { get set }
  /// Their width, half width or standard deviation.
  var covariateScale: Double { get set }
  /// k, the number of factors.
  var rank: Int { get set }
  /// d, the typical size factor of a row.
  var depth: Double { get set }
  /// ω, the spread of the size factors' logarithms.
  var depthDeviation: Double { get set }
  /// The probability that a count is lost.
  var dropout: Double { get set }
  /// The seed of all random numbers.
  var seed: Int { get set }
}

extension SimulatedRegressionConfiguration {
  /// Sizes, covariates and factors.
  ///
  /// - Parameters:
  ///   - covariates: what the covariates are, for help.
  ///   - scale: what their scale is, for help.
  package static func designSettings(covariates: String, scale: String) -> [Setting<Self>] {
    [
      .integer("cells", \.cells, in: 1...100_000_000, "Samples (rows)."),
      .integer("genes", \.genes, in: 1...10_000_000, "Genes (columns)."),
      .integer("covariates", \.covariates, in: 1...1_000_000, "Covariates p, or levels."),
      .choice("design", \.design, covariates),
      .number("covariate-scale", \.covariateScale, in: 1e-6...1e6, scale),
      .integer("rank", \.rank, in: 1...1000, "Factors k."),
    ]
  }

  /// Depth, loss and the seed.
  package static var countSettings: [Setting<Self>] {
    [
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

/// Counts from a reduced-rank regression with known loadings:
///
///     y_nj ~ Poisson(s_n ρ(v0_j + x_n U v_j)),   s_n = d exp(ω ν_n), ν_n ~ N(0, 1)
///
/// Every number is keyed by (seed, what it is, row or gene), so that rows can be made anywhere.
struct SimulatedRegression: Sendable {
  let design: SimulatedDesign
  /// U, p × k.
  let covariateLoadings: Matrix<Double>
  /// V, genes × k.
  let geneLoadings: Matrix<Double>
  /// v₀, the intercept of every gene.
  let intercepts: [Double]
  private let settings: StoredTree
  private let (depth, depthDeviation, dropout): (Double, Double, Double)
  private let random: RandomSource

  /// A simulation.
  ///
  /// - Parameters:
  ///   - isNonnegative: whether covariates are 0 or more.
  ///   - loading: draws an element of U or V.
  ///   - intercept: draws one of v0.
  init(
    _ configuration: some SimulatedRegressionConfiguration, isNonnegative: Bool = false,
    loading: (inout RandomStream) -> Double, intercept: (inout RandomStream) -> Double = { _ in 0 }
  ) {
    let random = RandomSource(seed: UInt64(configuration.seed))
    func loadings(_ purpose: RandomPurpose, _ count: Int) -> Matrix<Double> {
      let elements = (0..<count).flatMap { row in
        var stream = random.stream(purpose, index: row)
        return (0..<configuration.rank).map { _ in loading(&stream) }
      }
      return Matrix(rowCount: count, columnCount: configuration.rank, elements: elements)
    }
    self.random = random
    design = SimulatedDesign(
      configuration.design, count: configuration.covariates, scale: configuration.covariateScale,
      isNonnegative: isNonnegative, random: random)
    covariateLoadings = loadings("simulated U", configuration.covariates)
    geneLoadings = loadings("simulated V", configuration.genes)
    var stream = random.stream("simulated intercepts")
    intercepts = (0..<configuration.genes).map { _ in intercept(&stream) }
    settings = configuration.storedTree
    (depth, depthDeviation, dropout) =
      (configuration.depth, configuration.depthDeviation, configuration.dropout)
  }

  /// U, V, names of the covariates, settings.
  var truth: StoredTree {
    func stored(_ matrix: Matrix<Double>) -> StoredTree {
      .doubles(matrix.elements, shape: [matrix.rowCount, matrix.columnCount])
    }
    return .group([
      "settings": settings, "covariates": .strings(design.names),
      "covariate_loadings": stored(covariateLoadings), "gene_loadings": stored(geneLoadings),
    ])
  }

  /// Samples, each keyed by its row number.
  ///
  /// Local.
  /// - Parameter rate: ρ.
  func rows(_ range: Range<Int>, rate: (Double) -> Double) -> SimulatedRows {
    let k = geneLoadings.columnCount
    let covariates = range.map { design.covariates(ofRow: $0) }
    var sizes: [Double] = []
    var columns: [[Int32]] = []
    var counts: [[UInt32]] = []
    for (row, x) in zip(range, covariates) {
      var stream = random.stream("simulated counts", index: row)
      let size = depth * .exp(depthDeviation * stream.normal())
      var score = Array(repeating: 0.0, count: k)
      for (covariate, value) in x.enumerated() where value != 0 {
        for factor in 0..<k { score[factor] += value * covariateLoadings[covariate, factor] }
      }
      let means = (0..<geneLoadings.rowCount).map { gene in
        var predictor = intercepts[gene]
        for factor in 0..<k { predictor += score[factor] * geneLoadings[gene, factor] }
        return size * rate(predictor)
      }
      let made = poissonCounts(means, dropout: dropout, &stream)
      sizes.append(size)
      columns.append(made.columns)
      counts.append(made.counts)
    }
    return design.rows(
      range, covariates: covariates, sizes: sizes, columnIndices: columns, counts: counts)
  }
}

import LinearAlgebra
package import Modeling
import Probability
import RealModule

/// What the settings of all simulations of reduced-rank regressions have in common.
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | n, q, p, k | samples, genes, covariates, factors | `cells`, `genes`, `covariates`, `rank` |
/// | X | covariates, n × p | `design`, `covariateScale` |
/// | d, ω | typical size factor, spread of its logarithm | `depth`, `depthDeviation` |
package struct SimulatedRegressionSettings: Sendable, Equatable {
  /// n, the number of rows.
  package var cells = 200
  /// q, the number of genes.
  package var genes = 20
  /// p, the number of covariates.
  package var covariates = 20
  /// The distribution of the covariates.
  package var design = SimulatedDesign.Kind.uniform
  /// Their width, half width or standard deviation.
  package var covariateScale: Double
  /// k, the number of factors.
  package var rank = 3
  /// d, the typical size factor of a row.
  package var depth = 1.0
  /// ω, the spread of the size factors' logarithms.
  package var depthDeviation = 0.0
  /// The probability that a count is lost.
  package var dropout = 0.0
  /// The seed of everything random.
  package var seed = 0
}

/// Settings of a simulation of reduced-rank regression: the common ones, and those of its loadings.
package protocol SimulatedRegressionConfiguration: ModelConfiguration {
  /// Sizes, covariates, factors, depth and seed.
  var common: SimulatedRegressionSettings { get set }
}

extension SimulatedRegressionConfiguration {
  /// Sizes, covariates and factors.
  ///
  /// - Parameters:
  ///   - covariates: what the covariates are, for help.
  ///   - scale: what their scale is, for help.
  package static func designSettings(covariates: String, scale: String) -> [Setting<Self>] {
    [
      .integer("cells", \.common.cells, in: 1...100_000_000, "Samples (rows)."),
      .integer("genes", \.common.genes, in: 1...10_000_000, "Genes (columns)."),
      .integer(
        "covariates", \.common.covariates, in: 1...1_000_000, "Covariates p, or levels."),
      .choice("design", \.common.design, covariates),
      .number("covariate-scale", \.common.covariateScale, in: 1e-6...1e6, scale),
      .integer("rank", \.common.rank, in: 1...1000, "Factors k."),
    ]
  }

  /// Depth, loss and the seed.
  package static var countSettings: [Setting<Self>] {
    [
      .number("depth", \.common.depth, in: 1e-9...1e9, "Typical size factor of a sample."),
      .number(
        "depth-deviation", \.common.depthDeviation, in: 0...10,
        "Standard deviation of the logarithm of the size factors."),
      .number(
        "dropout", \.common.dropout, in: 0...0.99, "Probability that a count is lost (becomes 0)."
      ),
      .integer("seed", \.common.seed, in: 0...Int.max, "Seed of everything random."),
    ]
  }

  /// A rank that reduces nothing is refused.
  ///
  /// - Throws: `SettingError`.
  public func validate() throws(SettingError) {
    guard common.rank <= min(common.covariates, common.genes) else {
      throw SettingError("rank", "\(common.rank) is above the number of covariates or genes")
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
  private let stored: StoredTree
  private let settings: SimulatedRegressionSettings
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
    let settings = configuration.common
    let random = RandomSource(seed: UInt64(settings.seed))
    func loadings(_ purpose: RandomPurpose, _ count: Int) -> Matrix<Double> {
      let elements = (0..<count).flatMap { row in
        var stream = random.stream(purpose, index: row)
        return (0..<settings.rank).map { _ in loading(&stream) }
      }
      return Matrix(rowCount: count, columnCount: settings.rank, elements: elements)
    }
    self.random = random
    design = SimulatedDesign(
      settings.design, count: settings.covariates, scale: settings.covariateScale,
      isNonnegative: isNonnegative, random: random)
    covariateLoadings = loadings("simulated U", settings.covariates)
    geneLoadings = loadings("simulated V", settings.genes)
    var stream = random.stream("simulated intercepts")
    intercepts = (0..<settings.genes).map { _ in intercept(&stream) }
    stored = configuration.storedTree
    self.settings = settings
  }

  /// n, the number of rows.
  var rowCount: Int { settings.cells }

  /// U, V, names of the covariates, settings.
  var truth: StoredTree {
    func tree(_ matrix: Matrix<Double>) -> StoredTree {
      .doubles(matrix.elements, shape: [matrix.rowCount, matrix.columnCount])
    }
    return .group([
      "settings": stored, "covariates": .strings(design.names),
      "covariate_loadings": tree(covariateLoadings), "gene_loadings": tree(geneLoadings),
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
      let size = settings.depth * .exp(settings.depthDeviation * stream.normal())
      var score = Array(repeating: 0.0, count: k)
      for (covariate, value) in x.enumerated() where value != 0 {
        for factor in 0..<k { score[factor] += value * covariateLoadings[covariate, factor] }
      }
      let means = (0..<geneLoadings.rowCount).map { gene in
        var predictor = intercepts[gene]
        for factor in 0..<k { predictor += score[factor] * geneLoadings[gene, factor] }
        return size * rate(predictor)
      }
      let made = poissonCounts(means, dropout: settings.dropout, &stream)
      sizes.append(size)
      columns.append(made.columns)
      counts.append(made.counts)
    }
    return design.rows(
      range, covariates: covariates, sizes: sizes, columnIndices: columns, counts: counts)
  }
}

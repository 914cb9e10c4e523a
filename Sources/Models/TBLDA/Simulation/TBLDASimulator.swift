import LinearAlgebra
public import Modeling
import Probability
import RealModule

/// Reads and genotypes of the TBLDA model, several samples to a donor:
///
///     ψ_k ~ Dirichlet(c w), w_g ∝ e^{ν_g}         φ_l ~ Dirichlet(σ)        x_l ~ Multinomial(C_l, Σ_k φ_lk ψ_k)
///     θ_i = mean of φ_l over donor i's samples     λ_jk ~ Beta(½, ½)         C_l = reads · e^{0.3 ν_l}
///     f_j ~ U(0.05, 0.5), β_jq ~ Beta(9 f_j, 9 (1 − f_j))                    τ_i ~ Dirichlet(0.3)
///     y_ji ~ Binomial(2, α (β τ)_ji + (1 − α) Σ_k λ_jk θ_ik)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | c | how even a topic is over genes | `geneConcentration` |
/// | σ | how even a sample is over topics | `topicConcentration` |
/// | J | ancestral populations q | `ancestries` |
///
/// Every number is keyed by (seed, what it is, sample, donor or variant), so that rows can be made anywhere.
public struct TBLDASimulator: GenotypeSimulator {
  /// Settings of the simulation.
  public struct Configuration: ModelConfiguration {
    /// I, the number of donors.
    public var donors = 200
    /// Samples of each donor.
    public var samplesPerDonor = 3
    /// G, the number of genes.
    public var genes = 500
    /// S, the number of variants.
    public var variants = 1000
    /// Chromosomes that genes and variants lie on.
    public var chromosomes = 22
    /// K, the number of topics.
    public var topics = 5
    /// J, the number of ancestral populations.
    public var ancestries = 2
    /// Reads of a typical sample.
    public var reads = 20_000
    /// α, the share of genotypes that ancestry explains.
    public var alpha = 0.3
    /// c, how even a topic is over genes.
    public var geneConcentration = 50.0
    /// σ, how even a sample is over topics.
    public var topicConcentration = 0.3
    /// Fraction of genotypes that are missing.
    public var missing = 0.0
    /// The seed of all random numbers.
    public var seed = 0

    /// Every setting at its default.
    public init() {}

    /// Flags of `distfit simulate tblda`.
    public static var settings: [Setting<Configuration>] {
      [
        .integer("donors", \.donors, in: 1...1_000_000, "Donors."),
        .integer(
          "samples-per-donor", \.samplesPerDonor, in: 1...100_000, "Samples of each donor."),
        .integer("genes", \.genes, in: 2...1_000_000, "Genes."),
        .integer("variants", \.variants, in: 1...100_000_000, "Variants."),
        .integer(
          "chromosomes", \.chromosomes, in: 1...1000,
          "Chromosomes that genes and variants are spread over."),
        .integer("topics", \.topics, in: 1...10_000, "Topics."),
        .integer("ancestries", \.ancestries, in: 1...1000, "Ancestral populations."),
        .integer("reads", \.reads, in: 1...1_000_000_000, "Reads of a typical sample."),
        .number("alpha", \.alpha, in: 0...1, "Weight of ancestry in the genotypes."),
        .number(
          "gene-concentration", \.geneConcentration, in: 1e-3...1e9,
          "Topics differ less in their genes the larger it is."),
        .number(
          "topic-concentration", \.topicConcentration, in: 1e-3...1e6,
          "Samples have more topics the larger it is."),
        .number("missing", \.missing, in: 0...0.99, "Fraction of genotypes that are missing."),
        .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
      ]
    }
  }

  /// `distfit simulate tblda`.
  public static let name = "tblda"
  /// What it makes.
  public static let summary =
    "Reads and genotypes that share topics; genotypes in PLINK files, ancestry in a table beside."

  let configuration: Configuration
  let random: RandomSource
  /// ψ, topics × genes.
  let topics: Matrix<Double>

  /// A simulation of these settings; no combination is refused.
  public init(_ configuration: Configuration) throws(ModelError) {
    self.configuration = configuration
    let random = RandomSource(seed: UInt64(configuration.seed))
    self.random = random
    let levels = (0..<configuration.genes).map { gene in
      var stream = random.stream("simulated TBLDA gene", index: gene)
      return Double.exp(1.5 * stream.normal())
    }
    let sum = levels.reduce(0, +)
    let concentrations = levels.map { max($0 / sum * configuration.geneConcentration, 1e-3) }
    topics = Matrix(
      rows: (0..<configuration.topics).map { topic in
        var stream = random.stream("simulated TBLDA topic", index: topic)
        return stream.dirichlet(concentrations)
      })
  }

  /// How many samples there are, of all donors.
  public var rowCount: Int { configuration.donors * configuration.samplesPerDonor }

  /// Gene names and where genes are.
  public var columns: Table {
    let places = (0..<configuration.genes).map { place($0, of: configuration.genes) }
    return Table(
      names: (0..<configuration.genes).map { "gene\($0)" },
      columns: [
        NamedColumn("chromosome", .strings(places.map(\.chromosome))),
        NamedColumn("start", .integers(places.map(\.position))),
      ])
  }

  /// Chromosomes one after the other with equal shares of the genes (variants), which are evenly spread over 10⁸ bases.
  func place(_ index: Int, of count: Int) -> (chromosome: String, position: Int64) {
    let chromosome = index * configuration.chromosomes / count
    let first = (chromosome * count + configuration.chromosomes - 1) / configuration.chromosomes
    let next =
      ((chromosome + 1) * count + configuration.chromosomes - 1) / configuration.chromosomes
    return ("\(chromosome + 1)", Int64((2 * (index - first) + 1) * 50_000_000 / (next - first)))
  }

  /// α, ψ, λ, settings.
  public var truth: StoredTree {
    let K = configuration.topics
    return .group([
      "settings": configuration.storedTree, "alpha": .number(configuration.alpha),
      "topics": .doubles(topics.elements, shape: [K, configuration.genes]),
      "alleles": .doubles(
        (0..<configuration.variants).flatMap { alleleFrequencies($0).topics },
        shape: [configuration.variants, K]),
    ])
  }

  /// φ of a sample.
  func sampleTopics(_ row: Int) -> [Double] {
    var stream = random.stream("simulated TBLDA sample topics", index: row)
    return stream.dirichlet(
      Array(repeating: configuration.topicConcentration, count: configuration.topics))
  }

  /// Samples, each keyed by its number.
  ///
  /// Local.
  public func rows(_ range: Range<Int>) -> SimulatedRows {
    let (K, G) = (configuration.topics, configuration.genes)
    var made: (columns: [[Int32]], counts: [[UInt32]], topics: [Float]) = ([], [], [])
    for row in range {
      let phi = sampleTopics(row)
      var stream = random.stream("simulated TBLDA reads", index: row)
      var remaining = Int((Double(configuration.reads) * .exp(0.3 * stream.normal())).rounded())
      var mass = 1.0
      var (columns, counts): ([Int32], [UInt32]) = ([], [])
      for gene in 0..<G where remaining > 0 {
        var share = 0.0
        for topic in 0..<K { share += phi[topic] * topics[topic, gene] }
        let probability = gene == G - 1 ? 1 : min(max(share / mass, 0), 1)
        let count = stream.binomial(trials: remaining, probability: probability)
        mass -= share
        remaining -= count
        if count > 0 {
          columns.append(Int32(gene))
          counts.append(UInt32(count))
        }
      }
      made.columns.append(columns)
      made.counts.append(counts)
      made.topics += phi.map { Float($0) }
    }
    return SimulatedRows(
      table: Table(
        names: range.map { "sample\($0)" },
        columns: [
          NamedColumn(
            "donor", .strings(range.map { "donor\($0 / configuration.samplesPerDonor)" }))
        ]),
      columnIndices: made.columns, counts: made.counts,
      matrices: [NamedMatrix("X_true", width: K, elements: made.topics)])
  }
}

public import Modeling
import Probability

/// Telescoping bimodal latent Dirichlet allocation (TBLDA): topics that reads and genotypes share, with any
/// number of samples to a donor.
///
///     ψ_k ~ Dirichlet(ξ)      φ_l ~ Dirichlet(σ)      x_l ~ Multinomial(C_l, Σ_k φ_lk ψ_k)
///     θ_i = mean of φ_l over the samples l of donor i
///     λ_jk ~ Beta(ζ, γ)       α ~ Uniform(δ, μ)       y_ji ~ Binomial(2, α (β τ)_ji + (1 − α) Σ_k λ_jk θ_ik)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x | reads, samples × genes | L × G | `TBLDALane.counts` |
/// | y | copies of the counted allele, 0, 1, 2 | S × I | `TBLDACohort.genotypes` |
/// | ψ ~ q = Dirichlet(ξ̂) | topics over genes | K × G | `TBLDAState.genes` holds ξ̂ |
/// | φ ~ q = Dirichlet(σ̂) | topics of a sample | L × K | `TBLDALane.Saved.samples` holds σ̂ |
/// | λ ~ q = Beta(ζ̂, γ̂) | allele frequency in a topic | S × K | `TBLDALane.Saved.alleles` holds ζ̂ and γ̂ |
/// | α | weight of ancestry alone | | `TBLDAState.alpha` |
/// | β, τ | ancestry, held fixed | S × J, J × I | `Ancestry` |
///
/// A lane holds a run of samples and, in proportion, a run of the variants: what crosses lanes are two
/// donors × topics sums, one topics × genes sum and a few numbers, whatever the number of variants.
///
/// Deviations from paper and reference code: ``TBLDAConfiguration``.
///
/// Source: A. D. H. Gewirtz, F. W. Townes, B. E. Engelhardt, Telescoping bimodal latent Dirichlet allocation
/// to identify expression QTLs across tissues, Life Science Alliance 5(10):e202101297, 2022,
/// doi:10.26508/lsa.202101297, equations 1–9.
public struct TBLDA: GenotypeModel {
  /// As in `distfit fit tblda`.
  public static let name = "tblda"
  /// What it is.
  public static let summary =
    "Telescoping bimodal latent Dirichlet allocation: topics shared by reads and genotypes."

  /// The settings of the fit.
  public let configuration: TBLDAConfiguration
  /// Samples, donors and genotypes that belong together.
  let cohort: TBLDACohort
  /// G, the number of genes.
  let geneCount: Int
  /// What each gene counts over all samples.
  let geneTotals: [Double]
  let random: RandomSource

  /// K, the number of topics.
  var topicCount: Int { configuration.topics }

  /// Stochastic steps after coordinate ascent.
  var refinementSteps: Int {
    let samples = cohort.uses.count { $0 == .fit }
    return configuration.refinementSteps(
      parameterCount: topicCount * (geneCount + samples + 2 * cohort.variants.count))
  }

  /// 64 lanes, or one for every four samples, unless set.
  public static func laneCount(_ configuration: TBLDAConfiguration, rowCount: Int) -> Int {
    min(configuration.lanes ?? min(64, max(1, rowCount / 4)), max(1, rowCount))
  }

  /// Samples and genotypes stay on disk where donors are taken in minibatches.
  public static func keepsDataOnDisk(_ configuration: TBLDAConfiguration) -> Bool {
    configuration.batch != nil
  }

  /// The setting `donor-key`.
  public static func donorKey(_ configuration: TBLDAConfiguration) -> String? {
    configuration.donorKey
  }

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` where genotypes or donors are missing or do not go together.
  public init(_ configuration: TBLDAConfiguration, for data: DataSummary) throws(ModelError) {
    self.configuration = configuration
    random = RandomSource(seed: UInt64(configuration.seed))
    cohort = try TBLDACohort(configuration, data, random)
    geneCount = data.columnCount
    geneTotals = data.columnTotals
  }

  /// A model of a cohort known before.
  init(
    _ configuration: TBLDAConfiguration, _ cohort: TBLDACohort, geneTotals: [Double]
  ) {
    self.configuration = configuration
    random = RandomSource(seed: UInt64(configuration.seed))
    self.cohort = cohort
    geneCount = geneTotals.count
    self.geneTotals = geneTotals
  }

  /// One lane: its samples, and a run of the variants in proportion.
  ///
  /// - Throws: `ModelError` for values that are no counts.
  public func lane(from rows: RowData) throws(ModelError) -> TBLDALane {
    guard case .counts(let counts) = rows.matrix else {
      throw ModelError("tblda is a model of counts")
    }
    return TBLDALane(rows: rows.rows, counts: .resident(counts), of: self)
  }

  /// One lane whose samples stay outside of memory and are read when an iteration goes over them.
  public func lane(rows: Range<Int>, from counts: StoredCounts) -> TBLDALane {
    TBLDALane(rows: rows, counts: .stored(counts), of: self)
  }

  /// The state before the first iteration.
  public func start() -> TBLDAState {
    TBLDAState(genes: startingGenes(restart: 0), alpha: startingAlpha)
  }
}

public import Fitting
public import Modeling

/// What is read for models of counts and genotypes, beside the counts.
public struct GenotypeOptions: ModelConfiguration {
  /// The donors' genotypes; nil: none.
  public var genotypes: String?
  var samples: String?
  var ancestry: String?
  var geneChromosome: String?
  var genePositions: String?
  var minimumMedian = 0
  var medianBy: String?
  var variantChromosome: String?
  var minimumFrequency = 0.0
  var maximumMissing = 1.0
  var prune: Double?
  var pruneWindow = 200
  var ignoreSex = false

  /// Options of a fit without genotypes.
  public init() {}

  /// `--genotypes` and what goes with it.
  public static var settings: [Setting<GenotypeOptions>] { variantSettings + geneSettings }

  private static var variantSettings: [Setting<GenotypeOptions>] {
    [
      .text(
        "genotypes", \.genotypes, "<file>",
        "The donors' genotypes: PLINK .bed, .vcf, .vcf.gz, .bcf, or a table of dosages."
      ).marked(.input),
      .text(
        "samples", \.samples, "<file>",
        "A table that names samples first; its columns, such as donor, are added to obs."
      ).marked(.input),
      .text(
        "ancestry", \.ancestry, "<file>",
        "The donors' ancestry, a table of distfit tblda ancestry; none: one population."
      ).marked(.input),
      .text(
        "variant-chromosome", \.variantChromosome, "<name>",
        "Only variants of this chromosome; none: all."),
      .number(
        "minimum-frequency", \.minimumFrequency, in: 0...0.5,
        "Variants whose rarer allele is rarer than this among the donors with samples are left out."
      ),
      .number(
        "maximum-missing", \.maximumMissing, in: 0...1,
        "Variants missing in more than this share of the donors are left out."),
      .optionalNumber(
        "prune", \.prune, in: 0...1,
        "Of two neighbouring variants whose r² exceeds this, leave one out, as plink --indep-pairwise does; the paper's is 0.2; none: keep all."
      ),
      .integer(
        "prune-window", \.pruneWindow, in: 1...1_000_000,
        "Kilobases within which variants are neighbours."),
      .flag(
        "ignore-sex", \.ignoreSex,
        "Go on where samples' reads (XIST, genes of Y) or a column sex contradict the sex in the .fam."
      ),
    ]
  }

  private static var geneSettings: [Setting<GenotypeOptions>] {
    [
      .text(
        "gene-chromosome", \.geneChromosome, "<name>", "Only genes of this chromosome; none: all."),
      .text(
        "gene-positions", \.genePositions, "<file>",
        "Where genes are: a GTF file, or a table with columns chromosome and start; none: the column chromosome of var."
      ).marked(.input),
      .integer(
        "minimum-median", \.minimumMedian, in: 0...Int(Int32.max),
        "Genes whose median count is below this in every group of samples are left out; the paper's is 5."
      ),
      .text(
        "median-by", \.medianBy, "<obs column>",
        "The groups of samples for --minimum-median, such as tissue; none: all samples together."),
    ]
  }

  /// Checks that options that need others have them.
  public func validate() throws(SettingError) {
    if medianBy != nil, minimumMedian == 0 {
      throw SettingError("median-by", "has no use without --minimum-median")
    }
    if genePositions != nil, geneChromosome == nil {
      throw SettingError("gene-positions", "has no use without --gene-chromosome")
    }
    guard genotypes == nil else { return }
    for (name, value) in [
      ("ancestry", ancestry), ("gene-chromosome", geneChromosome), ("samples", samples),
      ("variant-chromosome", variantChromosome), ("prune", prune.map { "\($0)" }),
      ("minimum-median", minimumMedian > 0 ? "\(minimumMedian)" : nil),
      ("minimum-frequency", minimumFrequency > 0 ? "\(minimumFrequency)" : nil),
      ("maximum-missing", maximumMissing < 1 ? "\(maximumMissing)" : nil),
      ("ignore-sex", ignoreSex ? "set" : nil),
    ] where value != nil {
      throw SettingError(name, "has no use without --genotypes")
    }
  }

  /// The input for a fit; nil without genotypes.
  public func input<Fitted: Model>(
    for configuration: Fitted.Configuration, of model: Fitted.Type
  ) -> GenotypeInput? {
    guard let model = model as? any GenotypeModel.Type else { return nil }
    return input(donorKey: Self.donorKey(configuration, model))
  }

  private static func donorKey<Fitted: GenotypeModel>(
    _ configuration: any ModelConfiguration, _ model: Fitted.Type
  ) -> String? {
    (configuration as? Fitted.Configuration).flatMap(model.donorKey)
  }

  private func input(donorKey: String?) -> GenotypeInput? {
    genotypes.map { file in
      GenotypeInput(
        GenotypeRequest(
          file: file, donorKey: donorKey, chromosome: variantChromosome,
          minimumFrequency: minimumFrequency, maximumMissing: maximumMissing,
          pruning: prune.map { LinkagePruning(window: 1000 * pruneWindow, limit: $0) }),
        ancestry: ancestry, samples: samples,
        genes: GeneChoice(
          chromosome: geneChromosome, positions: genePositions, minimumMedian: minimumMedian,
          medianBy: medianBy), ignoresSex: ignoreSex)
    }
  }
}

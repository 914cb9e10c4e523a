import Collectives
import Commands
import Fitting
import Modeling
import Models
import Storage

/// `distfit tblda enrich ranked.tsv --sets pathways.gmt --background genes.txt --output enriched.tsv`
struct EnrichCommand: LocalCommand {
  static let name = "enrich"
  static let summary =
    "Which sets of genes, or of regions, the top features of each topic are rich in."
  static let discussion = """
    Fisher's exact test, one-sided, of each topic's genes against sets of a GMT file, or of its variants \
    against regions of a BED file; false discovery rates by Benjamini and Hochberg over all tests. The \
    background is what could have been ranked: the genes of a fit or of a list, the variants of genotypes.
    """

  struct Options: ModelConfiguration {
    var ranked = ""
    var sets: String?
    var regions: String?
    var background: String?
    var genotypes: String?
    var smallest = 5
    var fdr = 0.1
    var output = WrittenFile()

    static var settings: [Setting<Options>] {
      [
        .word(
          "ranked", \.ranked, "<ranked.tsv>",
          "The features of each topic: a table with the columns topic, feature (gene, variant) and name, as distfit tblda rank writes it."
        ).marked([.operand, .required, .input]),
        .text("sets", \.sets, "<file>", "Sets of genes (.gmt).").marked(.input),
        .text(
          "regions", \.regions, "<file>",
          "Regions (.bed); names in column 4 are sets of their own."
        ).marked(.input),
        .text(
          "background", \.background, "<file>",
          "Genes that could have been ranked: a fit (.h5ad, .h5mu), or a list of names."
        ).marked(.input),
        .text(
          "genotypes", \.genotypes, "<file>",
          "Genotypes whose variants could have been ranked, with their positions."
        ).marked(.input),
        .integer(
          "smallest", \.smallest, in: 1...Int.max,
          "Sets with fewer features of the background are left out."),
        .discoveryRate(\.fdr, "The false discovery rate up to which tests are told; 1: all."),
      ]
        + settings(
          of: \.output, WrittenFile.settings("<file>", "The table to write (.tsv, .tsv.gz)."))
    }

    func validate() throws(SettingError) {
      if (sets == nil) == (regions == nil) {
        throw SettingError("sets", "give one of --sets (genes) and --regions (variants)")
      }
      if sets != nil, background == nil { throw SettingError("sets", "needs --background") }
      if regions != nil, genotypes == nil { throw SettingError("regions", "needs --genotypes") }
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let topics = try RankedFeatures(readingFrom: options.ranked)
    let ground = try Background(options)
    let names = topics.topics(of: ground.kind)
    guard !names.isEmpty else {
      throw StorageError(
        file: options.ranked, problem: "has no features of the kind \(ground.kind)")
    }
    let place = Dictionary(zip(ground.features, 0...), uniquingKeysWith: { first, _ in first })
    let lists = names.map {
      Set(topics.names(of: ground.kind, in: $0).compactMap { place[$0] })
    }
    guard lists.contains(where: { !$0.isEmpty }) else {
      throw StorageError(
        file: options.ranked,
        problem: "names no \(ground.kind) of the background (first there: \(ground.features[0]))")
    }
    let tests = SetEnrichment.test(
      lists: lists, sets: ground.sets.map(\.members), background: ground.features.count,
      smallest: options.smallest)
    let told = tests.filter { $0.rate <= options.fdr || options.fdr >= 1 }
    let writer = try TableWriter(
      options.output.path,
      header: ["topic", "set", "overlap", "chosen", "set_size", "odds_ratio", "p", "fdr"],
      overwrite: options.output.overwrite)
    for test in told {
      try writer.append([
        names[test.list], ground.sets[test.set].name, "\(test.overlap)", "\(test.chosen)",
        "\(test.setSize)", digits(test.oddsRatio), digits(test.pValue), digits(test.rate),
      ])
    }
    try writer.finish()
    console.log.note(
      "\(options.output.path): \(told.count) of \(tests.count) tests at a false discovery rate up to \(options.fdr)"
    )
    return .success
  }
}

/// The features that could have been ranked, and the sets within them.
private struct Background {
  struct FoundSet {
    let name: String
    let members: Set<Int>
  }

  let features: [String]
  let kind: RankedFeatures.Kind
  let sets: [FoundSet]

  init(_ options: EnrichCommand.Options) throws {
    if let sets = options.sets, let background = options.background {
      try self.init(genes: background, sets: sets)
    } else {
      try self.init(genotypes: options.genotypes ?? "", regions: options.regions ?? "")
    }
  }

  private init(genes background: String, sets path: String) throws {
    let isFit = [".h5ad", ".h5mu"].contains { background.lowercased().hasSuffix($0) }
    let genes = try isFit ? FittedFile(background).columns.names : FeatureSets.names(background)
    let place = Dictionary(zip(genes, 0...), uniquingKeysWith: { first, _ in first })
    features = genes
    kind = .gene
    sets = try FeatureSets.gmt(path).map { set in
      FoundSet(name: set.name, members: Set(set.genes.compactMap { place[$0] }))
    }
  }

  private init(genotypes path: String, regions: String) throws {
    let read = try GenotypeFile.read(path).genotypes
    guard let places = GenomicPlaces.places(of: read) else {
      throw StorageError(file: path, problem: "does not say where its variants are")
    }
    features = read.variants.names
    kind = .variant
    sets = try FeatureSets.bed(regions).map { set in
      let regions = GenomicRegions(set.regions)
      return FoundSet(
        name: set.name,
        members: Set(places.indices.filter { places[$0].map(regions.contains) ?? false }))
    }
  }
}

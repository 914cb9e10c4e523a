import ArgumentParser
import Collectives
import Fitting
import Modeling
import Models
import Storage

/// `distfit tblda enrich ranked.tsv --sets pathways.gmt --background genes.txt --output enriched.tsv`
struct EnrichCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrich",
    abstract: "Which sets of genes, or of regions, the top features of each topic are rich in.",
    discussion: """
      Fisher's exact test, one-sided, of each topic's genes against sets of a GMT file, or of its variants \
      against regions of a BED file; false discovery rates by Benjamini and Hochberg over all tests. The \
      background is what could have been ranked: the genes of a fit or of a list, the variants of genotypes.
      """)

  @Argument(
    help:
      "The features of each topic: a table with the columns topic, feature (gene, variant) and name, as distfit tblda rank writes it."
  )
  var ranked: String
  @Option(help: "Sets of genes (.gmt).") var sets: String?
  @Option(help: "Regions (.bed); names in column 4 are sets of their own.") var regions: String?
  @Option(help: "Genes that could have been ranked: a fit (.h5ad, .h5mu), or a list of names.")
  var background: String?
  @Option(help: "Genotypes whose variants could have been ranked, with their positions.")
  var genotypes: String?
  @Option(help: "Sets with fewer features of the background are left out.") var smallest = 5
  @Option(help: "The false discovery rate up to which tests are told; 1: all.") var fdr = 0.1
  @Option(help: "The table to write (.tsv, .tsv.gz).") var output: String
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if (sets == nil) == (regions == nil) {
      throw ValidationError("give one of --sets (genes) and --regions (variants)")
    }
    if sets != nil, background == nil { throw ValidationError("--sets needs --background") }
    if regions != nil, genotypes == nil { throw ValidationError("--regions needs --genotypes") }
    if !(fdr > 0 && fdr <= 1) { throw ValidationError("--fdr must lie above 0, up to 1") }
    if smallest < 1 { throw ValidationError("--smallest must be 1 or more") }
  }

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      try world.agree(on: "test sets") {
        guard world.isRoot else { return }
        let writer = try TableWriter(
          output,
          header: ["topic", "set", "overlap", "chosen", "set_size", "odds_ratio", "p", "fdr"],
          overwrite: common.overwrite)
        let pairs = try RankedPairs(ranked)
        let (features, kind, found) = try collected()
        let place = Dictionary(zip(features, 0...), uniquingKeysWith: { first, _ in first })
        let topics = pairs.topics(of: kind)
        guard !topics.isEmpty else {
          throw StorageError(file: ranked, problem: "has no features of the kind \(kind)")
        }
        let lists = topics.map { Set(pairs.names(of: kind, in: $0).compactMap { place[$0] }) }
        guard lists.contains(where: { !$0.isEmpty }) else {
          throw StorageError(
            file: ranked,
            problem: "names no \(kind) of the background (first there: \(features[0]))")
        }
        let tests = SetEnrichment.test(
          lists: lists, sets: found.map(\.members), background: features.count, smallest: smallest)
        let told = tests.filter { $0.rate <= fdr || fdr >= 1 }
        for test in told {
          try writer.append([
            topics[test.list], found[test.set].name, "\(test.overlap)", "\(test.chosen)",
            "\(test.setSize)", digits(test.oddsRatio), digits(test.pValue), digits(test.rate),
          ])
        }
        try writer.finish()
        log.note(
          "\(output): \(told.count) of \(tests.count) tests at a false discovery rate up to \(fdr)")
      }
      return .success
    }
  }

  private struct FoundSet {
    let name: String
    let members: Set<Int>
  }

  /// The background and the sets within it.
  private func collected() throws -> (features: [String], kind: String, sets: [FoundSet]) {
    if let sets, let background {
      let isFit = [".h5ad", ".h5mu"].contains { background.lowercased().hasSuffix($0) }
      let genes = try isFit ? FittedFile(background).columns.names : FeatureSets.names(background)
      let place = Dictionary(zip(genes, 0...), uniquingKeysWith: { first, _ in first })
      return (
        genes, "gene",
        try FeatureSets.gmt(sets).map { set in
          FoundSet(name: set.name, members: Set(set.genes.compactMap { place[$0] }))
        }
      )
    }
    let variants = try GenotypeFile.read(genotypes ?? "").genotypes
    guard let (codes, names) = variants.chromosomes, let positions = variants.positions else {
      throw StorageError(
        file: genotypes ?? "", problem: "does not say where its variants are")
    }
    let places = zip(codes, positions).map {
      GenomicPlaces.Place(chromosome: $0 < 0 ? "" : names[Int($0)], position: $1)
    }
    return (
      variants.variants.names, "variant",
      try FeatureSets.bed(regions ?? "").map { set in
        let regions = GenomicRegions(set.regions)
        return FoundSet(
          name: set.name, members: Set(places.indices.filter { regions.contains(places[$0]) }))
      }
    )
  }
}

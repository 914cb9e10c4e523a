import Collectives
import Commands
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit multidgd associate fit.h5mu --genes genes.gtf --output links.tsv`
struct PeakLinksCommand: LocalCommand {
  static let name = "associate"
  static let summary = "Links of genes with peaks near them, ranked, against random genes."
  static let discussion = """
    Every gene with peaks in its window is silenced (see perturb); a peak's change is compared with what \
    silencing random genes of other chromosomes changes it. p = (1 + random genes that change it as much) / \
    (1 + random genes). Peaks are named chromosome-start-end.
    """

  struct Options: ModelConfiguration {
    var fit = ""
    var output = WrittenFile()
    var genes = ""
    var peaks: String?
    var window = 100
    var random = 200
    var seed = 0
    var place = PerturbedPlace()
    var threads: Int?

    static var settings: [Setting<Options>] {
      let output = WrittenFile.settings(
        "<links.tsv>",
        "The table to write: gene, peak, distance, change, p and false discovery rate.")
      return [.fit(\.fit)] + settings(of: \.output, output) + [
        .word("genes", \.genes, "<genes.gtf>", "Where genes are: GTF, or a table.")
          .marked([.required, .input]),
        .text("peaks", \.peaks, "<name>", "The modality of the peaks; none: the fit's second."),
        .integer(
          "window", \.window, in: 0...1_000_000,
          "Kilobases between the start of a gene and a peak."),
        .integer(
          "random", \.random, in: 1...1_000_000, "Random genes that a change is compared with."),
        .seed(\.seed),
      ] + settings(of: \.place) + [.threads(\.threads)]
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let fit = try PerturbedFit(options.fit, options.place.request)
    let other = try peaks(of: fit, options)
    let positions = try GenePositions(options.genes)
    let rows = positions.rows(of: Table(names: fit.modalities[fit.head].columns))
    let links = PeakLinks(
      genes: rows.map { $0.flatMap { place(of: $0, in: positions.table) } },
      peaks: fit.modalities[other].columns.map(PeakLinks.Place.init(peak:)),
      window: 1000 * options.window, randomCount: options.random, seed: options.seed)
    guard links.peaks.contains(where: { $0 != nil }) else {
      throw ModelError(
        "\(options.fit): features of \(fit.modalities[other].name) are not named chromosome-start-end (first: \(fit.modalities[other].columns.first ?? ""))"
      )
    }
    let workers = Workers(threadCount: options.threads ?? 1)
    let ranked = links.ranked(on: workers) { fit.meanChange(ofGene: $0)[other] }
    let writer = try TableWriter(
      options.output.path, header: ["gene", "peak", "distance", "change", "p", "fdr"],
      overwrite: options.output.overwrite)
    for link in ranked {
      try writer.append([
        fit.modalities[fit.head].columns[link.gene], fit.modalities[other].columns[link.peak],
        String(link.distance), shortText(link.change), shortText(link.pValue), shortText(link.rate),
      ])
    }
    try writer.finish()
    console.log.note(
      "\(options.output.path): \(ranked.count) pairs within \(options.window) kb, \(ranked.count { $0.rate < 0.05 }) at a false discovery rate of 5 %"
    )
    return .success
  }

  /// The modality of the peaks.
  private static func peaks(of fit: PerturbedFit, _ options: Options) throws(ModelError) -> Int {
    let names = fit.modalities.map(\.name)
    let chosen =
      options.peaks.map { names.firstIndex(of: $0) } ?? names.indices.first { $0 != fit.head }
    guard let chosen else {
      throw ModelError(
        "--peaks: the fit has no such modality beside \(names[fit.head]) (it has \(names.joined(separator: ", ")))"
      )
    }
    return chosen
  }

  /// Where a gene's transcription starts.
  private static func place(of row: Int, in table: Table) -> PeakLinks.Place? {
    guard case .strings(let chromosomes)? = table["chromosome"],
      case .integers(let positions)? = table["position"],
      let chromosome = chromosomes[row], let position = positions[row]
    else { return nil }
    return PeakLinks.Place(
      chromosome: chromosome, start: Int(position), end: Int(position))
  }
}

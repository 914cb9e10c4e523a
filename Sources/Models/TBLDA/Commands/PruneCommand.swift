import Collectives
import Commands
import Fitting
import Modeling
import Storage

/// `distfit tblda prune donors.bed --output kept.txt`
struct PruneCommand: LocalCommand {
  static let name = "prune"
  static let summary =
    "Choose variants that their neighbours do not tell, as plink --indep-pairwise does."
  static let discussion = """
    Of two variants within the window whose genotypes correlate with r² above the limit, the one with the \
    rarer minor allele goes. Writes the names of those that stay, a line each, for plink --extract.
    """

  struct Options: ModelConfiguration {
    var genotypes = ""
    var output = WrittenFile()
    var window = 200
    var r2 = 0.2
    var chromosome: String?
    var minimumFrequency = 0.0

    static var settings: [Setting<Options>] {
      [.genotypes(\.genotypes)] + settings(of: \.output) + [
        .integer(
          "window", \.window, in: 1...1_000_000,
          "Kilobases between the first and the last variant of a window."),
        .number("r2", \.r2, in: 0...1, "The limit of r²."),
        .text("chromosome", \.chromosome, "<name>", "Variants of this chromosome only; none: all."),
        .number(
          "minimum-frequency", \.minimumFrequency, in: 0...0.5,
          "The least frequency of the rarer allele."),
      ]
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let (all, notes) = try GenotypeFile.read(options.genotypes, chromosome: options.chromosome)
    for note in notes { console.log.warning(note) }
    let usable = all.selecting(
      variants: all.variants(minimumFrequency: options.minimumFrequency, maximumMissing: 1))
    let pruning = LinkagePruning(window: 1000 * options.window, limit: options.r2)
    guard let kept = pruning.kept(usable) else {
      throw ModelError(
        "\(options.genotypes): does not say where its variants are: columns chromosome and position are missing"
      )
    }
    let writer = try TableWriter(
      options.output.path, header: ["variant"], overwrite: options.output.overwrite)
    for variant in kept { try writer.append([usable.variants.names[variant]]) }
    try writer.finish()
    console.log.note("\(options.output.path): \(kept.count) of \(all.variantCount) variants stay")
    return .success
  }
}

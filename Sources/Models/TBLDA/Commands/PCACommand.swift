import Collectives
import Commands
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit tblda pca donors.bed --components 5 --output components.tsv`
struct PCACommand: LocalCommand {
  static let name = "pca"
  static let summary =
    "Principal components of donors' genotypes, for distfit tblda eqtl --covariates."
  static let discussion = """
    Each variant is centred and divided by what its frequency lets it vary; missing genotypes count as the \
    variant's mean. Writes a line for every donor. Prune the variants first (distfit tblda prune, --variants): long \
    runs of neighbours otherwise have components of their own.
    """

  struct Options: ModelConfiguration {
    var genotypes = ""
    var components = 5
    var minimumFrequency = 0.05
    var variants: String?
    var output = WrittenFile()

    static var settings: [Setting<Options>] {
      [
        .genotypes(\.genotypes),
        .integer("components", \.components, in: 1...1000, "Components."),
        .number(
          "minimum-frequency", \.minimumFrequency, in: 0...0.5,
          "The least frequency of the rarer allele."),
        .text(
          "variants", \.variants, "<file>",
          "Names of variants to take, a line each after a header, as distfit tblda prune writes them; none: all."
        ).marked(.input),
      ] + settings(of: \.output, WrittenFile.settings("<file>", "The table to write."))
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let (read, notes) = try GenotypeFile.read(options.genotypes)
    for note in notes { console.log.warning(note) }
    var usable = read.variants(minimumFrequency: options.minimumFrequency, maximumMissing: 0.5)
    if let path = options.variants {
      let names = Set(try TableFile.read(path).names)
      usable = usable.filter { names.contains(read.variants.names[$0]) }
    }
    guard options.components < read.donorCount, options.components <= usable.count else {
      throw ModelError(
        "\(options.genotypes): \(read.donorCount) donors and \(usable.count) variants are too few for \(options.components) components"
      )
    }
    let factors = try PrincipalFactors(
      dosages: read.selecting(variants: usable).filledDosages, count: options.components)
    let writer = try TableWriter(
      options.output.path, header: ["donor"] + (1...options.components).map { "PC\($0)" },
      overwrite: options.output.overwrite)
    for (donor, name) in read.donors.enumerated() {
      try writer.append([name] + factors.components.row(donor).map { digits($0) })
    }
    try writer.finish()
    console.log.note(
      "\(options.output.path): \(read.donorCount) donors, \(usable.count) variants; the components explain \(factors.shares.map { shortText(100 * $0) }.joined(separator: ", ")) %"
    )
    return .success
  }
}

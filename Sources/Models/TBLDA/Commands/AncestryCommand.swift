import Collectives
import Commands
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit tblda ancestry donors.bed --ancestries 5 --output ancestry.tsv`
struct AncestryCommand: LocalCommand {
  static let name = "ancestry"
  static let summary = "Ancestral populations of the donors, for distfit fit tblda --ancestry."
  static let discussion = """
    Fits the structure model to all genotypes by coordinate ascent. Writes a table with the share of every \
    population in every donor and the allele's frequency in every population at every variant. Populations are \
    found in donors who are no relatives; relatives get their shares afterwards.
    """

  struct Options: ModelConfiguration {
    var genotypes = ""
    var ancestries = 5
    var output = WrittenFile()
    var restarts = 3
    var iterations = 1000
    var tolerance = 1e-6
    var seed = 0
    var threads: Int?

    static var settings: [Setting<Options>] {
      [
        .genotypes(\.genotypes),
        .integer("ancestries", \.ancestries, in: 1...10_000, "Ancestral populations."),
      ] + settings(of: \.output, WrittenFile.settings("<file>", "The table to write.")) + [
        .integer(
          "restarts", \.restarts, in: 1...10_000,
          "Starts, from clusters and at random; the likeliest is kept."),
        .integer(
          "iterations", \.iterations, in: 1...1_000_000, "Iterations of a start at most."),
        .number(
          "tolerance", \.tolerance, in: 0...Double.infinity,
          "Relative gain of the bound over ten iterations that ends a start."),
        .seed(\.seed), .threads(\.threads),
      ]
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let log = console.log
    let (read, notes) = try GenotypeFile.read(options.genotypes)
    for note in notes { log.warning(note) }
    try requireObserved(read, options.genotypes)
    let outcome = AncestryInference(
      populationCount: options.ancestries, restartCount: options.restarts,
      iterationLimit: options.iterations, tolerance: options.tolerance, seed: options.seed
    ).fit(read, on: .local(options.threads))
    for (index, bound) in outcome.bounds.enumerated() {
      log.detail(
        "start \(index + 1): bound \(bound), log-likelihood \(outcome.logLikelihoods[index])")
    }
    if outcome.relativeCount > 0 {
      log.note(
        "\(outcome.relativeCount) of \(read.donorCount) donors are relatives of others: their shares come after the populations"
      )
    }
    try AncestryFile.write(
      outcome.ancestry, to: options.output.path, overwrite: options.output.overwrite)
    log.note(
      "\(options.output.path): \(options.ancestries) populations of \(read.donorCount) donors and \(read.variantCount) variants, \(outcome.iterationCount) iterations"
    )
    return .success
  }

  /// - Throws: `ModelError` where genotypes, or those of a donor, are all missing: nothing tells their shares.
  private static func requireObserved(_ read: Genotypes, _ file: String) throws(ModelError) {
    let empty = read.donors.indices.filter { donor in
      (0..<read.variantCount).allSatisfy { read[donor, $0] == Genotypes.missing }
    }
    guard let first = empty.first else { return }
    throw ModelError(
      empty.count == read.donorCount
        ? "\(file): all genotypes are missing: there is nothing to tell ancestry by"
        : "\(file): all genotypes of \(empty.count) of \(read.donorCount) donors are missing (first: \(read.donors[first])); leave them out"
    )
  }
}

extension Setting {
  /// A file of genotypes to read, which the command needs.
  static func genotypes(_ path: SettingPath<Configuration, String>) -> Setting {
    .word(
      "genotypes", path, "<donors.bed>", "Genotypes: PLINK .bed, VCF, BCF, or a table of dosages."
    ).marked([.operand, .required, .input])
  }
}

import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Modeling
import Models
import Storage

/// `distfit tblda ancestry donors.bed --ancestries 5 --output ancestry.tsv`
struct AncestryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ancestry",
    abstract: "Ancestral populations of the donors, for distfit fit tblda --ancestry.",
    discussion: """
      Fits the structure model to all genotypes by coordinate ascent. Writes a table with the share of every \
      population in every donor and the allele's frequency in every population at every variant. Populations are \
      found in donors who are no relatives; relatives get their shares afterwards.
      """)

  @Argument(help: "Genotypes: PLINK .bed, VCF, BCF, or a table of dosages.") var genotypes: String
  @Option(help: "Ancestral populations.") var ancestries = 5
  @Option(help: "The table to write.") var output: String
  @Option(help: "Starts, from clusters and at random; the likeliest is kept.") var restarts = 3
  @Option(help: "Iterations of a start at most.") var iterations = 1000
  @Option(help: "Relative gain of the bound over ten iterations that ends a start.")
  var tolerance = 1e-6
  @Option(help: "Seed of everything random.") var seed = 0
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try common.validate()
    for (name, value) in [
      ("ancestries", ancestries), ("restarts", restarts), ("iterations", iterations),
    ] where value < 1 {
      throw ValidationError("--\(name) must be 1 or more")
    }
    if seed < 0 { throw ValidationError("--seed must be 0 or more") }
    if !(tolerance >= 0) { throw ValidationError("--tolerance must be 0 or more") }
  }

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      let workers = Workers(threadCount: common.threads ?? world.defaultThreadCount())
      try world.agree(on: "find the ancestry of \(genotypes)") {
        guard world.isRoot else { return }
        try AncestryFile.requireWritable(output, overwrite: common.overwrite)
        let (read, notes) = try GenotypeFile.read(genotypes)
        for note in notes { log.warning(note) }
        let outcome = AncestryInference(
          populationCount: ancestries, restartCount: restarts, iterationLimit: iterations,
          tolerance: tolerance, seed: seed
        ).fit(read, on: workers)
        for (index, bound) in outcome.bounds.enumerated() {
          log.detail(
            "start \(index + 1): bound \(bound), log-likelihood \(outcome.logLikelihoods[index])")
        }
        if outcome.relativeCount > 0 {
          log.note(
            "\(outcome.relativeCount) of \(read.donorCount) donors are relatives of others: their shares come after the populations"
          )
        }
        try AncestryFile.write(outcome.ancestry, to: output, overwrite: common.overwrite)
        log.note(
          "\(output): \(ancestries) populations of \(read.donorCount) donors and \(read.variantCount) variants, \(outcome.iterationCount) iterations"
        )
      }
      return .success
    }
  }
}

import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Metrics
import Modeling
import Models
import Probability
import Storage

/// `distfit tblda permute [fit] … --output permuted.tsv`
struct PermuteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permute",
    abstract: "The tests of eqtl with donors' genotypes dealt out anew: the null.",
    discussion: """
      Writes for each permutation how many pairs were discovered and the smallest p value, the real data first \
      (permutation 0). --genes writes for each gene the chance of its strongest correlation.
      """)

  @Argument(help: "A fit of tblda: the samples it held out are tested; without one, all samples.")
  var fit: String?
  @Option(help: "The table to write (.tsv, .tsv.gz).") var output: String
  @Option(help: "A table for the p values of genes.") var genes: String?
  @Option(help: "How many permutations.") var permutations = 10
  @Option(help: "Seed of the permutations.") var seed = 0
  @OptionGroup var options: AssociationOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if permutations < 1 { throw ValidationError("--permutations must be 1 or more") }
    if seed < 0 { throw ValidationError("--seed must be 0 or more") }
  }

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      let threads = common.threads ?? world.defaultThreadCount()
      try world.agree(on: "permute the donors") {
        guard world.isRoot else { return }
        let writer = try TableWriter(
          output, header: ["permutation", "tests", "discoveries", "smallest_p"],
          overwrite: common.overwrite)
        let geneWriter = try genes.map {
          try TableWriter($0, header: ["gene", "strongest_r", "p"], overwrite: common.overwrite)
        }
        let input = try AssociationInput(options, fit: fit)
        for note in input.notes { log.warning(note) }
        log.note(input.summary)
        let workers = Workers(threadCount: threads)
        let observed = input.mapping.run(rate: options.fdr, on: workers)
        let null = try PermutationNull(
          input.mapping, observed: observed, dosages: input.dosages, donors: input.donors,
          permutations: (permutations, RandomSource(seed: UInt64(seed))), on: workers)
        let tests = "\(observed.testCounts.reduce(0, +))"
        let smallest = observed.strongest.filter { !$0.isNaN }.max().map {
          probabilityText(log: input.mapping.association.logPValue(correlation: $0))
        }
        try writer.append(["0", tests, "\(observed.discoveries.count)", smallest ?? "nan"])
        for (index, round) in null.rounds.enumerated() {
          try writer.append([
            "\(index + 1)", tests, "\(round.discoveryCount)",
            probabilityText(log: round.smallestLogP),
          ])
        }
        try writer.finish()
        for (gene, p) in null.genePValues.enumerated() {
          try geneWriter?.append([
            input.genes.names[gene], digits(observed.strongest[gene]), digits(p),
          ])
        }
        try geneWriter?.finish()
        let mean =
          Double(null.rounds.reduce(0) { $0 + $1.discoveryCount }) / Double(permutations)
        log.note(
          "\(output): \(observed.discoveries.count) discoveries in the data, \(shortText(mean)) on average in \(permutations) permutations"
        )
      }
      return .success
    }
  }
}

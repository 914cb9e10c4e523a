import Collectives
import Commands
import Fitting
import LinearAlgebra
import Metrics
import Modeling
import Models
import Probability
import Storage

/// `distfit tblda permute [fit] … --output permuted.tsv`
struct PermuteCommand: LocalCommand {
  static let name = "permute"
  static let summary = "The tests of eqtl with donors' genotypes dealt out anew: the null."
  static let discussion = """
    Writes for each permutation how many pairs were discovered and the smallest p value, the real data first \
    (permutation 0). --genes writes for each gene the chance of its strongest correlation.
    """

  struct Options: ModelConfiguration {
    var output = WrittenFile()
    var genes: String?
    var permutations = 10
    var seed = 0
    var tests = AssociationOptions()

    static var settings: [Setting<Options>] {
      settings(of: \.output, WrittenFile.settings("<file>", "The table to write (.tsv, .tsv.gz)."))
        + [
          .text("genes", \.genes, "<file>", "A table for the p values of genes.").marked(.output),
          .integer("permutations", \.permutations, in: 1...1_000_000, "How many permutations."),
          .seed(\.seed),
        ] + settings(of: \.tests)
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let input = try AssociationInput(options.tests)
    input.announce(to: console.log)
    let (rate, workers) = (options.tests.fdr, Workers.local(options.tests.threads))
    let observed = input.mapping.run(rate: rate, on: workers)
    let null = try PermutationNull(
      input.mapping, observed: observed, dosages: input.dosages, donors: input.donors,
      count: options.permutations, rate: rate, random: RandomSource(seed: UInt64(options.seed)),
      on: workers)
    try write(null, observed, input, options.output)
    if let path = options.genes {
      let writer = try TableWriter(
        path, header: ["gene", "strongest_r", "p"], overwrite: options.output.overwrite)
      for (gene, p) in null.genePValues.enumerated() {
        try writer.append([
          input.genes.names[gene], digits(observed.strongest[gene]), digits(p),
        ])
      }
      try writer.finish()
    }
    let mean =
      Double(null.rounds.reduce(0) { $0 + $1.discoveryCount }) / Double(options.permutations)
    console.log.note(
      "\(options.output.path): \(observed.discoveries.count) discoveries in the data, \(shortText(mean)) on average in \(options.permutations) permutations"
    )
    return .success
  }

  private static func write(
    _ null: PermutationNull, _ observed: EQTLMapping.Result, _ input: AssociationInput,
    _ output: WrittenFile
  ) throws {
    let writer = try TableWriter(
      output.path, header: ["permutation", "tests", "discoveries", "smallest_p"],
      overwrite: output.overwrite)
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
  }
}

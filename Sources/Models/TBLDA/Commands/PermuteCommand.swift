import Collectives
import Commands
import Concurrency
import Fitting
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

    func validate() throws(SettingError) { try tests.validate() }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let sources = try AssociationSources(options.tests)
    guard !sources.isSweep else {
      throw ModelError("\(options.tests.fit ?? ""): is a folder of fits; permute takes one fit")
    }
    for note in sources.notes { console.log.warning(note) }
    let (rate, workers) = (options.tests.fdr, Workers.local(options.tests.threads))
    var outcomes: [Outcome] = []
    for unit in sources.units {
      do {
        let input = try AssociationInput(sources, unit)
        input.announce(sources.name(of: unit), to: console.log)
        let observed = input.mapping.run(rate: rate, on: workers)
        let null = try PermutationNull(
          input.mapping, observed: observed, dosages: input.dosages, donors: input.donors,
          count: options.permutations, rate: rate,
          random: RandomSource(seed: UInt64(options.seed)), on: workers)
        outcomes.append(Outcome(level: unit.level, input: input, observed: observed, null: null))
      } catch let error as TooFewSamples {
        try sources.tolerate(error, unit, log: console.log)
      }
    }
    guard !outcomes.isEmpty else { throw ModelError("no level has enough samples for tests") }
    try write(outcomes, options.output, count: options.permutations)
    if let path = options.genes {
      try writeGenes(outcomes, to: path, overwrite: options.output.overwrite)
    }
    let found = outcomes.reduce(0) { $0 + $1.observed.discoveries.count }
    let mean =
      Double(outcomes.flatMap(\.null.rounds).reduce(0) { $0 + $1.discoveryCount })
      / Double(options.permutations)
    console.log.note(
      "\(options.output.path): \(found) discoveries in the data, \(shortText(mean)) on average in \(options.permutations) permutations"
    )
    return .success
  }

  /// What a level's tests and permutations gave.
  private struct Outcome {
    let level: String
    let input: AssociationInput
    let observed: EQTLMapping.Result
    let null: PermutationNull

    /// log of the smallest p value; NaN without tests.
    var smallestLogP: Double {
      observed.strongest.filter { !$0.isNaN }.max().map {
        input.mapping.association.logPValue(correlation: $0)
      } ?? .nan
    }
  }

  /// Sums over levels, and the smallest p value of all.
  private static func write(
    _ outcomes: [Outcome], _ output: WrittenFile, count: Int
  ) throws {
    let writer = try TableWriter(
      output.path, header: ["permutation", "tests", "discoveries", "smallest_p"],
      overwrite: output.overwrite)
    let tests = "\(outcomes.reduce(0) { $0 + $1.observed.testCounts.reduce(0, +) })"
    func append(_ name: Int, _ discoveries: Int, _ logPs: [Double]) throws {
      let smallest = logPs.filter { !$0.isNaN }.min() ?? .nan
      try writer.append(["\(name)", tests, "\(discoveries)", probabilityText(log: smallest)])
    }
    try append(
      0, outcomes.reduce(0) { $0 + $1.observed.discoveries.count }, outcomes.map(\.smallestLogP))
    for index in 0..<count {
      let rounds = outcomes.map { $0.null.rounds[index] }
      try append(
        index + 1, rounds.reduce(0) { $0 + $1.discoveryCount }, rounds.map(\.smallestLogP))
    }
    try writer.finish()
  }

  private static func writeGenes(
    _ outcomes: [Outcome], to path: String, overwrite: Bool
  ) throws {
    let writer = try TableWriter(
      path, header: ["gene", "strongest_r", "p", "level"], overwrite: overwrite)
    for outcome in outcomes {
      for (gene, p) in outcome.null.genePValues.enumerated() {
        try writer.append([
          outcome.input.genes.names[gene], digits(outcome.observed.strongest[gene]), digits(p),
          outcome.level,
        ])
      }
    }
    try writer.finish()
  }
}

import ArgumentParser
import Concurrency
import Foundation
import LinearAlgebra

/// Iterations of PRRR and nn-PRRR at the sizes that they are made for.
struct RegressionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regressions",
    abstract: "Iterations of PRRR and nn-PRRR against their bare matrix products.")

  @Flag(help: "Small sizes: to see that it works, not how fast.")
  var quick = false

  @Option(help: "Threads.")
  var threads = 1

  @Option(
    help: "Cells of PRRR, a list: to see that time and memory grow with them and nothing else.")
  var cells = "8192,16384"

  @Option(help: "Genes of PRRR.")
  var genes = 2000

  @Option(help: "Covariates of PRRR, each cell with its own.")
  var covariates = 20

  @Option(help: "Rank of PRRR.")
  var rank = 5

  @Option(help: "Part of the cells' counts that are not zero.")
  var density = 0.05

  @Option(help: "Samples of nn-PRRR; 0: PRRR only.")
  var samples = 1000

  @Option(help: "Variants of nn-PRRR.")
  var variants = 2000

  @Option(help: "Genes of nn-PRRR.")
  var sampleGenes = 20_000

  @Option(help: "Rank of nn-PRRR.")
  var sampleRank = 10

  @Option(help: "Parts of the samples' counts that are not zero, a list.")
  var sampleDensity = "0.8,0.2"

  @Option(help: "Iterations; medians are reported.")
  var repetitions = 5

  @Flag(help: "Processor time of the calling thread instead of elapsed time (one thread only).")
  var processorTime = false

  @Option(help: "Where to write the results as JSON.")
  var json: String?

  mutating func run() throws {
    if quick {
      (cells, genes, samples, variants, sampleGenes) = ("100,200", 150, 60, 40, 200)
      repetitions = 2
    }
    let cellCounts = try numbers(cells, "--cells").map { Int($0) }
    let densities = try numbers(sampleDensity, "--sample-density")
    BLASRuntime.restartIfMisjudged()
    let clock = BenchClock(processorTime: processorTime && threads == 1)
    let bench = RegressionBench(
      repetitions: repetitions, clock: clock, workers: Workers(threadCount: threads))
    var results: [RegressionResult] = []
    for count in cellCounts {
      let shape = RegressionShape(
        rows: count, genes: genes, covariates: covariates, rank: rank, density: density)
      results += try bench.prrr(shape)
    }
    for density in samples > 0 ? densities : [] {
      let shape = RegressionShape(
        rows: samples, genes: sampleGenes, covariates: variants, rank: sampleRank, density: density)
      results.append(try bench.nonnegative(shape))
    }
    print(RegressionResult.table(results, clock))
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(results).write(to: URL(fileURLWithPath: json))
    }
  }

  private func numbers(_ list: String, _ option: String) throws -> [Double] {
    let values = list.split(separator: ",").compactMap { Double($0) }
    guard !values.isEmpty, values.count == list.split(separator: ",").count,
      values.allSatisfy({ $0 > 0 })
    else { throw ValidationError("\(option): \(list) is not a list of numbers above 0") }
    return values
  }
}

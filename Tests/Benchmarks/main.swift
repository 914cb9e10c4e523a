import ArgumentParser
import Foundation

/// Times of the hot paths, each against its floor, measured alternately in one process.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distfit-bench",
    abstract: "Times of the hot paths against the bare matrix products of the same shapes.")

  @Flag(help: "Small sizes: to see that it works, not how fast.")
  var quick = false

  @Option(help: "Threads.")
  var threads = 1

  @Option(help: "Rows of a minibatch.")
  var rows = 256

  @Option(help: "Rows of a lane in a minibatch.")
  var laneRows = 16

  @Option(help: "Genes.")
  var genes = 20_000

  @Option(help: "Width of the hidden layers.")
  var hidden = 100

  @Option(help: "Part of the counts that are not zero.")
  var density = 0.07

  @Option(help: "Repetitions; medians are reported.")
  var repetitions = 9

  @Flag(help: "Processor time of the calling thread instead of elapsed time (one thread only).")
  var processorTime = false

  @Option(help: "Where to write the results as JSON.")
  var json: String?

  mutating func run() throws {
    if quick {
      genes = min(genes, 700)
      rows = min(rows, 64)
      repetitions = 2
    }
    guard threads >= 1, rows >= 1, laneRows >= 1, genes >= 1, hidden >= 1, repetitions >= 1 else {
      throw ValidationError("sizes and repetitions must be at least 1")
    }
    let problem = BenchProblem(
      genes: genes, hidden: hidden, rows: rows, laneRows: laneRows, density: density)
    let clock = BenchClock(processorTime: processorTime && threads == 1)
    var report = BenchReport(problem: problem, threads: threads)
    report.results += OutputLayerBench(problem, threads: threads, repetitions, clock).run()
    report.bytesPerNonZero = CountsBench.bytesPerNonZero(problem)
    print(report.table)
    if let json {
      try report.json.write(to: URL(fileURLWithPath: json))
    }
  }
}

Bench.main()

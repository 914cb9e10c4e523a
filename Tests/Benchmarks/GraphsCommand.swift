import ArgumentParser
import Concurrency
import Foundation
import LinearAlgebra

/// Iterations of MED-MAGMA at sizes given.
struct GraphsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graphs",
    abstract: "Iterations of MED-MAGMA against their bare products and eigenproblems.")

  @Flag(help: "Small sizes: to see that it works, not how fast.")
  var quick = false

  @Option(help: "Threads.")
  var threads = 1

  @Option(help: "Cells, and as many genes, a list.")
  var cells = "200,500"

  @Option(help: "Iterations measured of each size, after three that are not.")
  var iterations = 17

  @Flag(help: "Processor time of the calling thread instead of elapsed time (one thread only).")
  var processorTime = false

  @Option(help: "Where to write the results as JSON.")
  var json: String?

  mutating func run() throws {
    if quick { (cells, iterations) = ("20,30", 2) }
    let sizes = cells.split(separator: ",").compactMap { Int($0) }
    guard sizes.count == cells.split(separator: ",").count, sizes.allSatisfy({ $0 >= 3 }),
      iterations >= 1, threads >= 1
    else { throw ValidationError("--cells: \(cells) is not a list of numbers from 3 on") }
    BLASRuntime.restartIfMisjudged()
    _ = BLASRuntime.useOneThread()
    let clock = BenchClock(processorTime: processorTime && threads == 1)
    let bench = GraphBench(clock: clock, workers: Workers(threadCount: threads))
    let results = try sizes.map { try bench.run(order: $0, iterations: iterations) }
    print(GraphResult.table(results, clock, threads: threads))
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(results).write(to: URL(fileURLWithPath: json))
    }
  }
}

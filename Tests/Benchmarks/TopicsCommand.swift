import ArgumentParser
import Foundation
import LinearAlgebra

/// Iterations of TBLDA.
struct TopicsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topics",
    abstract: "Iterations of TBLDA at the size of the paper's chromosome 12, and their products.")

  @Flag(help: "Small sizes: to see that it works, not how fast.")
  var quick = false

  @Option(help: "Threads.")
  var threads = 1

  @Option(help: "Repetitions; medians are reported.")
  var repetitions = 7

  @Flag(help: "Processor time of the calling thread instead of elapsed time (one thread only).")
  var processorTime = false

  @Option(help: "Where to write the results as JSON.")
  var json: String?

  func run() throws {
    guard threads >= 1, repetitions >= 1 else {
      throw ValidationError("--threads and --repetitions must be 1 or more")
    }
    var sizes = TopicSizes()
    if quick {
      (sizes.samples, sizes.genes, sizes.donors) = (60, 50, 20)
      (sizes.variants, sizes.topics) = (80, 4)
    }
    BLASRuntime.restartIfMisjudged()
    _ = BLASRuntime.useOneThread()
    let clock = BenchClock(processorTime: processorTime && threads == 1)
    let result = try TopicBench(sizes, threads: threads, clock).run(repetitions)
    func text(_ seconds: Double) -> String { String(format: "%.1f ms", seconds * 1e3) }
    print(
      "\(sizes.samples) samples × \(sizes.genes) genes, \(sizes.donors) donors × \(sizes.variants) variants, \(sizes.topics) topics"
    )
    print(
      "iteration \(text(result.seconds)), bare products \(text(result.floor)), ratio \(String(format: "%.3f", result.ratio))"
    )
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(result).write(to: URL(fileURLWithPath: json))
    }
  }
}

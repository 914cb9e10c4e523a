import ArgumentParser
import Foundation
import Kernels
import LinearAlgebra
import Models
import Networks

/// Times of the hot paths, each against its floor, measured alternately in one process.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distfit-bench",
    abstract: "Times of the hot paths against the bare matrix products of the same shapes.",
    subcommands: [
      NetworksCommand.self, RegressionsCommand.self, GraphsCommand.self, TopicsCommand.self,
    ],
    defaultSubcommand: NetworksCommand.self)
}

/// Epochs and output layers of networks.
struct NetworksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "networks", abstract: "Output layers, epochs and embeddings of networks.")

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

  @Option(help: "Cells of the epochs.")
  var cells = 2048

  @Option(help: "Outputs of the decoder to measure, of softplus, sigmoid and softmax.")
  var outputs = "softplus,sigmoid,softmax"

  @Option(help: "What training's products are rounded to: float32 or bfloat16.")
  var products = "float32"

  @Option(help: "New cells to embed.")
  var newCells = 1000

  @Option(help: "Cells of data of growing size, such as 8125,16250,32500; none: no such series.")
  var growth = "none"

  @Flag(help: "The kernels of a processor without AVX-512, for layers and steps; no epochs.")
  var withoutAVX512 = false

  @Flag(help: "Only the series of growing size.")
  var growthOnly = false

  @Flag(help: "Processor time of the calling thread instead of elapsed time (one thread only).")
  var processorTime = false

  @Option(help: "Where to write the results as JSON.")
  var json: String?

  mutating func run() throws {
    if quick {
      genes = min(genes, 700)
      rows = min(rows, 64)
      cells = min(cells, 200)
      newCells = min(newCells, 100)
      repetitions = 2
      if growth == "none" { growth = "100,200" }
    }
    guard threads >= 1, rows >= 1, laneRows >= 1, genes >= 2, hidden >= 1, repetitions >= 1,
      cells >= 1, newCells >= 1, density > 0, density < 1
    else {
      throw ValidationError("sizes and repetitions must be at least 1, the density within 0…1")
    }
    let growing = growth == "none" ? [] : growth.split(separator: ",").compactMap { Int($0) }
    guard growth == "none" || growing.count == growth.split(separator: ",").count else {
      throw ValidationError("--growth: \(growth) is not a list of numbers of cells")
    }
    let activations = outputs.split(separator: ",").compactMap {
      DGDConfiguration.Output(rawValue: String($0))
    }
    guard let last = activations.last, activations.count == outputs.split(separator: ",").count
    else {
      throw ValidationError("--outputs: \(outputs) is not a list of softplus, sigmoid, softmax")
    }
    guard let products = DGDConfiguration.Products(rawValue: products) else {
      throw ValidationError("--products: \(products) is neither float32 nor bfloat16")
    }
    BLASRuntime.restartIfMisjudged()
    let sizes = BenchSizes(
      genes: genes, hidden: hidden, rows: rows, laneRows: laneRows, density: density,
      threads: threads, products: products)
    let clock = BenchClock(processorTime: processorTime && threads == 1)
    var report = BenchReport(sizes, clock)
    let problem = BenchProblem(
      genes: genes, hidden: hidden, rows: rows, laneRows: laneRows, density: density,
      products: products == .float32 ? .float32 : .bfloat16,
      kernels: Kernels(for: withoutAVX512 ? .current.without("avx512") : .current))
    report.instructionSet = problem.kernels.name
    report.bytesPerNonZero = CountsBench.bytesPerNonZero(problem)
    if !growthOnly {
      report.layers = OutputLayerBench(problem, threads: threads, repetitions, clock)
        .run(activations.compactMap { Link(rawValue: $0.rawValue) })
    }
    if !growthOnly, !withoutAVX512 {
      report.epochs = try EpochBench(sizes, clock).run(activations, cells: cells)
      // The layers with plain sums multiply floats.
      if products == .float32 { report.setPrices() }
      report.embeddings = [
        try EmbedBench(sizes, clock).run(cells: newCells, last)
      ]
    }
    if !growing.isEmpty {
      report.growth = try GrowthBench(sizes: sizes, clock: clock).run(growing)
    }
    print(report.table)
    if let json {
      try report.json.write(to: URL(fileURLWithPath: json))
    }
  }
}

Bench.main()

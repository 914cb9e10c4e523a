import Concurrency
import Modeling
import Models
import Sums

/// New cells on a fit, against epochs of training over the same cells.
struct EmbedBench {
  let sizes: BenchSizes
  let clock: BenchClock
  let workers: Workers

  init(_ sizes: BenchSizes, _ clock: BenchClock) {
    self.sizes = sizes
    self.clock = clock
    workers = Workers(threadCount: sizes.threads)
  }

  /// `cells` new cells with fifteen steps each, and fifteen epochs over them.
  func run(cells rowCount: Int, _ output: DGDConfiguration.Output) throws -> EmbedResult {
    let cells = BenchCells(rowCount: rowCount, geneCount: sizes.genes, density: sizes.density)
    let configuration = sizes.configuration(output)
    let rows = cells.lanes(configuration.lanes ?? 1, on: workers)
    var fit = try BenchFit(configuration, cells, rows)
    try epoch(&fit)
    var tree: [String: StoredTree] = [
      "model": .string(DGD.name), "settings": configuration.storedTree,
    ]
    if case .group(let parameters) = fit.model.sharedOutput(fit.shared).parameters {
      tree.merge(parameters) { own, _ in own }
    }
    let embedding = try DGD.embedding(
      of: .group(tree), for: cells.summary, steps: Self.steps)
    var lanes = try rows.map(embedding.lane(from:))
    let training = try clock.time { try epoch(&fit) }
    let seconds = clock.time { embedding.represent(&lanes, on: workers) { _ in } }
    return EmbedResult(
      name: "\(output.rawValue) embed, \(Self.steps) steps", cells: rowCount, seconds: seconds,
      epochs: Double(Self.steps) * training)
  }

  private static let steps = 15

  private func epoch(_ fit: inout BenchFit) throws {
    var isDone = false
    while !isDone {
      isDone = try fit.model.step(&fit.shared, &fit.lanes, with: Alone(), on: workers).endsEpoch
    }
  }
}

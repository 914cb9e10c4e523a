import Concurrency
import Modeling
import Models
import Networks

/// Sizes and settings of a run.
struct BenchSizes {
  var genes: Int
  var hidden: Int
  var rows: Int
  var laneRows: Int
  var density: Double
  var threads: Int
  var products: DGDConfiguration.Products

  func configuration(_ output: DGDConfiguration.Output) -> DGDConfiguration {
    var configuration = DGDConfiguration()
    configuration.hidden = [hidden, hidden, hidden]
    configuration.output = output
    configuration.products = products
    configuration.batch = rows
    configuration.lanes = max(1, rows / laneRows)
    configuration.start = .published
    configuration.validationFraction = 0
    configuration.testFraction = 0
    configuration.epochs = 1000
    return configuration
  }
}

/// A model between two steps.
struct BenchFit {
  let model: DGD
  var shared: DGD.Shared
  var lanes: [DGD.Lane]

  init(
    _ configuration: DGDConfiguration, _ cells: BenchCells, _ rows: [RowData]
  ) throws {
    model = try DGD(configuration, for: cells.summary)
    shared = model.start()
    lanes = try rows.map(model.lane(from:))
  }

  /// Bytes that the counts take, and how many there are.
  var memory: (bytes: Int, nonZeros: Int) {
    lanes.reduce(into: (0, 0)) { sum, lane in
      guard case .counts(let counts) = lane.values[0].matrix else { return }
      sum.0 += counts.byteCount
      sum.1 += counts.nonZeroCount
    }
  }
}

/// Whole epochs of training, minibatch by minibatch, each against the three bare products of its shape.
struct EpochBench {
  let sizes: BenchSizes
  let clock: BenchClock
  let workers: Workers

  init(_ sizes: BenchSizes, _ clock: BenchClock) {
    self.sizes = sizes
    self.clock = clock
    workers = Workers(threadCount: sizes.threads)
  }

  /// One line for each output activation.
  func run(
    _ outputs: [DGDConfiguration.Output], cells rowCount: Int
  ) throws -> [EpochResult] {
    let cells = BenchCells(
      rowCount: rowCount, geneCount: sizes.genes, density: sizes.density)
    let rows = cells.lanes(max(1, sizes.rows / sizes.laneRows), on: workers)
    return try outputs.map { output in
      var fit = try BenchFit(sizes.configuration(output), cells, rows)
      return try measure(&fit, name: "\(output.rawValue) epoch", cells: rowCount)
    }
  }

  /// One epoch after a minibatch that warms up.
  func measure(_ fit: inout BenchFit, name: String, cells: Int) throws -> EpochResult {
    var products = BareProducts(
      rows: sizes.rows, hidden: sizes.hidden, genes: sizes.genes)
    let team = CountingTeam()
    var steps: [Double] = []
    var floors: [Double] = []
    var closing: Double?
    while closing == nil {
      floors.append(clock.time { products.multiply(on: workers) })
      var endsEpoch = false
      let seconds = try clock.time {
        endsEpoch = try fit.model.step(&fit.shared, &fit.lanes, with: team, on: workers).endsEpoch
      }
      if endsEpoch { closing = seconds } else { steps.append(seconds) }
    }
    floors.removeLast()
    // The first minibatch finds cold caches and new memory: it is taken to need what the others need.
    if steps.count > 1 {
      steps[0] = median(Array(steps.dropFirst()))
      floors[0] = median(Array(floors.dropFirst()))
    }
    let ratio = median(zip(steps, floors).map { $0 / $1 })
    steps.append(closing ?? 0)
    let seconds = steps.reduce(0, +)
    let values = Double(cells) * Double(sizes.genes)
    return EpochResult(
      name: name, cells: cells, seconds: seconds, floor: floors.reduce(0, +),
      ratio: ratio,
      nanoseconds: seconds / values * 1e9, cellsPerSecond: Double(cells) / seconds,
      steps: floors.count,
      // The last message closed the epoch. After each step the fit loop sends one of its own.
      messagesPerStep: (team.counter.messages - 1) / floors.count + 1,
      bytesPerStep: (team.counter.bytes - team.counter.lastBytes) / floors.count
        + FitPlan.loopBytes)
  }
}

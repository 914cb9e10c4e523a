import Concurrency
import Modeling
import Optimization
import Probability
import Sums

/// The smallest model with everything a checkpoint must keep: rows that drift towards their mean.
///
///     x_i ← x_i + pull (m − x_i) + ε_i,   m = Σ x_i / N,   ε_i ~ N(0, 1) by (seed, step, i)
struct DriftModel: Model {
  struct Configuration: ModelConfiguration {
    var pull = 0.1
    var laneCount = 8
    static let settings: [Setting<Configuration>] = [
      .number("pull", \.pull, in: 0...1, "How strongly rows are drawn to their mean."),
      .integer("lanes", \.laneCount, in: 1...1000, "Into how many lanes the rows are cut."),
    ]
  }

  struct Shared: Codable, Sendable {
    var step = 0
    var mean = 0.0
    var means: [Double] = []
  }

  struct Lane: LaneState {
    let rows: Range<Int>
    var saved: [Double]
  }

  static let name = "drift"
  static let summary = "Rows that drift towards their mean."
  static let parameters = [
    ModelParameter("mean", at: "mean", ""), .record("means of all steps", at: "means"),
  ]
  let configuration: Configuration
  let rowCount: Int

  init(_ configuration: Configuration, for data: DataSummary) {
    self.configuration = configuration
    rowCount = data.rowCount
  }

  init(_ configuration: Configuration, rowCount: Int) {
    self.configuration = configuration
    self.rowCount = rowCount
  }

  var laneCount: Int { configuration.laneCount }

  func lane(from rows: RowData) -> Lane { lane(rows.rows) }

  func lane(_ rows: Range<Int>) -> Lane {
    Lane(rows: rows, saved: rows.map { Double($0 % 17) / 3 })
  }

  func start() -> Shared { Shared() }

  func step<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    var partials = PartialSums([.wide("total", count: 1)])
    for lane in lanes {
      partials.add(lane.saved.reduce(0, +), to: 0)
    }
    let sums = try everyone.sum(consume partials)
    shared.mean = sums.value(of: 0) / Double(rowCount)
    shared.means.append(shared.mean)
    shared.step += 1
    let random = RandomSource(seed: 1)
    for index in lanes.indices {
      let lane = lanes[index]
      for (position, row) in lane.rows.enumerated() {
        let x = lane.saved[position]
        var stream = random.stream("drift", step: shared.step, index: row)
        lanes[index].saved[position] =
          x + configuration.pull * (shared.mean - x) + stream.normal()
      }
    }
    return StepReport(
      stage: "step \(shared.step)", progress: 0, rowsProcessed: rowCount, endsEpoch: true,
      measures: [.init("mean", shared.mean)])
  }

  func rowOutput(_ shared: Shared, _ lane: Lane) -> RowOutput { RowOutput() }

  func sharedOutput(_ shared: Shared) -> SharedOutput { SharedOutput(parameters: .group([:])) }
}

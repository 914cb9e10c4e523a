import Collectives
import Commands
import Concurrency
import Fitting
import LinearAlgebra
import Modeling

/// `distfit plan <model> data.h5ad --ranks 8,32,128`: what a fit would take, without MPI.
struct PlanCommand<Planned: PlannableModel>: LocalCommand {
  typealias Options = PlanOptions<Planned>

  static var name: String { Planned.name }
  static var summary: String { "Plan a fit of \(Planned.name)." }
  static var discussion: String {
    "Of data that do not exist yet give the size: --cells 1300000 --genes 28000 --density 0.07."
  }
  static var printsResult: Bool { true }
  static var runFileMarks: [String: String] { ["model": Planned.name] }

  static func run(_ options: PlanOptions<Planned>, console: Console) throws -> ExitStatus {
    let shape = try options.shape()
    var report = Report()
    report.addShape(shape)
    report.addPlans(
      options.machine.ranks.map { (Planned.plan(options.model, shape, ranks: $0), $0) })
    if let timed = Planned.self as? any TimedModel.Type {
      try addForecast(timed, options, shape, to: &report)
    }
    console.show(report)
    return .success
  }

  /// Measures steps on this machine and tells what an epoch will take.
  private static func addForecast<Timed: TimedModel>(
    _ model: Timed.Type, _ options: PlanOptions<Planned>, _ shape: DataShape,
    to report: inout Report
  ) throws {
    guard let configuration = options.model as? Timed.Configuration else { return }
    let machine = options.machine
    let workers = Workers(threadCount: machine.threads)
    let ranks = [1] + machine.ranks.filter { $0 > 1 }
    let computing = try Timed.measuredEpochs(configuration, shape, ranks: ranks, on: workers)
    let plans = ranks.map { Timed.plan(configuration, shape, ranks: $0) }
    let addition = try Network.measuredAddition(bytes: plans[0].bytesPerStep)
    report.addTimes(
      machine: machine, stepsPerEpoch: plans[0].stepsPerEpoch,
      machine.networks.map { network in
        ranks.indices.map {
          EpochForecast(
            plans[$0], ranks: ranks[$0], computing: computing[$0], over: network,
            addition: addition)
        }
      })
  }
}

extension PlanOptions {
  /// Rows, columns and values of the data, and what annotates the rows.
  func shape() throws -> DataShape {
    if let shape = imagined.shape { return shape }
    var cache = CompanionCache()
    let companions = data.companions(for: model)
    var shape = try DataShape.read(
      data.source, for: DataRequest(for: Planned.self, model), companions: companions,
      cache: &cache)
    if companions.isEmpty { shape.companions[GenotypeShape.self] = imagined.genotypes }
    return shape
  }
}

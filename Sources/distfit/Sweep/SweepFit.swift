import Collectives
import Commands
import Concurrency
import Fitting
import Modeling
import Models
import Storage

/// One point of a sweep as `distfit fit` would do it.
struct SweepFit {
  let point: SweepPoint

  /// The model that the point names.
  ///
  /// - Throws: `UsageError` with the nearest name.
  private func model() throws -> any Model.Type {
    let name = point.value(of: "model")?.description ?? ""
    if let model = allModels.first(where: { $0.name == name }) { return model }
    let nearest = nearestName(to: name, among: allModels.map { $0.name })
    throw UsageError(
      "there is no model \"\(name)\"" + (nearest.map { "; did you mean \($0)?" } ?? ""))
  }

  /// What settles the cost of a point: all its settings but the seed, where that is one.
  static func key(of point: SweepPoint) -> String {
    point.settings.filter { setting in
      guard setting.name == "seed", case .integer(let seed) = setting.value else { return true }
      return seed < 0
    }.map { "\($0.name)=\($0.value)" }.joined(separator: "\n")
  }

  /// What is wrong with the first setting that its point's model does not have; nil where all are known.
  static func unknownSetting(of points: [SweepPoint]) -> String? {
    var namesOfModels: [String: Set<String>] = [:]
    for model in allModels { namesOfModels[model.name] = names(of: model) }
    for point in points {
      let model = point.value(of: "model")?.description ?? ""
      guard let known = namesOfModels[model] else { continue }
      for setting in point.settings where !known.contains(setting.name) {
        let nearest = nearestName(to: setting.name, among: known.sorted())
        return "\(model) has no setting \(setting.name)"
          + (nearest.map { "; did you mean \($0)?" } ?? "")
      }
    }
    return nil
  }

  private static func names<Fitted: Model>(of model: Fitted.Type) -> Set<String> {
    var names: Set = ["model"]
    for setting in Invocation<FitCommand<Fitted>>.settings {
      names.formUnion([setting.name, setting.alias ?? setting.name])
    }
    return names
  }

  /// The files that the fit reads: nothing where the settings cannot be.
  func files() -> [String] {
    func files<Fitted: Model>(_ model: Fitted.Type) -> [String] {
      guard let options = try? Self.settings(of: model, point) else { return [] }
      return FitOptions<Fitted>.settings.filter { $0.roles.contains(.input) }.flatMap {
        setting -> [String] in
        switch setting.value(in: options) {
        case .unset: []
        case .texts(let paths): paths
        case let path: [path.description]
        }
      }
    }
    guard let model = try? model() else { return [] }
    return files(model)
  }

  /// Whether model and settings are such that the fit can begin.
  ///
  /// - Throws: `UsageError` for what cannot be.
  func check() throws {
    func check<Fitted: Model>(_ model: Fitted.Type) throws {
      _ = try Self.settings(of: model, point)
    }
    try check(model())
  }

  /// What the fit will take on so many ranks; nil where the model cannot tell.
  ///
  /// - Throws: where the data cannot be read or have nothing on the chromosome asked for.
  func prediction(ranks: Int, sizes: inout CompanionCache) throws -> SweepPrediction? {
    guard let planned = try model() as? any PlannableModel.Type else { return nil }
    return try Self.prediction(planned, point, ranks, &sizes)
  }

  /// Fits the point with a group of ranks, continuing from its checkpoint if there is one.
  ///
  /// Collective.
  func run(
    in folder: String, with group: borrowing Communicator, stop: StopRequest,
    refitting: Bool, level: ProgressLog.Level
  ) throws -> SweepOutcome {
    let point = point
    let isRoot = group.isRoot
    let model = try group.agree(on: "read the settings") {
      try check()
      if isRoot { try HDF5Check.require(files()) }
      return try self.model()
    }
    return try Self.run(
      model, point, folder, group, stop, ProgressLog(level: level, isSpeaking: group.isRoot),
      refitting)
  }

  private static func run<Fitted: Model>(
    _ model: Fitted.Type, _ point: SweepPoint, _ folder: String, _ group: borrowing Communicator,
    _ stop: StopRequest, _ log: ProgressLog, _ refitting: Bool
  ) throws -> SweepOutcome {
    let options = try group.agree(on: "read the settings") { try settings(of: model, point) }
    // The plan says what kind of file, the sweep where: "output: fit.h5mu" is MuData.
    let output = folder + (options.output.path.hasSuffix(".h5mu") ? "/fit.h5mu" : "/fit.h5ad")
    // What lies in the sweep's own folder is the sweep's to replace; a finished fit of the same data stays.
    let job = options.job(
      output: output, overwrite: true, resume: true, dropsForeign: refitting)
    var measures: [SweepOutcome.Measure] = []
    let status = try job.run(
      with: group, log: log, stop: stop,
      finished: { history in
        measures = history.names.compactMap { name in
          history[name]?.last { !$0.isNaN }.map { .init(name, $0) }
        }
      })
    switch status {
    case .runAgain: return SweepOutcome(.interrupted)
    case .notConverged:
      return SweepOutcome(.done, message: "ended before convergence", measures: measures)
    default: return SweepOutcome(.done, measures: measures)
    }
  }

  private static func settings<Fitted: Model>(
    of model: Fitted.Type, _ point: SweepPoint
  ) throws(UsageError) -> FitOptions<Fitted> {
    // A point of a sweep has its place in the sweep's folder.
    let words = Array(point.arguments.dropFirst())
    let output = words.contains { $0.hasPrefix("--output=") } ? [] : ["--output=fit.h5ad"]
    return try Invocation<FitCommand<Fitted>>(words: words + output, command: "a point").options
  }

  private static func prediction<Planned: PlannableModel>(
    _ model: Planned.Type, _ point: SweepPoint, _ ranks: Int, _ sizes: inout CompanionCache
  ) throws -> SweepPrediction {
    let options = try settings(of: model, point)
    let (data, configuration) = (options.data, options.model)
    let shape = try DataShape.read(
      data.source, for: DataRequest(for: Planned.self, configuration),
      companions: data.companions(for: configuration), cache: &sizes)
    let plan = Planned.plan(configuration, shape, ranks: ranks)
    let timed = Planned.self as? any TimedModel.Type
    return SweepPrediction(
      cost: Double(plan.epochs) * shape.entryCount,
      bytes: plan.memory.reduce(0) { $0 + $1.bytes }, epochs: plan.epochs,
      measureEpoch: timed.map { timed in
        { try measuredEpoch(timed, configuration, shape, ranks, threads: options.run.threads ?? 1) }
      })
  }

  private static func measuredEpoch<Timed: TimedModel>(
    _ model: Timed.Type, _ configuration: any ModelConfiguration, _ shape: DataShape, _ ranks: Int,
    threads: Int
  ) throws -> Double? {
    guard let configuration = configuration as? Timed.Configuration else { return nil }
    let workers = Workers(threadCount: threads)
    return try Timed.measuredEpochs(configuration, shape, ranks: [ranks], on: workers).first
  }
}

import ArgumentParser
import Collectives
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
  /// - Throws: `ValidationError` with the nearest name.
  private func model() throws -> any Model.Type {
    let name = point.value(of: "model")?.description ?? ""
    if let model = allModels.first(where: { $0.name == name }) { return model }
    let nearest = nearestName(to: name, among: allModels.map { $0.name })
    throw ValidationError(
      "there is no model \"\(name)\"" + (nearest.map { "; did you mean \($0)?" } ?? ""))
  }

  /// Whether model and settings are such that the fit can begin.
  ///
  /// - Throws: `ValidationError` for what cannot be.
  func check() throws { _ = try Self.settings(of: try model(), point) }

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
    level: ProgressLog.Level
  ) throws -> SweepOutcome {
    let point = point
    let model = try group.agree(on: "read the settings") {
      try Self.plainly {
        try check()
        return try self.model()
      }
    }
    return try Self.run(model, point, folder, group, stop, level)
  }

  private static func run<Fitted: Model>(
    _ model: Fitted.Type, _ point: SweepPoint, _ folder: String, _ group: borrowing Communicator,
    _ stop: StopRequest, _ level: ProgressLog.Level
  ) throws -> SweepOutcome {
    let (run, genotypes, configuration) = try group.agree(on: "read the settings") {
      try plainly { try settings(of: model, point) }
    }
    // The plan says what kind of file, the sweep where: "output: fit.h5mu" is MuData.
    let output = folder + (run.output?.hasSuffix(".h5mu") == true ? "/fit.h5mu" : "/fit.h5ad")
    let job = FitJob<Fitted>(
      data: run.source,
      companions: [genotypes.input(for: configuration, of: model)].compactMap(\.self),
      configuration: configuration, output: OutputOptions(path: output, overwrite: false),
      checkpoints: run.checkpointOptions(for: output, resume: true), run: run.runOptions)
    var measures: [SweepOutcome.Measure] = []
    let status = try job.run(
      with: group, log: ProgressLog(level: level, isSpeaking: group.isRoot), stop: stop,
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
  ) throws -> (FitOptions, GenotypeOptions, Fitted.Configuration) {
    let options = SettingGroup<FitOptions>()
    let settings = SettingGroup<Fitted.Configuration>()
    let genotypes = SettingGroup<GenotypeOptions>()
    let groups: [any AnySettingGroup] = [options, settings]
    let arguments = try SettingArguments(
      Array(point.arguments.dropFirst()),
      into: model is any GenotypeModel.Type ? groups + [genotypes] : groups)
    var run = options.configuration
    try arguments.takeFile(
      into: &run.input, orExpression: genotypes.configuration.expression, for: "a point")
    try run.requireUse(of: model, settings.configuration)
    return (run, genotypes.configuration, settings.configuration)
  }

  /// Errors of the argument parser have their text elsewhere than errors elsewhere.
  private static func plainly<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ValidationError {
      throw SweepError(error.message)
    }
  }

  private static func prediction<Planned: PlannableModel>(
    _ model: Planned.Type, _ point: SweepPoint, _ ranks: Int, _ sizes: inout CompanionCache
  ) throws -> SweepPrediction {
    let (run, genotypes, configuration) = try settings(of: model, point)
    let shape = try DataShape.read(
      run.source, for: DataRequest(for: Planned.self, configuration),
      companions: [genotypes.input(for: configuration, of: model)].compactMap(\.self),
      cache: &sizes)
    let plan = Planned.plan(configuration, shape, ranks: ranks)
    let timed = Planned.self as? any TimedModel.Type
    return SweepPrediction(
      cost: Double(plan.epochs) * shape.entryCount,
      bytes: plan.memory.reduce(0) { $0 + $1.bytes }, epochs: plan.epochs,
      measureEpoch: timed.map { timed in
        { try measuredEpoch(timed, configuration, shape, ranks, threads: run.threads ?? 1) }
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

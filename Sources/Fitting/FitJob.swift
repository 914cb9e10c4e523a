public import Collectives
import Concurrency
import Foundation
public import Modeling
import Optimization
public import Storage

/// One fit from file to file: what `distfit fit` and every point of a sweep do.
public struct FitJob<Fitted: Model> {
  /// The data that are fitted.
  public let data: DataSource
  /// What belongs to their rows besides.
  public let companions: [any CompanionInput]
  /// The model's settings.
  public let configuration: Fitted.Configuration
  /// The fit file.
  public let output: OutputOptions
  /// Where and when the state is kept.
  public let checkpoints: CheckpointOptions
  /// How it runs.
  public let options: RunOptions

  /// The fit of a model to data, not yet begun.
  public init(
    data: DataSource, companions: [any CompanionInput] = [], configuration: Fitted.Configuration,
    output: OutputOptions, checkpoints: CheckpointOptions, run options: RunOptions
  ) {
    self.data = data
    self.companions = companions
    self.configuration = configuration
    self.output = output
    self.checkpoints = checkpoints
    self.options = options
  }

  /// Reads, fits, writes.
  ///
  /// With `checkpoints.resume` a finished fit of the same settings and data that stands under the name already is left as
  /// it is; another fit, or anything else there, is an error unless it may be overwritten.
  ///
  /// Collective.
  /// - Parameter finished: gets what the epochs measured, once the fit is written.
  /// - Returns: success, not converged, or run again after an interruption.
  /// - Throws: `CollectiveFailure` with one line on what is wrong; of task ``lockTask`` where another run has the output or
  ///   the checkpoints.
  public func run(
    with world: borrowing Communicator, log: ProgressLog, stop: StopRequest,
    finished: (History) -> Void = { _ in }
  ) throws -> ExitStatus {
    let record = RunRecord(
      world, threads: options.threads ?? world.defaultThreadCount(), companions: companions)
    record.announce(to: log)
    let standing = try prepare(with: world)
    // Held until the end of this function, on the first rank.
    let locks = try locks(with: world)
    defer { withExtendedLifetime(locks) {} }
    let scratch = options.scratch ?? output.folder
    let (data, summary) = try StopRequest.endingOnSignals(cleanup: { removeUnfinished() }) {
      let source = try self.data.resolved(with: world, log: log)
      var read = try FitInput(source, companions: companions).read(
        for: Fitted.self, configuration,
        scratch: Fitted.keepsDataOnDisk(configuration) ? scratch : nil, with: world, log: log)
      try addFiles(to: &read.summary, with: world)
      return read
    }
    let store = CheckpointStore(
      folder: checkpoints.folder,
      identity: CheckpointIdentity(
        model: Fitted.name, settings: configuration.storedTree,
        dataFingerprint: summary.fingerprint, plan: data.plan,
        programVersion: options.programVersion))
    if let status = try leave(standing, to: store, log, finished, with: world) { return status }
    return try fit(
      Reading(data: data, summary: summary, store: store, record: record), log, stop, finished,
      with: world)
  }

  /// What a fit starts from.
  private struct Reading {
    let data: FitData
    let summary: DataSummary
    let store: CheckpointStore
    let record: RunRecord
  }

  private var writer: FitWriter {
    FitWriter(path: output.path, overwrite: output.overwrite)
  }

  /// Fits and writes.
  private func fit(
    _ read: Reading, _ log: ProgressLog, _ stop: StopRequest, _ finished: (History) -> Void,
    with world: borrowing Communicator
  ) throws -> ExitStatus {
    let (data, summary, store) = (read.data, read.summary, read.store)
    try world.agree(on: "check the output") { try writer.requireFit(for: summary) }
    if world.size > data.plan.laneCount {
      log.warning(
        "\(world.size) ranks share \(data.plan.laneCount) lanes: \(world.size - data.plan.laneCount) ranks have nothing to do"
      )
    }
    let model = try world.agree(on: "set up \(Fitted.name)") {
      try Fitted(configuration, for: summary)
    }
    let stores = [data.store].compactMap(\.self) + summary.companions.byteStores
    let lanes = try world.agree(on: "prepare the rows") {
      let lanes = try data.lanes(of: model)
      try stores.requireGood()
      return lanes
    }
    var state = FitState<Fitted>(shared: model.start(), lanes: lanes)
    try resumeOrClear(&state, store, log, with: world)
    let loop = FitLoop(
      model, on: Workers(threadCount: read.record.threads), log: log,
      checkpoints: checkpoints.schedule, readingFrom: stores)
    let ending = try loop.run(
      state, among: world, stopRequested: { stop.signal != nil },
      save: { state in
        try store.save(state, with: world)
        log.detail("checkpoint after step \(state.stepCount) in \(checkpoints.folder)")
      })
    let termination: Termination
    switch ending {
    case .finished(let last, let reason): (state, termination) = (last, reason)
    case .faulted(let last, let fault):
      (state, termination) = (last, .objectiveNotFinite)
      log.warning(
        "\(fault); the fit stops after step \(state.stepCount) with its last good state: try smaller steps"
      )
    case .interrupted(let last):
      log.note(
        "stopped after step \(last.stepCount); the checkpoint is in \(checkpoints.folder): the same command with --resume continues"
      )
      return .runAgain
    }
    if let damage = Fitted.damage(in: state.shared) {
      log.warning("\(damage); the fit is written nevertheless, to be looked into")
    }
    try write(model, state, termination, read, with: world)
    finished(state.history)
    log.note(
      "\(output.path): written after \(timeText(state.secondsSpent)) of fitting (\(termination))")
    return termination.isSuccess ? .success : .notConverged
  }

  /// Writes the fit, and clears its checkpoints.
  private func write(
    _ model: Fitted, _ state: FitState<Fitted>, _ termination: Termination, _ read: Reading,
    with world: borrowing Communicator
  ) throws {
    let shared = model.sharedOutput(state.shared)
    try writer.write(
      read.summary, rows: state.lanes.map { model.rowOutput(state.shared, $0) },
      ownRows: read.data.plan.rows(ofRank: world.rank, of: world.size), shared: shared,
      uns: uns(shared, state, termination, read), with: world)
    try read.store.clear(with: world)
  }

  /// Continues from the newest good checkpoint, or makes sure that an older fit's do not get in the way.
  private func resumeOrClear(
    _ state: inout FitState<Fitted>, _ store: CheckpointStore, _ log: ProgressLog,
    with world: borrowing Communicator
  ) throws {
    guard checkpoints.resume else {
      try world.agree(on: "look for checkpoints") {
        if world.isRoot, !output.overwrite, !store.steps().isEmpty {
          throw StorageError(
            file: checkpoints.folder,
            problem:
              "has checkpoints of an interrupted fit: --resume continues it, --overwrite starts afresh"
          )
        }
      }
      try store.clear(with: world)
      return
    }
    if checkpoints.dropsForeign { try store.removeForeign(with: world) }
    guard let resumption = try store.resume(&state, with: world) else {
      log.note("no checkpoint in \(checkpoints.folder): starting afresh")
      return
    }
    for refusal in resumption.refusals { log.warning(refusal) }
    log.note("continuing after step \(resumption.stepCount)")
  }

  private func uns(
    _ shared: SharedOutput, _ state: FitState<Fitted>, _ termination: Termination,
    _ read: Reading
  ) -> StoredTree {
    let (data, fingerprint, record) = (read.data, read.summary.fingerprint, read.record)
    var members: [String: StoredTree] = [
      "model": .string(Fitted.name), "version": .string(options.programVersion),
      "settings": configuration.storedTree, "history": state.history.storedTree,
      "termination": .string(termination.rawValue), "steps": .integer(Int64(state.stepCount)),
      "lanes": .integer(Int64(data.plan.laneCount)), "source": .string(data.source),
      "data_fingerprint": .string(fingerprint), "run": record.storedTree,
    ]
    if case .group(let parameters) = shared.parameters {
      members.merge(parameters) { own, _ in own }
    }
    return .group(members)
  }
}

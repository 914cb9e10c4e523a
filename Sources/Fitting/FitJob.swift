public import Collectives
import Foundation
import LinearAlgebra
public import Modeling
import Optimization
public import Storage

/// One fit from file to file: what `distfit fit` and every point of a sweep do.
public struct FitJob<Fitted: Model> {
  /// The data.
  public let input: String
  /// The modality of a MuData file; nil: the only one.
  public let modality: String?
  /// Genotypes that belong to them; nil: none.
  public let genotypes: GenotypeInput?
  /// Where its values are; nil: where they usually are.
  public let source: MatrixSource?
  /// The fit file.
  public let output: String
  /// Whether an existing fit may be replaced.
  public let overwrite: Bool
  /// Whether to continue from the newest checkpoint.
  public let resume: Bool
  /// Where checkpoints are.
  public let checkpointFolder: String
  /// When they are written.
  public let checkpoints: CheckpointSchedule
  /// The folder for data that stay outside of memory, if the model says so; nil: that of the output.
  public let scratch: String?
  /// Threads of each rank; nil: its share of the node's cores.
  public let threads: Int?
  /// The model's settings.
  public let configuration: Fitted.Configuration
  /// For the record.
  public let programVersion: String

  /// A job.
  public init(
    input: String, modality: String? = nil, genotypes: GenotypeInput? = nil, source: MatrixSource?,
    output: String,
    overwrite: Bool, resume: Bool,
    checkpointFolder: String, checkpoints: CheckpointSchedule, scratch: String? = nil,
    threads: Int?,
    configuration: Fitted.Configuration, programVersion: String
  ) {
    self.input = input
    self.modality = modality
    self.genotypes = genotypes
    self.source = source
    self.output = output
    self.overwrite = overwrite
    self.resume = resume
    self.checkpointFolder = checkpointFolder
    self.checkpoints = checkpoints
    self.scratch = scratch
    self.threads = threads
    self.configuration = configuration
    self.programVersion = programVersion
  }

  /// Reads, fits, writes.
  ///
  /// Collective.
  /// - Parameter finished: gets what the epochs measured, once the fit is written.
  /// - Returns: success, not converged, or run again after an interruption.
  /// - Throws: `CollectiveFailure` with one line on what is wrong.
  public func run(
    with world: borrowing Communicator, log: ProgressLog, stop: StopRequest,
    finished: (History) -> Void = { _ in }
  ) throws -> ExitStatus {
    let record = RunRecord(
      world, threads: threads ?? world.defaultThreadCount(), genotypes: genotypes?.request.file)
    let workers = Workers(threadCount: record.threads)
    record.announce(to: log)
    let writer = FitWriter(path: output, overwrite: overwrite || resume)
    try world.requireOutputs(
      [output], inputs: [input] + (genotypes?.files ?? []), overwrite: writer.overwrite)
    let (data, summary) = try FitInput(
      input, modality: modality, genotypes: genotypes, source: source
    ).read(
      for: Fitted.self, configuration,
      scratch: Fitted.keepsDataOnDisk(configuration) ? scratchFolder : nil, with: world, log: log)
    if world.size > data.plan.laneCount {
      log.warning(
        "\(world.size) ranks share \(data.plan.laneCount) lanes: \(world.size - data.plan.laneCount) ranks have nothing to do"
      )
    }
    let model = try world.agree(on: "set up \(Fitted.name)") {
      try Fitted(configuration, for: summary)
    }
    let stores = [data.store, summary.storedGenotypes?.store].compactMap(\.self)
    let lanes = try world.agree(on: "prepare the rows") {
      let lanes = try data.lanes(of: model)
      try stores.requireGood()
      return lanes
    }
    var state = FitState<Fitted>(shared: model.start(), lanes: lanes)
    let store = CheckpointStore(
      folder: checkpointFolder,
      identity: CheckpointIdentity(
        model: Fitted.name, settings: configuration.storedTree,
        dataFingerprint: summary.fingerprint, plan: data.plan,
        programVersion: programVersion))
    try resumeOrClear(&state, store, log, with: world)
    let loop = FitLoop(
      model, on: workers, log: log, checkpoints: checkpoints, readingFrom: stores)
    let ending = try loop.run(
      state, among: world, stopRequested: { stop.signal != nil },
      save: { state in
        try store.save(state, with: world)
        log.detail("checkpoint after step \(state.stepCount) in \(checkpointFolder)")
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
        "stopped after step \(last.stepCount); the checkpoint is in \(checkpointFolder): the same command with --resume continues"
      )
      return .runAgain
    }
    let shared = model.sharedOutput(state.shared)
    try writer.write(
      summary, rows: state.lanes.map { model.rowOutput(state.shared, $0) },
      ownRows: data.plan.rows(ofRank: world.rank, of: world.size), shared: shared,
      uns: uns(shared, state, termination, data, summary.fingerprint, record), with: world)
    try store.clear(with: world)
    finished(state.history)
    log.note("\(output): written after \(timeText(state.secondsSpent)) of fitting (\(termination))")
    return termination.isSuccess ? .success : .notConverged
  }

  private var scratchFolder: String {
    let folder = (output as NSString).deletingLastPathComponent
    return scratch ?? (folder.isEmpty ? "." : folder)
  }

  /// Continues from the newest good checkpoint, or makes sure that an older fit's do not get in the way.
  private func resumeOrClear(
    _ state: inout FitState<Fitted>, _ store: CheckpointStore, _ log: ProgressLog,
    with world: borrowing Communicator
  ) throws {
    guard resume else {
      try world.agree(on: "look for checkpoints") {
        if world.isRoot, !overwrite, !store.steps().isEmpty {
          throw StorageError(
            file: checkpointFolder,
            problem:
              "has checkpoints of an interrupted fit: --resume continues it, --overwrite starts afresh"
          )
        }
      }
      try store.clear(with: world)
      return
    }
    guard let resumption = try store.resume(&state, with: world) else {
      log.note("no checkpoint in \(checkpointFolder): starting afresh")
      return
    }
    for refusal in resumption.refusals { log.warning(refusal) }
    log.note("continuing after step \(resumption.stepCount)")
  }

  private func uns(
    _ shared: SharedOutput, _ state: FitState<Fitted>, _ termination: Termination,
    _ data: FitData, _ fingerprint: String, _ record: RunRecord
  ) -> StoredTree {
    var members: [String: StoredTree] = [
      "model": .string(Fitted.name), "version": .string(programVersion),
      "settings": configuration.storedTree, "history": state.history.storedTree,
      "termination": .string(termination.rawValue), "steps": .integer(Int64(state.stepCount)),
      "lanes": .integer(Int64(data.plan.laneCount)), "source": .string(data.source.description),
      "data_fingerprint": .string(fingerprint), "run": record.storedTree,
    ]
    if case .group(let parameters) = shared.parameters {
      members.merge(parameters) { own, _ in own }
    }
    return .group(members)
  }
}

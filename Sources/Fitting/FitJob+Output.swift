import Collectives
import Foundation
import Modeling
import Optimization
import Storage

/// The task of a failure where another run works on the same output or checkpoints.
public let lockTask = "keep other runs off"

/// What stands under the name of the output, and who may write there.
extension FitJob {
  /// Refuses outputs that cannot be written, and says what finished fit stands under the name, if the fit is to be resumed.
  ///
  /// Collective; only the first rank knows the finished fit.
  func prepare(with world: borrowing Communicator) throws(CollectiveFailure) -> FinishedFit? {
    try world.requireOutputs(
      [output.path], inputs: [data.path, data.selection.annotations] + companions.flatMap(\.files),
      overwrite: output.overwrite || checkpoints.resume)
    let isRoot = world.isRoot
    return try world.agree(on: "look for a finished fit") { () throws(StorageError) in
      guard isRoot, checkpoints.resume else { return nil }
      do throws(StorageError) {
        return try FinishedFit(at: output.path)
      } catch {
        if output.overwrite { return nil }
        throw error
      }
    }
  }

  /// The locks of the output and of the checkpoints; none but on the first rank.
  ///
  /// Collective.
  func locks(with world: borrowing Communicator) throws(CollectiveFailure) -> [RunLock] {
    let isRoot = world.isRoot
    return try world.agree(on: lockTask) {
      guard isRoot else { return [] }
      let folder = URL(fileURLWithPath: checkpoints.folder).deletingLastPathComponent()
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return [try RunLock(for: output.path), try RunLock(for: checkpoints.folder)]
    }
  }

  /// Adds the content of the files that settings name to the fingerprint of the data.
  ///
  /// Collective.
  func addFiles(
    to summary: inout DataSummary, with world: borrowing Communicator
  ) throws(CollectiveFailure) {
    let paths = Fitted.Configuration.settings.filter { $0.roles.contains(.input) }
      .flatMap { setting -> [String] in
        switch setting.value(in: configuration) {
        case .unset: []
        case .texts(let paths): paths
        case let path: [path.description]
        }
      }
    guard !paths.isEmpty else { return }
    var fingerprint = Fingerprint()
    fingerprint.add(summary.fingerprint)
    let isRoot = world.isRoot
    fingerprint = try world.agree(on: "read the settings' files") { () throws(StorageError) in
      var fingerprint = fingerprint
      if isRoot { for path in paths { try fingerprint.add(file: path) } }
      return fingerprint
    }
    summary.fingerprint = fingerprint.description
    world.broadcast(&summary.fingerprint)
  }

  /// The status of a finished fit that is this one, which is then left as it is; nil where there is something to fit.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure` where another fit stands there that may not be replaced.
  func leave(
    _ standing: FinishedFit?, to store: CheckpointStore, _ log: ProgressLog,
    _ finished: (History) -> Void, with world: borrowing Communicator
  ) throws(CollectiveFailure) -> ExitStatus? {
    guard checkpoints.resume else { return nil }
    let isLeft = try world.agree(on: "compare with the finished fit") {
      () throws(StorageError) -> Bool in
      guard let standing else { return false }
      guard let difference = try standing.difference(from: store.identity) else { return true }
      if !output.overwrite { throw standing.refusal(difference) }
      return false
    }
    var isDone = [isLeft]
    world.broadcast(&isDone)
    guard isDone[0] else { return nil }
    var isSuccess = [standing?.termination?.isSuccess ?? true]
    world.broadcast(&isSuccess)
    if world.isRoot { store.removeOwn() }
    if let standing { finished(standing.history) }
    log.note(
      "\(output.path): is the finished fit of these settings and data; nothing is left to do")
    return isSuccess[0] ? .success : .notConverged
  }
}

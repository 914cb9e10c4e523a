public import Collectives
public import Modeling
import Storage

/// Where a fit continues.
public struct Resumption: Sendable, Equatable {
  /// The step of the checkpoint that was used.
  public let stepCount: Int
  /// Why newer checkpoints were refused, the newest first; for the log.
  public let refusals: [String]
  /// The version of the program that wrote it.
  public let programVersion: String
}

extension CheckpointStore {
  /// Continues a fit from its newest checkpoint that is whole and belongs to it.
  ///
  /// Collective, on any number of ranks.
  ///
  /// A damaged or foreign checkpoint is refused with the reason, and the one before it is tried.
  /// - Parameter state: a fit before its first step, with the lanes that `identity.plan` gives this rank;
  ///   unchanged unless a checkpoint was used.
  /// - Returns: nil when there is no checkpoint at all.
  /// - Throws: `CollectiveFailure` with all reasons when there are checkpoints, and none can be used.
  public func resume<Fitted: Model>(
    _ state: inout FitState<Fitted>, with everyone: borrowing Communicator
  ) throws(CollectiveFailure) -> Resumption? {
    var candidates = everyone.isRoot ? steps() : []
    everyone.broadcast(&candidates)
    guard !candidates.isEmpty else { return nil }
    var refusals: [String] = []
    for step in candidates {
      do throws(CollectiveFailure) {
        let version = try load(step, into: &state, with: everyone)
        return Resumption(stepCount: step, refusals: refusals, programVersion: version)
      } catch {
        refusals.append(error.message)
      }
    }
    let folder = folder
    try everyone.agree(on: "resume") { () throws(StorageError) in
      throw StorageError(
        file: folder,
        problem: "none of the checkpoints can be used. \(refusals.joined(separator: " ")) "
          + "Start without --resume, or name another folder.")
    }
    return nil
  }

  /// Replaces the state by a checkpoint's, if it is whole everywhere; returns who wrote it.
  private func load<Fitted: Model>(
    _ step: Int, into state: inout FitState<Fitted>, with everyone: borrowing Communicator
  ) throws(CollectiveFailure) -> String {
    let path = "\(folder)/\(Self.name(ofStep: step))"
    let isRoot = everyone.isRoot
    let identity = identity
    // Rank 0 reads what everyone needs, so that a thousand ranks do not read it a thousand times.
    var (headerBytes, sharedBytes) = try everyone.agree(on: "read the checkpoint") {
      guard isRoot else { return ([UInt8](), [UInt8]()) }
      let file = try CheckpointFile(path)
      let bytes = try file.payload(.header)
      let header = try CheckpointHeader(Self.tree(bytes, of: path))
      if let difference = identity.difference(from: header.identity) {
        throw StorageError(file: path, problem: "does not belong to this fit: \(difference).")
      }
      return (bytes, try file.payload(.shared))
    }
    everyone.broadcast(&headerBytes)
    everyone.broadcast(&sharedBytes)
    let lanes = identity.plan.lanes(ofRank: everyone.rank, of: everyone.size)
    precondition(lanes.count == state.lanes.count, "the lanes are not those of the plan")
    let (header, shared, saved) = try everyone.agree(on: "read the lanes of the checkpoint") {
      let header = try CheckpointHeader(Self.tree(headerBytes, of: path))
      let shared = try Self.value(Fitted.Shared.self, sharedBytes, of: path)
      guard !lanes.isEmpty else { return (header, shared, [Fitted.Lane.Saved]()) }
      let file = try CheckpointFile(path)
      var saved: [Fitted.Lane.Saved] = []
      for lane in lanes {
        saved.append(try Self.value(Fitted.Lane.Saved.self, file.payload(.lane, lane), of: path))
      }
      return (header, shared, saved)
    }
    state.stepCount = header.stepCount
    state.secondsSpent = header.secondsSpent
    state.history = header.history
    state.shared = shared
    for index in state.lanes.indices { state.lanes[index].saved = saved[index] }
    return header.identity.programVersion
  }

  private static func tree(_ bytes: [UInt8], of path: String) throws(StorageError) -> StoredTree {
    do throws(StoredTreeError) {
      return try TreeBytes.decode(bytes)
    } catch {
      throw StorageError(file: path, problem: "is damaged: \(error).")
    }
  }

  private static func value<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], of path: String
  ) throws(StorageError) -> Value {
    let tree = try tree(bytes, of: path)
    do {
      return try TreeDecoder.decode(type, from: tree)
    } catch {
      throw StorageError(
        file: path, problem: "holds another state than this version of the program: \(error).")
    }
  }
}

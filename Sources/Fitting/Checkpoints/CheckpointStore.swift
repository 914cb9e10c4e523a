public import Collectives
import Glibc
public import Modeling
import Storage

/// A folder of checkpoints of one fit: `step-00000120`, and the one before it.
///
/// A checkpoint holds the step, the settings, the data's fingerprint, the shared state, and what every lane
/// saves under the lane's number. **No rank appears in it**: any number of ranks may resume, and gets the
/// same bits.
///
/// It is written by rank 0, lane after lane, so that no rank needs memory for more than one rank's lanes,
/// and under a temporary name until it is complete (`AtomicFile`): a kill never costs the one before.
public struct CheckpointStore: Sendable {
  /// The folder that holds the checkpoints of one fit.
  public let folder: String
  /// What the checkpoints belong to.
  public let identity: CheckpointIdentity
  /// How many are kept.
  public let keptCount: Int

  /// A store; the folder is created by the first `save`.
  ///
  /// - Precondition: at least one is kept.
  public init(folder: String, identity: CheckpointIdentity, keeping keptCount: Int = 2) {
    precondition(keptCount >= 1, "a store keeps at least one checkpoint")
    self.folder = folder
    self.identity = identity
    self.keptCount = keptCount
  }

  /// The name of the checkpoint of a step.
  public static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  /// Writes a checkpoint, and removes those of this fit that are not kept.
  ///
  /// Collective; after the same step on every rank. `state.lanes` are the lanes that `identity.plan` gives
  /// this rank.
  ///
  /// - Throws: `CollectiveFailure`: the folder or file cannot be written. Checkpoints that were there
  ///   before remain.
  public func save<Fitted: Model>(
    _ state: FitState<Fitted>, with everyone: borrowing Communicator
  ) throws(CollectiveFailure) {
    let lanes = identity.plan.lanes(ofRank: everyone.rank, of: everyone.size)
    precondition(lanes.count == state.lanes.count, "the lanes are not those of the plan")
    let isRoot = everyone.isRoot
    let mine = try everyone.agree(on: "encode the checkpoint") {
      try zip(lanes, state.lanes).flatMap { number, lane in
        try Self.record(.lane, number, TreeEncoder.encode(lane.saved))
      }
    }
    // What goes wrong at rank 0 is kept until all have given their lanes.
    let path = "\(folder)/\(Self.name(ofStep: state.stepCount))"
    var file: AtomicFile?
    var problem: (any Error)?
    if isRoot {
      do {
        try createFolder()
        file = try AtomicFile(path, overwrite: true)
        try file?.write(CheckpointRecord.magic)
        try file?.write(Self.record(.header, 0, CheckpointHeader(identity, state).tree()))
        try file?.write(Self.record(.shared, 0, TreeEncoder.encode(state.shared)))
      } catch {
        problem = error
      }
    }
    for rank in 0..<everyone.size {
      guard let parts = everyone.gather(everyone.rank == rank ? mine : []) else { continue }
      do {
        if problem == nil { try file?.write(parts[rank]) }
      } catch {
        problem = error
      }
    }
    let recordCount = 2 + identity.plan.laneCount
    do {
      let end = CheckpointRecord(kind: .end, index: recordCount, payload: [])
      if problem == nil { try file?.write(end.bytes) }
      if problem == nil { try file?.commit() }
    } catch {
      problem = error
    }
    try everyone.agree(on: "write the checkpoint") {
      if let problem { throw problem }
      if isRoot { removeOlder(than: state.stepCount) }
    }
  }

  /// Removes all checkpoints of this folder, whatever they belong to: for a fit that starts afresh.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure`: one cannot be removed.
  public func clear(with everyone: borrowing Communicator) throws(CollectiveFailure) {
    let isRoot = everyone.isRoot
    try everyone.agree(on: "remove old checkpoints") { () throws(StorageError) in
      guard isRoot else { return }
      for name in fileNames() where name.hasPrefix("step-") && name.contains(".partial-") {
        unlink("\(folder)/\(name)")
      }
      for step in steps() {
        let path = "\(folder)/\(Self.name(ofStep: step))"
        guard unlink(path) == 0 else { throw StorageError.system(path, "cannot be removed") }
      }
    }
  }

  /// Removes the checkpoints of this folder that belong to another fit, or to none.
  ///
  /// Collective.
  /// - Throws: `CollectiveFailure`: one cannot be removed.
  func removeForeign(with everyone: borrowing Communicator) throws(CollectiveFailure) {
    let isRoot = everyone.isRoot
    try everyone.agree(on: "remove foreign checkpoints") { () throws(StorageError) in
      guard isRoot else { return }
      for step in steps() where !isOwn(step) {
        let path = "\(folder)/\(Self.name(ofStep: step))"
        guard unlink(path) == 0 else { throw StorageError.system(path, "cannot be removed") }
      }
    }
  }

  /// Removes the checkpoints of this fit: it is finished.
  ///
  /// Local.
  func removeOwn() {
    for step in steps() where isOwn(step) { unlink("\(folder)/\(Self.name(ofStep: step))") }
  }

  /// The steps of the checkpoints there are, the newest first.
  ///
  /// Local.
  package func steps() -> [Int] {
    fileNames().compactMap { name in
      guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)),
        Self.name(ofStep: step) == name
      else { return nil }
      return step
    }.sorted(by: >)
  }
}

// MARK: - Files

extension CheckpointStore {
  private static func record(
    _ kind: CheckpointRecord.Kind, _ index: Int, _ tree: StoredTree
  ) -> [UInt8] {
    CheckpointRecord(kind: kind, index: index, payload: TreeBytes.encode(tree)).bytes
  }

  /// Creates the folder and those above it.
  private func createFolder() throws(StorageError) {
    var path = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      path += path.isEmpty || path == "/" ? String(part) : "/\(part)"
      if mkdir(path, 0o777) != 0, errno != EEXIST {
        throw .system(path, "cannot be created")
      }
    }
  }

  /// Keeps the last checkpoints of this fit up to this step, and whatever belongs to another fit.
  private func removeOlder(than step: Int) {
    let mine = steps().filter { $0 <= step && isOwn($0) }
    for old in mine.dropFirst(keptCount) { unlink("\(folder)/\(Self.name(ofStep: old))") }
    AtomicFile.removeLeftovers(in: folder) { $0.hasPrefix("step-") }
  }

  /// Whether a step's checkpoint belongs to this fit.
  private func isOwn(_ step: Int) -> Bool {
    let header = try? header(ofStep: step)
    return header.map { identity.difference(from: $0.identity) == nil } ?? false
  }

  /// The header of a step's checkpoint.
  private func header(ofStep step: Int) throws -> CheckpointHeader {
    let file = try CheckpointFile("\(folder)/\(Self.name(ofStep: step))")
    return try CheckpointHeader(TreeBytes.decode(file.payload(.header)))
  }

  private func fileNames() -> [String] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted()
  }
}

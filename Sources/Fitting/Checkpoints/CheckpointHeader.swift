public import Modeling

/// What a checkpoint belongs to: it continues this fit and no other.
public struct CheckpointIdentity: Sendable, Equatable {
  /// The model's name.
  public var model: String
  /// Every setting with its value.
  public var settings: StoredTree
  /// The data's fingerprint.
  public var dataFingerprint: String
  /// Rows of the data, and the lanes they are cut into.
  public var plan: LanePlan
  /// The program's version: noted, not compared; another version may give other bits.
  public var programVersion: String

  /// What a checkpoint of this fit belongs to.
  public init(
    model: String, settings: StoredTree, dataFingerprint: String, plan: LanePlan,
    programVersion: String
  ) {
    self.model = model
    self.settings = settings
    self.dataFingerprint = dataFingerprint
    self.plan = plan
    self.programVersion = programVersion
  }
}

/// The first record of a checkpoint file.
struct CheckpointHeader {
  /// The members that are plain values.
  private struct Facts: Codable {
    var model: String
    var dataFingerprint: String
    var rowCount: Int
    var laneCount: Int
    var programVersion: String
    var stepCount: Int
    var secondsSpent: Double
    var history: History
  }

  var identity: CheckpointIdentity
  var stepCount: Int
  var secondsSpent: Double
  var history: History

  init<Fitted: Model>(_ identity: CheckpointIdentity, _ state: FitState<Fitted>) {
    self.identity = identity
    stepCount = state.stepCount
    secondsSpent = state.secondsSpent
    history = state.history
  }

  init(_ tree: StoredTree) throws {
    let facts = try TreeDecoder.decode(Facts.self, from: tree["facts"] ?? .group([:]))
    identity = CheckpointIdentity(
      model: facts.model, settings: tree["settings"] ?? .group([:]),
      dataFingerprint: facts.dataFingerprint,
      plan: LanePlan(rowCount: max(0, facts.rowCount), laneCount: max(1, facts.laneCount)),
      programVersion: facts.programVersion)
    stepCount = facts.stepCount
    secondsSpent = facts.secondsSpent
    history = facts.history
  }

  func tree() throws -> StoredTree {
    let facts = Facts(
      model: identity.model, dataFingerprint: identity.dataFingerprint,
      rowCount: identity.plan.rowCount, laneCount: identity.plan.laneCount,
      programVersion: identity.programVersion, stepCount: stepCount, secondsSpent: secondsSpent,
      history: history)
    return .group(["facts": try TreeEncoder.encode(facts), "settings": identity.settings])
  }
}

extension CheckpointIdentity {
  /// Why a checkpoint of `other` does not continue this fit; nil where it does.
  func difference(from other: CheckpointIdentity) -> String? {
    if other.model != model {
      return "it is a fit of the model \(other.model), expected \(model)"
    }
    if let difference = Self.difference(of: settings, from: other.settings) { return difference }
    if other.plan != plan {
      return "it has \(other.plan.rowCount) rows in \(other.plan.laneCount) lanes, "
        + "expected \(plan.rowCount) rows in \(plan.laneCount) lanes"
    }
    if other.dataFingerprint != dataFingerprint {
      return "it was fitted to other data (fingerprint \(other.dataFingerprint), "
        + "expected \(dataFingerprint))"
    }
    return nil
  }

  /// The settings that differ, by name.
  private static func difference(of mine: StoredTree, from theirs: StoredTree) -> String? {
    guard mine != theirs, case .group(let mine) = mine, case .group(let theirs) = theirs else {
      return mine == theirs ? nil : "its settings are not stated"
    }
    // As texts: a fit file has no list without elements that says of what kind they would be.
    let names = Set(mine.keys).union(theirs.keys).sorted().filter {
      mine[$0] != theirs[$0] && text(mine[$0]) != text(theirs[$0])
    }
    if names.isEmpty { return nil }
    let parts = names.map { name in
      "--\(name) is \(text(theirs[name])), now \(text(mine[name]))"
    }
    return "it was written with other settings: \(parts.joined(separator: "; "))"
  }

  private static func text(_ tree: StoredTree?) -> String {
    guard let tree else { return "not known" }
    return SettingValue(storedTree: tree)?.description ?? tree.kind
  }
}

import Concurrency
import Modeling
import Models
import TestSupport

/// A fit between two steps: what everyone shares and what the lanes of one member save.
struct BatteryState<Fitted: CheckableModel>: Sendable {
  var shared: Fitted.Shared
  var saved: [Fitted.Lane.Saved]
  var reports: [StepReport] = []

  /// All numbers with their bits, so that NaN equals itself.
  func fingerprint() throws -> [UInt64] {
    try bits(TreeEncoder.encode(shared)) + saved.flatMap { try bits(TreeEncoder.encode($0)) }
  }
}

/// A model on battery data, cut into the same lanes whoever owns them.
struct BatteryFit<Fitted: CheckableModel>: Sendable {
  let model: Fitted
  let data: BatteryData
  /// Row ranges of the lanes.
  let lanes: [Range<Int>]

  /// A fit of an example's settings.
  init(_ example: ModelExample, _ data: BatteryData, lanes: [Range<Int>]? = nil) throws {
    model = try Fitted(try Self.configuration(of: example), for: data.summary)
    self.data = data
    let plan = LanePlan(rowCount: data.summary.rowCount, laneCount: 8)
    self.lanes = lanes ?? (0..<8).map(plan.rows(ofLane:))
  }

  /// A fit of the model's first example with other settings.
  init(_ data: BatteryData, lanes: [Range<Int>]? = nil, settings: [String: String] = [:]) throws {
    try self.init(Self.example(settings), data, lanes: lanes)
  }

  /// The model's first example with other settings.
  static func example(_ settings: [String: String]) -> ModelExample {
    Fitted.examples[0].varied(settings)
  }

  static func configuration(_ settings: [String: String] = [:]) throws -> Fitted.Configuration {
    try configuration(of: example(settings))
  }

  static func configuration(of example: ModelExample) throws -> Fitted.Configuration {
    var configuration = Fitted.Configuration()
    for (name, value) in example.settings.sorted(by: { $0.key < $1.key }) {
      try Fitted.Configuration.setting(named: name).set(value, in: &configuration)
    }
    try configuration.validate()
    return configuration
  }

  /// Takes steps from a state (or the start) with these members; what they share, and all lanes in order.
  ///
  /// - Returns: for every member the same shared state, checked by the caller through the fingerprints.
  func run(
    steps: Int, split: [Range<Int>]? = nil, threads: Int = 1,
    from state: BatteryState<Fitted>? = nil
  ) throws -> [BatteryState<Fitted>] {
    let split = split ?? [0..<lanes.count]
    return try SimulatedTeam(memberCount: split.count).run { member, everyone in
      let workers = Workers(threadCount: threads)
      var own = try split[member].map { try model.lane(from: data.rows(lanes[$0])) }
      if let state {
        for (position, lane) in split[member].enumerated() {
          own[position].saved = state.saved[lane]
        }
      }
      var shared = state?.shared ?? model.start()
      var reports: [StepReport] = []
      while reports.count < steps, reports.last?.termination == nil {
        reports.append(try model.step(&shared, &own, with: everyone, on: workers))
      }
      return BatteryState(shared: shared, saved: own.map(\.saved), reports: reports)
    }
  }

  /// The members' states as one: the first one's shared state, everyone's lanes.
  func joined(_ members: [BatteryState<Fitted>]) -> BatteryState<Fitted> {
    BatteryState(
      shared: members[0].shared, saved: members.flatMap(\.saved), reports: members[0].reports)
  }

  /// What stands in the fit file's `uns/distfit` for those who use the fit.
  func storedFit(_ shared: Fitted.Shared) -> StoredTree {
    var stored: [String: StoredTree] = [
      "model": .string(Fitted.name), "settings": model.configuration.storedTree,
    ]
    if case .group(let parameters) = model.sharedOutput(shared).parameters {
      stored.merge(parameters) { own, _ in own }
    }
    return .group(stored)
  }

  /// What the model says about all rows in the end.
  func output(_ state: BatteryState<Fitted>) throws -> [RowOutput] {
    try zip(lanes, state.saved).map { range, saved in
      var lane = try model.lane(from: data.rows(range))
      lane.saved = saved
      return model.rowOutput(state.shared, lane)
    }
  }
}

/// Every number and text of a tree, in the order of the names.
func bits(_ tree: StoredTree) -> [UInt64] {
  switch tree {
  case .group(let members):
    return members.keys.sorted().flatMap { bits(members[$0] ?? .flag(false)) }
  case .floats(let values, _): return values.map { UInt64($0.bitPattern) }
  case .doubles(let values, _): return values.map(\.bitPattern)
  case .integers(let values, _): return values.map { UInt64(bitPattern: $0) }
  case .flags(let values): return values.map { $0 ? 1 : 0 }
  case .strings(let texts): return texts.flatMap { $0.utf8.map(UInt64.init) + [256] }
  case .string(let text): return text.utf8.map(UInt64.init) + [256]
  case .number(let value): return [value.bitPattern]
  case .integer(let value): return [UInt64(bitPattern: value)]
  case .flag(let value): return [value ? 1 : 0]
  }
}

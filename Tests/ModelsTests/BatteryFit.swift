import LinearAlgebra
import Modeling
import Models
import TestSupport

/// Settings, by name, with which a model's battery stays small and still does all that it can do; a model that
/// joins the list adds its line.
let smallSettings: [String: [String: String]] = [
  "dgd": [
    // Ten steps in all: two epochs of two minibatches and validation, three steps of the test cells, the end.
    "latent": "3", "hidden": "8,6", "components": "3", "batch": "24", "epochs": "2",
    "frozen-epochs": "1", "embedding-steps": "3", "start": "published",
  ],
  // Genotypes as covariates; the first start may end within ten steps, all of them must not.
  "prrr": ["donor-key": "donor", "rank": "2", "tolerance": "1e-4"],
  "nn-prrr": ["donor-key": "donor", "baseline": "true", "rank": "2", "tolerance": "1e-6"],
  "rrr": ["donor-key": "donor", "rank": "2"],
  // Two starts, the first of which may end within ten steps; estimates at the end.
  "tblda": [
    "topics": "3", "check": "3", "restarts": "2", "tolerance": "1e-4", "evidence-draws": "2",
    "refinement": "0",
    "held-out-samples": "1",
  ],
]

/// Rows of counts that a model is fitted to in the battery.
struct BatteryData: Sendable {
  let summary: DataSummary
  let columnIndices: [[Int32]]
  let counts: [[UInt32]]
  let trueComponents: [Int]

  /// Simulated counts; `order` permutes the rows, `zeroRows` have no count.
  init(
    rowCount: Int = 60, columnCount: Int = 24, components: Int = 3, order: [Int]? = nil,
    zeroRows: Set<Int> = [], seed: Int = 3, density: Double = 0.3
  ) throws {
    var settings = DGDSimulator.Configuration()
    settings.cells = rowCount
    settings.genes = columnCount
    settings.components = components
    settings.density = density
    settings.seed = seed
    let made = try DGDSimulator(settings).rows(0..<rowCount)
    let order = order ?? Array(0..<rowCount)
    columnIndices = order.map { zeroRows.contains($0) ? [] : made.columnIndices[$0] }
    counts = order.map { zeroRows.contains($0) ? [] : made.counts[$0] }
    if case .categories(let codes, _, _)? = made.table["true_component"] {
      trueComponents = order.map { Int(codes[$0]) }
    } else {
      trueComponents = []
    }
    var totals = [Double](repeating: 0, count: columnCount)
    var maxima = totals
    var nonZeros = [Int](repeating: 0, count: columnCount)
    for (columns, values) in zip(columnIndices, counts) {
      for (column, value) in zip(columns, values) {
        totals[Int(column)] += Double(value)
        maxima[Int(column)] = max(maxima[Int(column)], Double(value))
        nonZeros[Int(column)] += 1
      }
    }
    var summary = DataSummary(
      rows: Table(
        names: order.map { "cell\($0)" },
        columns: [NamedColumn("donor", .strings(order.map { "donor\($0 % 13)" }))]),
      columns: Table(names: (0..<columnCount).map { "gene\($0)" }), columnTotals: totals,
      columnMaxima: maxima, columnNonZeros: nonZeros, fingerprint: "battery")
    summary.companions[Genotypes.self] = Self.genotypes
    self.summary = summary
  }

  /// Genotypes of twelve of the thirteen donors, some of them missing.
  private static let genotypes = Genotypes(
    donors: (0..<12).map { "donor\($0)" },
    variants: Table(names: (0..<20).map { "variant\($0)" }),
    dosages: (0..<240).map { index in
      index % 17 == 3 ? Genotypes.missing : UInt8(index * index % 7 % 3)
    })

  /// Some rows, as a file would give them.
  func rows(_ range: Range<Int>) throws -> RowData {
    var builder = CompressedCounts.Builder(columnCount: summary.columnCount)
    for row in range { try builder.appendRow(columns: columnIndices[row], values: counts[row]) }
    return RowData(rows: range, matrix: .counts(builder.build()))
  }
}

/// A fit between two steps: what everyone shares and what the lanes of one member save.
struct BatteryState<Fitted: Model>: Sendable {
  var shared: Fitted.Shared
  var saved: [Fitted.Lane.Saved]
  var reports: [StepReport] = []

  /// All numbers with their bits, so that NaN equals itself.
  func fingerprint() throws -> [UInt64] {
    try bits(TreeEncoder.encode(shared)) + saved.flatMap { try bits(TreeEncoder.encode($0)) }
  }
}

/// A model on battery data, cut into the same lanes whoever owns them.
struct BatteryFit<Fitted: Model>: Sendable {
  let model: Fitted
  let data: BatteryData
  /// Row ranges of the lanes.
  let lanes: [Range<Int>]

  init(_ data: BatteryData, lanes: [Range<Int>]? = nil, settings: [String: String] = [:]) throws {
    model = try Fitted(try Self.configuration(settings), for: data.summary)
    self.data = data
    let plan = LanePlan(rowCount: data.summary.rowCount, laneCount: 8)
    self.lanes = lanes ?? (0..<8).map(plan.rows(ofLane:))
  }

  static func configuration(_ settings: [String: String] = [:]) throws -> Fitted.Configuration {
    var configuration = Fitted.Configuration()
    let all = (smallSettings[Fitted.name] ?? [:]).merging(settings) { $1 }
    for name in all.keys.sorted() {
      try Fitted.Configuration.setting(named: name).set(all[name] ?? "", in: &configuration)
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

/// The floating-point numbers of a tree, in the order of the names.
func numbers(_ tree: StoredTree) -> [Double] {
  switch tree {
  case .group(let members):
    return members.keys.sorted().flatMap { numbers(members[$0] ?? .flag(false)) }
  case .floats(let values, _): return values.map(Double.init)
  case .doubles(let values, _): return values
  case .number(let value): return [value]
  default: return []
  }
}

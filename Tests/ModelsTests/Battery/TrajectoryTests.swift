import Foundation
import LinearAlgebra
import Modeling
import Models
import Storage
import TestSupport
import Testing

/// What ten steps of every example lead to, against a record: so silent changes of a computation show.
///
/// Hashes tell whether bits are the same, and bits depend on the products' kernels and the system's mathematical
/// library: where these are others than the record's, the test is skipped.
///
/// `DISTFIT_RECORD=1 swift test --filter TrajectoryTests` writes the record anew. A commit that does so says
/// what has changed and why.
struct TrajectoryTests {
  @Test(
    .enabled(
      if: Trajectories.recorded.isOfThisMachine, "the record is of \(Trajectories.recorded.machine)"
    ),
    arguments: ListedModel.all)
  func tenStepsLeadWhereTheyLed(_ model: ListedModel) throws {
    let found = try Trajectory(of: model)
    #expect(found == Trajectories.recorded.examples[model.testDescription])
  }

  @Test(.enabled(if: Trajectories.isRecorded || Trajectories.isToBeRecorded, "nothing is recorded"))
  func theRecordHasTheExamplesThereAre() throws {
    if Trajectories.isToBeRecorded { try Trajectories.record() }
    let names = Set(ListedModel.all.map(\.testDescription))
    #expect(names.count == ListedModel.all.count, "two examples are called the same")
    #expect(Set(Trajectories.recorded.examples.keys) == names)
  }
}

/// The record.
struct Trajectories: Codable {
  /// OpenBLAS's kernels, the C library.
  let machine: String
  let examples: [String: Trajectory]

  var isOfThisMachine: Bool { machine == Self.machine }

  private static var machine: String {
    var version = [CChar](repeating: 0, count: 64)
    _ = confstr(Int32(_CS_GNU_LIBC_VERSION), &version, version.count)
    let name = String(
      decoding: version.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return "OpenBLAS \(BLASRuntime.current.coreName), \(name)"
  }

  static var recorded: Trajectories {
    (try? Reference.json("trajectories.json", as: Trajectories.self))
      ?? Trajectories(machine: "no machine", examples: [:])
  }

  static var isRecorded: Bool { !recorded.examples.isEmpty }

  static let isToBeRecorded = ProcessInfo.processInfo.environment["DISTFIT_RECORD"] != nil

  static func record() throws {
    var examples: [String: Trajectory] = [:]
    for model in ListedModel.all { examples[model.testDescription] = try Trajectory(of: model) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(Trajectories(machine: machine, examples: examples))
      .write(to: Reference.url("trajectories.json"))
  }
}

/// Hashes of a fit after ten steps, or of its end where it comes before.
struct Trajectory: Codable, Equatable {
  /// Steps taken.
  let steps: Int
  /// The measures of all steps, in order.
  let measures: String
  /// All floating-point numbers of the shared state and the lanes, whatever their names and order; zeros do not
  /// count. So it stays when a state is only arranged in another way.
  let state: String
  /// What would be written about rows.
  let rows: String
  /// What would be written about columns and the whole.
  let shared: String

  init(of model: ListedModel) throws {
    func trajectory<Fitted: CheckableModel>(_ type: Fitted.Type) throws -> Trajectory {
      let fit = try BatteryFit<Fitted>(model.example, BatteryData(model.example.data))
      return try Trajectory(fit, fit.run(steps: 10)[0])
    }
    self = try trajectory(model.type)
  }

  private init<Fitted: CheckableModel>(_ fit: BatteryFit<Fitted>, _ end: BatteryState<Fitted>)
    throws
  {
    steps = end.reports.count
    var hash = Fingerprint()
    for measure in end.reports.flatMap(\.measures) {
      hash.add(measure.name)
      hash.add(measure.value)
    }
    measures = hash.description
    var sum: UInt64 = 0
    for tree in try [TreeEncoder.encode(end.shared)] + end.saved.map({ try TreeEncoder.encode($0) })
    {
      for number in tree.numberArrays.flatMap(\.values) where number != 0 {
        var hash = Fingerprint()
        hash.add(number)
        sum &+= hash.value
      }
    }
    state = String(sum, radix: 16)
    hash = Fingerprint()
    for output in try fit.output(end) {
      hash.add(output.columns)
      hash.add(output.matrices)
    }
    rows = hash.description
    hash = Fingerprint()
    hash.add(fit.model.sharedOutput(end.shared))
    shared = hash.description
  }
}

extension Fingerprint {
  fileprivate mutating func add(_ columns: [NamedColumn]) {
    for column in columns { add("\(column)") }
  }

  fileprivate mutating func add(_ matrices: [NamedMatrix]) {
    for matrix in matrices {
      add(matrix.name)
      add(matrix.width)
      for element in matrix.elements { add(Double(element)) }
    }
  }

  fileprivate mutating func add(_ table: Table) {
    table.names.forEach { add($0) }
    add(table.columns)
  }

  fileprivate mutating func add(_ output: SharedOutput) {
    add(output.columns)
    add(output.matrices)
    for word in bits(output.parameters) { add(Int(bitPattern: UInt(word))) }
    if let modality = output.modality {
      add(modality.rows)
      add(modality.columns)
      add(modality.rowMatrices + modality.columnMatrices)
    }
    guard let networks = output.networks else { return }
    networks.chosenColumns.forEach { add($0) }
    for graph in networks.rowGraphs + networks.columnGraphs {
      graph.rowStarts.forEach { add($0) }
      graph.columns.forEach { add(Int($0)) }
      graph.weights.forEach { add(Double($0)) }
    }
    add(networks.rowMatrices + networks.columnMatrices + [networks.values])
  }
}

import Modeling
import Models
import Optimization
import SixthModel
import TestSupport
import Testing

/// A model of the list and one of its examples, as an argument of a test.
struct ListedModel: Sendable, CustomTestStringConvertible {
  let type: any CheckableModel.Type
  let example: ModelExample
  /// Whether it is its model's first example.
  let isFirst: Bool

  /// `tblda --inference stochastic`.
  var testDescription: String {
    isFirst ? type.name : "\(type.name) \(example)"
  }

  /// Ways to give eight lanes to a team: all of them for a model's first example, a few for its variants.
  var splits: [[Range<Int>]] {
    let all = SimulatedTeam.splits(ofLanes: 8)
    return isFirst ? all : stride(from: 0, to: all.count, by: 17).map { all[$0] }
  }

  /// Whether it is one of those that the program offers.
  var isOffered: Bool { allModels.contains { $0.name == type.name } }

  static let all = (allModels + [ProbabilisticPCA.self]).flatMap { type in
    type.examples.enumerated().map { ListedModel(type: type, example: $1, isFirst: $0 == 0) }
  }

  /// Every model once.
  static let firsts = all.filter(\.isFirst)
}

/// What every model of the list has to stand: bits, resuming, awkward rows, settings.
struct ModelBattery {
  @Test(arguments: ListedModel.all)
  func tenStepsHaveTheSameBitsForEverySplitOfTheLanes(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(model.example, BatteryData(model.example.data))
      let expected = try fit.joined(fit.run(steps: 10)).fingerprint()
      #expect(!expected.isEmpty)
      for split in model.splits {
        let members = try fit.run(steps: 10, split: split)
        #expect(try fit.joined(members).fingerprint() == expected, "\(split)")
        let shared = try members.map { try bits(TreeEncoder.encode($0.shared)) }
        #expect(shared.allSatisfy { $0 == shared[0] }, "\(split)")
      }
      for split in [[0..<8], [0..<3, 3..<8]] {
        let members = try fit.run(steps: 10, split: split, threads: 2)
        #expect(try fit.joined(members).fingerprint() == expected, "2 threads, \(split)")
      }
    }
    try check(model.type)
  }

  @Test(arguments: ListedModel.all)
  func aFitResumedByAnotherTeamEndsWithTheSameBits(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(model.example, BatteryData(model.example.data))
      let expected = try fit.joined(fit.run(steps: 10)).fingerprint()
      let half = fit.joined(try fit.run(steps: 5, split: [0..<2, 2..<5, 5..<8]))
      guard model.example.exceptions[.tenSteps] == nil else {
        #expect(half.reports.last?.termination != nil, "there is something to resume")
        return
      }
      // Through the form that a checkpoint has.
      let stored = BatteryState<Fitted>(
        shared: try TreeDecoder.decode(
          Fitted.Shared.self, from: TreeEncoder.encode(half.shared)),
        saved: try half.saved.map {
          try TreeDecoder.decode(Fitted.Lane.Saved.self, from: TreeEncoder.encode($0))
        })
      let members = try fit.run(steps: 5, split: [0..<7, 7..<8], threads: 2, from: stored)
      #expect(try fit.joined(members).fingerprint() == expected)
      #expect(try half.fingerprint() != expected, "the steps after the resumption do nothing")
    }
    try check(model.type)
  }

  @Test(arguments: ListedModel.all)
  func anEmptyLaneChangesNothing(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let data = try BatteryData(model.example.data)
      let (half, end) = (model.example.data.rowCount / 2, model.example.data.rowCount)
      let plain = try BatteryFit<Fitted>(model.example, data, lanes: [0..<half, half..<end])
      let padded = try BatteryFit<Fitted>(
        model.example, data,
        lanes: [0..<0, 0..<half, half..<half, half..<end, end..<end])
      let expected = try plain.run(steps: 10)[0]
      let found = try padded.run(steps: 10)[0]
      #expect(
        try bits(TreeEncoder.encode(found.shared)) == bits(TreeEncoder.encode(expected.shared)))
      #expect(
        try [found.saved[1], found.saved[3]].flatMap { try bits(TreeEncoder.encode($0)) }
          == expected.saved.flatMap { try bits(TreeEncoder.encode($0)) })
    }
    try check(model.type)
  }

  @Test(arguments: ListedModel.all)
  func rowsWithoutCountsStayFinite(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(
        model.example, BatteryData(model.example.data, zeroRows: [0, 7, 31, 59]))
      let end = try fit.run(steps: 1000)[0]
      let termination = try #require(end.reports.last?.termination)
      #expect(termination != .objectiveNotFinite)
      #expect(Fitted.damage(in: end.shared) == nil)
      for output in try fit.output(end) {
        #expect(output.matrices.allSatisfy { $0.elements.allSatisfy { $0.isFinite } })
        for named in output.columns where !model.example.unknown.contains(named.name) {
          if case .numbers(let values) = named.column {
            #expect(values.allSatisfy { $0.isFinite }, "\(named.name)")
          }
        }
      }
    }
    try check(model.type)
  }

  @Test(arguments: ListedModel.all)
  func settingsRoundTripAndOnesOutOfRangeAreRefusedByName(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let small = try BatteryFit<Fitted>.configuration(of: model.example)
      #expect(try Fitted.Configuration(storedTree: small.storedTree) == small)
      #expect(small != Fitted.Configuration() || model.example.settings.isEmpty)
      var names: Set<String> = []
      for setting in Fitted.Configuration.settings {
        #expect(names.insert(setting.name).inserted, "\(setting.name) stands twice")
        #expect(setting.summary.hasSuffix("."), "\(setting.name): one sentence")
        #expect(setting.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
        // The default can be stated.
        var configuration = small
        let value = setting.value(in: Fitted.Configuration())
        try setting.set(value, in: &configuration)
        #expect(setting.value(in: configuration) == value)
        // Nonsense cannot; texts are the exception: any name of a column is possible.
        guard
          !setting.placeholder.hasPrefix("<") || setting.placeholder.contains("integer")
            || setting.placeholder.contains("number")
        else { continue }
        let error = #expect(throws: SettingError.self) {
          try setting.set("nonsense", in: &configuration)
        }
        #expect(error?.description.hasPrefix("--\(setting.name): ") == true)
        guard
          setting.placeholder.hasPrefix("<integer>") || setting.placeholder.hasPrefix("<number>")
        else { continue }
        let range = #expect(throws: SettingError.self) { try setting.set("-1", in: &configuration) }
        #expect(range?.name == setting.name)
        #expect(throws: SettingError.self) { try setting.set("nan", in: &configuration) }
      }
    }
    try check(model.type)
  }
}

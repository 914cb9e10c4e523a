import Modeling
import Models
import Optimization
import TestSupport
import Testing

/// A model of the list with a line in `smallSettings`, as an argument of a test.
struct ListedModel: Sendable, CustomTestStringConvertible {
  let type: any Model.Type
  /// Settings beside those of `smallSettings`.
  var variant: [String: String] = [:]
  var testDescription: String {
    ([type.name] + variant.sorted { $0.key < $1.key }.map { "--\($0.key) \($0.value)" })
      .joined(separator: " ")
  }

  static let all =
    allModels.filter { smallSettings[$0.name] != nil }.map { ListedModel(type: $0) } + [
      ListedModel(type: PRRR.self, variant: ["full-rank": "true", "tolerance": "0"]),
      ListedModel(type: PRRR.self, variant: ["inference": "variational", "tolerance": "1"]),
      ListedModel(type: NonnegativePRRR.self, variant: ["inference": "map"]),
      ListedModel(type: GaussianRRR.self, variant: ["penalty": "0.05", "tolerance": "1e-3"]),
      ListedModel(
        type: GaussianRRR.self, variant: ["penalty": "0.05", "rank": "none", "tolerance": "1e-3"]),
    ]
}

/// What every model of the list has to stand: bits, resuming, awkward rows, settings.
struct ModelBattery {
  @Test(arguments: ListedModel.all)
  func tenStepsHaveTheSameBitsForEverySplitOfTheLanes(_ model: ListedModel) throws {
    func check<Fitted: Model>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(BatteryData(), settings: model.variant)
      let expected = try fit.joined(fit.run(steps: 10)).fingerprint()
      #expect(!expected.isEmpty)
      for split in SimulatedTeam.splits(ofLanes: 8) {
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
    func check<Fitted: Model>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(BatteryData(), settings: model.variant)
      let expected = try fit.joined(fit.run(steps: 10)).fingerprint()
      let half = fit.joined(try fit.run(steps: 5, split: [0..<2, 2..<5, 5..<8]))
      // Least squares are done in one step: there is nothing to resume.
      if half.reports.last?.termination != nil {
        #expect(model.type.name == GaussianRRR.name)
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
      let nine = fit.joined(try fit.run(steps: 9))
      guard nine.reports.last?.termination == nil else {
        #expect(!model.variant.isEmpty, "ends before its tenth step")
        return
      }
      #expect(try nine.fingerprint() != expected, "the tenth step does nothing")
    }
    try check(model.type)
  }

  @Test(arguments: ListedModel.all)
  func anEmptyLaneChangesNothing(_ model: ListedModel) throws {
    func check<Fitted: Model>(_ type: Fitted.Type) throws {
      let data = try BatteryData()
      let halves = [0..<30, 30..<60]
      let plain = try BatteryFit<Fitted>(data, lanes: halves, settings: model.variant)
      let padded = try BatteryFit<Fitted>(
        data, lanes: [0..<0, 0..<30, 30..<30, 30..<60, 60..<60], settings: model.variant)
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
    func check<Fitted: Model>(_ type: Fitted.Type) throws {
      let fit = try BatteryFit<Fitted>(
        BatteryData(zeroRows: [0, 7, 31, 59]), settings: model.variant)
      let end = try fit.run(steps: 1000)[0]
      #expect(end.reports.last?.termination?.isSuccess == true)
      #expect(try numbers(TreeEncoder.encode(end.shared)).allSatisfy { $0.isFinite })
      for output in try fit.output(end) {
        #expect(output.matrices.allSatisfy { $0.elements.allSatisfy { $0.isFinite } })
        for named in output.columns {
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
    func check<Fitted: Model>(_ type: Fitted.Type) throws {
      let small = try BatteryFit<Fitted>.configuration(model.variant)
      #expect(try Fitted.Configuration(storedTree: small.storedTree) == small)
      #expect(small != Fitted.Configuration())
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

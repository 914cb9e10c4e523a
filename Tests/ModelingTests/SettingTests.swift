import Modeling
import Testing

private struct Sample: ModelConfiguration {
  enum Kind: String, CaseIterable, Sendable { case softplus, sigmoid }
  var components = 9
  var rate = 0.1
  var kind = Kind.softplus
  var isOn = false
  var widths = [100, 100]
  var limit: Double?
  var label: String?
  var names: [String] = []

  static let settings: [Setting<Sample>] = [
    .integer("components", \.components, in: 1...1000, "Components."),
    .number("learning-rate", \.rate, in: 0...1, "Rate."),
    .choice("output", \.kind, "Output."),
    .flag("supervised", \.isOn, "On."),
    .integers("hidden", \.widths, in: 1...10_000, "Widths."),
    .optionalNumber("limit", \.limit, in: 0...10, "Limit."),
    .text("labels", \.label, "<column>", "Labels."),
    .texts("covariates", \.names, "<column>,…", "Covariates."),
  ]
}

@Suite struct SettingTests {
  @Test(arguments: [
    ("components", "18", "18"), ("learning-rate", "1e-3", "0.001"),
    ("output", "sigmoid", "sigmoid"),
    ("supervised", "true", "true"), ("hidden", "32,16", "32,16"), ("hidden", "none", ""),
    ("limit", "2.5", "2.5"), ("limit", "none", "none"), ("labels", "cell_type", "cell_type"),
    ("covariates", "age,batch", "age,batch"),
  ])
  func aTextSetsTheValueAndReadsBack(name: String, text: String, shown: String) throws {
    var sample = Sample()
    let setting = try Sample.setting(named: name)
    try setting.set(text, in: &sample)
    #expect(setting.value(in: sample).description == shown)
  }

  @Test(arguments: [
    ("components", "0", "between 1 and 1000"), ("components", "x", "<integer>"),
    ("learning-rate", "2", "between 0.0 and 1.0"), ("output", "sigmod", "did you mean \"sigmoid\""),
    ("hidden", "3,,4", "<integer>"), ("hidden", "3,0", "between 1 and 10000"),
    ("supervised", "maybe", "true|false"),
  ])
  func aBadValueIsRefusedByName(name: String, text: String, reason: String) throws {
    var sample = Sample()
    let setting = try Sample.setting(named: name)
    #expect {
      try setting.set(text, in: &sample)
    } throws: { error in
      "\(error)".hasPrefix("--\(name): ") && "\(error)".contains(reason)
    }
    #expect(sample == Sample())
  }

  @Test(arguments: [
    ("component", "components"), ("learning_rte", "learning-rate"), ("suprevised", "supervised"),
  ])
  func anUnknownNameGetsTheNearest(word: String, nearest: String) {
    #expect {
      try Sample.setting(named: word)
    } throws: { error in
      "\(error)".contains("did you mean --\(nearest)?")
    }
  }

  @Test func aNameLikeNoOtherGetsNoSuggestion() {
    #expect(nearestName(to: "zzzzzz", among: Sample.settings.map(\.name)) == nil)
  }

  @Test func storedSettingsComeBack() throws {
    var sample = Sample()
    sample.widths = [5]
    sample.limit = 3
    sample.kind = .sigmoid
    sample.names = ["a", "b"]
    #expect(try Sample(storedTree: sample.storedTree) == sample)
    #expect(try Sample(storedTree: Sample().storedTree) == Sample())
  }

  @Test func aStoredSettingThatIsNotKnownIsRefused() {
    #expect(throws: SettingError.self) {
      try Sample(storedTree: .group(["componets": .integer(3)]))
    }
  }
}

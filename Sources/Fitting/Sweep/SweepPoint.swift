import Collectives
public import Modeling

/// One fit of a sweep.
public struct SweepPoint: Sendable, Equatable {
  /// Readable, unique within the sweep, and good for a folder: `components=10,seed=3`.
  public internal(set) var name: String
  /// What distinguishes the point: the settings of the axes.
  public let varied: [SweepPlan.Assignment]
  /// All settings: the varied ones and those common ones that they do not replace.
  public let settings: [SweepPlan.Assignment]
  /// How long the fit will take, in any unit that is the same for all points. The longest start first, and
  /// the time left is told by it.
  public var predictedCost: Double = 1

  /// A point of a plan.
  public init(varied: [SweepPlan.Assignment], common: [SweepPlan.Assignment]) {
    self.varied = varied
    settings = common.filter { one in !varied.contains { $0.name == one.name } } + varied
    name = Self.name(varied)
    if name.utf8.count > 120 { name = "\(name.prefix(100))-\(fingerprint.prefix(8))" }
  }

  /// The value of a setting; nil where the point leaves it to its default.
  public func value(of name: String) -> SettingValue? {
    settings.last { $0.name == name }?.value
  }

  /// The words of `distfit fit` that make this fit: model, input, then `--name=value` by name.
  public var arguments: [String] {
    var words: [String] = []
    if let model = value(of: "model") { words.append(model.description) }
    if let input = value(of: "input") { words.append(input.description) }
    let others = settings.filter { !["model", "input"].contains($0.name) }
    return words + others.map { "--\($0.name)=\($0.value)" }.sorted()
  }

  /// 16 hexadecimal digits that change with any setting.
  public var fingerprint: String {
    let digits = String(
      Checksum.of(arguments.joined(separator: "\n")), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func name(_ assignments: [SweepPlan.Assignment]) -> String {
    if assignments.isEmpty { return "fit" }
    return assignments.map { assignment in
      var text = assignment.value.description
      // Data sets are known by their file's name.
      if let slash = text.lastIndex(of: "/") { text = String(text[text.index(after: slash)...]) }
      for ending in [".h5ad", ".h5", ".gz", ".tsv"] where text.hasSuffix(ending) {
        text.removeLast(ending.count)
      }
      let safe = text.map { character in
        character.isASCII
          && (character.isLetter || character.isNumber || ".+-_".contains(character))
          ? character : "-"
      }
      return "\(assignment.name)=\(String(safe))"
    }.joined(separator: ",")
  }
}

import Commands
import Fitting
import Foundation
import Modeling
import Yams

/// A sweep's plan as YAML:
///
///     model: dgd                       # settings of all points, as in a run file
///     input: counts.h5ad
///     epochs: 200
///     sweep:                           # axes: all their combinations
///       components: [5, 10, 20]        # a list
///       seed: 1..5                     # a range; 0.1..0.5 by 0.1
///       datasets: [a.h5ad, b.h5ad]     # the same as input
///       chromosome-pairs: 1..22        # gene-chromosome × variant-chromosome: 484
///       zip:                           # these walk together
///         latent: [10, 20]
///         hidden: [[100], [100, 200]]
///     include:                         # further points
///       - {components: 50, seed: 1}
///     exclude:                         # all that match every line of a pattern
///       - {components: 20, seed: [4, 5]}
enum SweepPlanFile {
  /// Reads a plan.
  ///
  /// - Throws: `UsageError` naming the file and the member.
  static func read(_ path: String) throws -> SweepPlan {
    let members = try RunFile.members(path: path)
    var plan = SweepPlan()
    do {
      for (key, value) in members {
        switch key.string ?? "" {
        case "sweep": plan.axes = try axes(value)
        case "include": plan.included = try patterns(value, "include").flatMap(product)
        case "exclude": plan.excluded = try patterns(value, "exclude")
        case let key:
          let name = try settingName(key)
          if case .mapping = value {
            throw UsageError("\(name) is no simple value; axes stand under \"sweep:\"")
          }
          let setting = try RunFile.value(value, of: name)
          try requireShared(name, [setting])
          plan.common.append(.init(name, setting))
        }
      }
    } catch let error as UsageError {
      throw UsageError("\(path): \(error.description)")
    }
    return plan
  }

  private static func settingName(_ name: String) throws(UsageError) -> String {
    guard !name.isEmpty else { throw UsageError("expected lines of the form \"name: value\"") }
    return name == "datasets" ? "input" : Commands.settingName(name)
  }

  /// Refuses what belongs to one fit and not to many: where it is written and kept, and how it goes on.
  private static func requireShared(
    _ name: String, _ values: [SettingValue]
  ) throws(UsageError) {
    switch name {
    // The sweep says where; a plan may say what kind of file.
    case "output":
      for value in values where !["fit.h5ad", "fit.h5mu"].contains(value.description) {
        throw UsageError(
          "output: each point is written into its own folder under the sweep's --output; a plan can only say which kind, fit.h5ad or fit.h5mu"
        )
      }
    case "checkpoints":
      throw UsageError(
        "checkpoints: each point keeps its own, beside its fit; one folder for all would mix them")
    case "resume", "overwrite":
      throw UsageError(
        "\(name): is no setting of a point; a sweep that is run again goes on where it stopped")
    case "config": throw UsageError("config: write the run file's lines into the plan")
    default: break
    }
  }

  private static func axes(_ node: Node) throws -> [SweepPlan.Axis] {
    guard let members = node.mapping else {
      throw UsageError("sweep: expected axes of the form \"name: [values]\"")
    }
    return try members.flatMap { key, value -> [SweepPlan.Axis] in
      switch try settingName(key.string ?? "") {
      case "zip": return [try zip(value)]
      case "chromosome-pairs":
        let chromosomes = try values(value, "chromosome-pairs")
        return [
          SweepPlan.Axis("gene-chromosome", chromosomes),
          SweepPlan.Axis("variant-chromosome", chromosomes),
        ]
      case let name: return [SweepPlan.Axis(name, try values(value, name))]
      }
    }
  }

  private static func zip(_ node: Node) throws -> SweepPlan.Axis {
    let columns = try (node.mapping ?? [:]).map { key, value in
      let name = try settingName(key.string ?? "")
      return (name: name, values: try values(value, name))
    }
    guard let count = columns.first?.values.count,
      columns.allSatisfy({ $0.values.count == count })
    else {
      let counts = columns.map { "\($0.name) \($0.values.count)" }.joined(separator: ", ")
      throw UsageError("zip: its lists must be of one length, found \(counts)")
    }
    return SweepPlan.Axis(
      entries: (0..<count).map { place in columns.map { .init($0.name, $0.values[place]) } })
  }

  private static func patterns(
    _ node: Node, _ name: String
  ) throws -> [[(name: String, values: [SettingValue])]] {
    guard let sequence = node.sequence else {
      throw UsageError("\(name): expected a list of {name: value, …}")
    }
    return try sequence.map { entry in
      guard let members = entry.mapping, !members.isEmpty else {
        throw UsageError("\(name): expected {name: value, …}")
      }
      return try members.map { key, value in
        let name = try settingName(key.string ?? "")
        return (name, try values(value, name))
      }
    }
  }

  private static func product(
    _ pattern: [(name: String, values: [SettingValue])]
  ) throws -> [[SweepPlan.Assignment]] {
    var points: [[SweepPlan.Assignment]] = [[]]
    for part in pattern {
      guard
        points.count.multipliedReportingOverflow(by: part.values.count).partialValue
          <= SweepPlan.mostPoints, part.values.count <= SweepPlan.mostPoints
      else {
        throw UsageError("include: an entry has more than \(SweepPlan.mostPoints) points")
      }
      points = points.flatMap { point in part.values.map { point + [.init(part.name, $0)] } }
    }
    return points
  }

  /// A list's values, those of a range `a..b` or `a..b by c`, or the one value.
  private static func values(_ node: Node, _ name: String) throws -> [SettingValue] {
    let values = try allValues(node, name)
    try requireShared(name, values)
    return values
  }

  private static func allValues(_ node: Node, _ name: String) throws -> [SettingValue] {
    if let sequence = node.sequence { return try sequence.map { try RunFile.value($0, of: name) } }
    if let text = node.string, let range = text.firstRange(of: ".."), isRange(text, range) {
      return try self.range(text, range, name)
    }
    return [try RunFile.value(node, of: name)]
  }

  /// Whether dots stand between numbers: `../data.h5ad` is a file.
  private static func isRange(_ text: String, _ dots: Range<String.Index>) -> Bool {
    let start = text[..<dots.lowerBound]
    return !start.isEmpty && start.allSatisfy { $0.isNumber || "+-.eE ".contains($0) }
  }

  private static func range(
    _ text: String, _ dots: Range<String.Index>, _ name: String
  ) throws -> [SettingValue] {
    let rest = text[dots.upperBound...].components(separatedBy: " by ")
    let low = text[..<dots.lowerBound].trimmingCharacters(in: .whitespaces)
    let high = rest[0].trimmingCharacters(in: .whitespaces)
    let step = rest.count > 1 ? rest[1].trimmingCharacters(in: .whitespaces) : "1"
    if rest.count < 3, let low = Int(low), let high = Int(high), let step = Int(step), step > 0,
      high >= low
    {
      let (length, overflow) = high.subtractingReportingOverflow(low)
      guard !overflow, length / step < SweepPlan.mostPoints else { throw tooLong(text, name) }
      return (0...length / step).map { .integer(low + $0 * step) }
    }
    guard rest.count < 3, let low = Double(low), let high = Double(high), let step = Double(step),
      step > 0, high >= low, high.isFinite, step.isFinite
    else {
      throw UsageError("\(name): \"\(text)\" is no range: 1..5, or 0.1..0.5 by 0.1")
    }
    guard (high - low) / step < Double(SweepPlan.mostPoints) else { throw tooLong(text, name) }
    // Places, not sums: 0.1 + 0.1 + 0.1 is not 0.3. Twelve digits hide what is left of that.
    let count = Int((high - low) / step + 1e-9) + 1
    let isWhole = low == low.rounded() && step == step.rounded()
    return try (0..<count).map { place in
      let value = low + Double(place) * step
      guard isWhole else {
        return .number(Double(String(format: "%.12g", value)) ?? value)
      }
      guard value.magnitude < 0x1p53 else {
        throw UsageError(
          "\(name): \"\(text)\" goes beyond 2^53, where not every whole number can be told; write digits up to \(Int.max)"
        )
      }
      return .integer(Int(value))
    }
  }

  private static func tooLong(_ text: String, _ name: String) -> UsageError {
    UsageError("\(name): \"\(text)\" has more than \(SweepPlan.mostPoints) values")
  }
}

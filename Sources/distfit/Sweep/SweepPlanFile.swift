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
        case let name:
          guard let setting = RunFile.value(value) else {
            throw UsageError("\(name) is no simple value; axes stand under \"sweep:\"")
          }
          plan.common.append(.init(settingName(name), setting))
        }
      }
    } catch let error as UsageError {
      throw UsageError("\(path): \(error.description)")
    }
    return plan
  }

  private static func settingName(_ name: String) -> String {
    name == "datasets" ? "input" : String(name.map { $0 == "_" ? "-" : $0 })
  }

  private static func axes(_ node: Node) throws -> [SweepPlan.Axis] {
    guard let members = node.mapping else {
      throw UsageError("sweep: expected axes of the form \"name: [values]\"")
    }
    return try members.flatMap { key, value -> [SweepPlan.Axis] in
      switch settingName(key.string ?? "") {
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
      let name = settingName(key.string ?? "")
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
        let name = settingName(key.string ?? "")
        return (name, try values(value, name))
      }
    }
  }

  private static func product(
    _ pattern: [(name: String, values: [SettingValue])]
  ) -> [[SweepPlan.Assignment]] {
    pattern.reduce([[]]) { points, part in
      points.flatMap { point in part.values.map { point + [.init(part.name, $0)] } }
    }
  }

  /// A list's values, those of a range `a..b` or `a..b by c`, or the one value.
  private static func values(_ node: Node, _ name: String) throws -> [SettingValue] {
    if let sequence = node.sequence {
      return try sequence.map { entry in
        guard let value = RunFile.value(entry) else {
          throw UsageError("\(name): a value of the list is neither simple nor a list")
        }
        return value
      }
    }
    if let text = node.string, let range = text.firstRange(of: "..") {
      return try self.range(text, range, name)
    }
    guard let value = RunFile.value(node) else {
      throw UsageError("\(name): expected a list or a range such as 1..5")
    }
    return [value]
  }

  private static func range(
    _ text: String, _ dots: Range<String.Index>, _ name: String
  ) throws -> [SettingValue] {
    let rest = text[dots.upperBound...].components(separatedBy: " by ")
    func number(_ text: some StringProtocol) -> Double? {
      Double(text.trimmingCharacters(in: .whitespaces))
    }
    guard let low = number(text[..<dots.lowerBound]), let high = number(rest[0]),
      let step = rest.count == 1 ? 1 : number(rest[1]), step > 0, high >= low, rest.count < 3,
      (high - low) / step < 1e6
    else {
      throw UsageError("\(name): \"\(text)\" is no range: 1..5, or 0.1..0.5 by 0.1")
    }
    // Places, not sums: 0.1 + 0.1 + 0.1 is not 0.3. Twelve digits hide what is left of that.
    let count = Int((high - low) / step + 1e-9) + 1
    let isWhole = low == low.rounded() && step == step.rounded()
    return (0..<count).map { place in
      let value = low + Double(place) * step
      return isWhole
        ? .integer(Int(value)) : .number(Double(String(format: "%.12g", value)) ?? value)
    }
  }
}

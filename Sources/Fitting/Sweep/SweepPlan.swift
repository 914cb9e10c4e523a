public import Modeling

/// Many fits from one description: settings that all points share, and axes along which they differ.
///
/// The points are the product of the axes, each combined with the common settings, less the excluded ones,
/// plus the included ones. Settings are the names and values that `distfit fit` takes, with `model` and
/// `input` among them.
public struct SweepPlan: Sendable, Equatable {
  /// One setting of a point.
  public struct Assignment: Sendable, Equatable {
    /// As in `--name`; also `model` and `input`.
    public var name: String
    /// The value that the setting has at this point.
    public var value: SettingValue

    /// A setting with its value.
    public init(_ name: String, _ value: SettingValue) {
      self.name = name
      self.value = value
    }
  }

  /// One direction of the product: each entry sets one name, or several that walk together (a zip).
  public struct Axis: Sendable, Equatable {
    /// What each place along the axis sets.
    public var entries: [[Assignment]]

    /// An axis of entries.
    public init(entries: [[Assignment]]) { self.entries = entries }

    /// An axis of one setting.
    public init(_ name: String, _ values: [SettingValue]) {
      entries = values.map { [Assignment(name, $0)] }
    }
  }

  /// What all points share.
  public var common: [Assignment]
  /// The directions of the product, the first varying slowest.
  public var axes: [Axis]
  /// Points beside the product.
  public var included: [[Assignment]]
  /// Points of the product that are left out: those that match every entry of a pattern, by any of its values.
  public var excluded: [[(name: String, values: [SettingValue])]]

  /// The product of the axes with points beside it, less those that are left out.
  public init(
    common: [Assignment] = [], axes: [Axis] = [], included: [[Assignment]] = [],
    excluded: [[(name: String, values: [SettingValue])]] = []
  ) {
    self.common = common
    self.axes = axes
    self.included = included
    self.excluded = excluded
  }

  /// Plans of equal parts are equal.
  public static func == (left: SweepPlan, right: SweepPlan) -> Bool {
    left.common == right.common && left.axes == right.axes && left.included == right.included
      && left.excluded.count == right.excluded.count
      && zip(left.excluded, right.excluded).allSatisfy { one, other in
        one.count == other.count
          && zip(one, other).allSatisfy { $0.name == $1.name && $0.values == $1.values }
      }
  }
}

// MARK: - Points

extension SweepPlan {
  /// The points, in the order of the plan.
  ///
  /// - Throws: `SweepError` for a plan without points, without a model, or with the same point twice.
  public func points() throws(SweepError) -> [SweepPoint] {
    try requireNames()
    _ = try productCount()
    var varied: [[Assignment]] = axes.isEmpty && !included.isEmpty ? [] : [[]]
    for axis in axes {
      varied = varied.flatMap { start in axis.entries.map { start + $0 } }
    }
    for pattern in excluded {
      if let unknown = pattern.first(where: { part in
        !varied.contains { $0.contains { $0.name == part.name } }
      }) {
        throw SweepError(
          "exclude: no axis sets \(unknown.name), so nothing could be excluded by it")
      }
    }
    varied.removeAll { assignments in
      excluded.contains { pattern in
        pattern.allSatisfy { part in
          assignments.contains { $0.name == part.name && part.values.contains($0.value) }
        }
      }
    }
    varied += included
    guard !varied.isEmpty else { throw SweepError("the plan has no points") }

    var points = varied.map { SweepPoint(varied: $0, common: common) }
    if let index = points.firstIndex(where: { $0.value(of: "model") == nil }) {
      throw SweepError("point \(points[index].name) has no model: add a line \"model: dgd\"")
    }
    Self.makeNamesUnique(&points)
    var seen: Set<String> = []
    for point in points where !seen.insert(point.name).inserted {
      throw SweepError("point \(point.name) stands in the plan twice")
    }
    return points
  }

  /// The most points of a plan: a million take about a gigabyte on every rank.
  public static let mostPoints = 1_000_000

  /// How many points the axes have, before any is made.
  ///
  /// - Throws: `SweepError` where they are more than a sweep can hold.
  private func productCount() throws(SweepError) -> Int {
    var count = 1
    for axis in axes {
      let (product, overflow) = count.multipliedReportingOverflow(by: axis.entries.count)
      guard !overflow, product <= Self.mostPoints else {
        let sizes = axes.map { "\($0.entries.count)" }.joined(separator: " × ")
        throw SweepError(
          "the axes have \(sizes) combinations; a sweep has at most \(Self.mostPoints) points")
      }
      count = product
    }
    guard count + included.count <= Self.mostPoints else {
      throw SweepError(
        "the plan has \(count + included.count) points; a sweep has at most \(Self.mostPoints)")
    }
    return count
  }

  /// Names become parts of folders' names, and each may be set once.
  private func requireNames() throws(SweepError) {
    let ofAxes = axes.map { axis in Set(axis.entries.joined().map(\.name)) }
    let all = common.map(\.name) + ofAxes.joined() + included.joined().map(\.name)
    for name in Set(all).sorted() {
      let isName = name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
      }
      guard isName, let first = name.first, first != "-" else {
        throw SweepError("\"\(name)\" is no name of a setting: letters, digits and hyphens")
      }
    }
    for (index, names) in ofAxes.enumerated() {
      if let name = ofAxes[..<index].joined().first(where: names.contains) {
        throw SweepError("\(name) stands in two axes; give it once")
      }
    }
    for entry in [common] + axes.flatMap(\.entries) + included {
      var seen: Set<String> = []
      for assignment in entry where !seen.insert(assignment.name).inserted {
        throw SweepError("\(assignment.name) is set twice; give it once")
      }
    }
  }

  /// Where readable names collide (two inputs of one file name), all of them get a fingerprint.
  private static func makeNamesUnique(_ points: inout [SweepPoint]) {
    var counts: [String: Int] = [:]
    for point in points { counts[point.name, default: 0] += 1 }
    for index in points.indices where counts[points[index].name, default: 0] > 1 {
      points[index].name += "-\(points[index].fingerprint.prefix(8))"
    }
    // Eight digits are few for a million long names.
    counts = [:]
    for point in points { counts[point.name, default: 0] += 1 }
    for index in points.indices where counts[points[index].name, default: 0] > 1 {
      points[index].name += "-\(points[index].fingerprint)"
    }
  }
}

/// A plan or a sweep's folder that cannot be used: what, where, what to do. One line.
public struct SweepError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the plan, where, and what to do, in one line.
  public let description: String

  /// An error with its line.
  public init(_ description: String) { self.description = description }
}

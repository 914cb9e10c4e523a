import Foundation
import Storage

/// A drawing of a sweep's table: for every measure a panel, in it for every method its values from the highest to the
/// lowest.
///
/// A method is what points of the same data set differ in, such as model and method; what only goes with the data set
/// is no part of it, nor is a setting that follows from the others.
public struct SweepFigure: Sendable {
  /// One line of a panel.
  package struct Curve: Equatable, Sendable {
    package let method: String
    /// From the highest on.
    package let values: [Double]
  }

  /// The part of the figure that shows one measure.
  package struct Panel: Equatable, Sendable {
    package let measure: String
    package let curves: [Curve]
  }

  package let panels: [Panel]
  /// All methods, those with the highest median of the first measure first.
  package let methods: [String]

  /// The setting that names the data.
  private static let input = "input"

  /// Reads a table.
  ///
  /// - Parameter measures: names of the table's columns.
  /// - Throws: `SweepError` where the table has no such measure, or no value of it.
  public init(_ table: SweepTable, measures: [String]) throws(SweepError) {
    guard let end = table.header.firstIndex(of: "status"),
      let start = table.header.firstIndex(of: "ranks")
    else { throw SweepError("the table has no columns of a sweep") }
    let known = Array(table.header[(start + 1)...].dropLast())
    let settings = Array(table.header[1..<end])
    let names = Self.methods(of: table, settings: settings)
    var panels: [Panel] = []
    for measure in measures {
      guard let place = known.firstIndex(of: measure) else {
        let there = known.isEmpty ? "none yet" : known.joined(separator: ", ")
        throw SweepError("the table has no measure named \(measure); there are: \(there)")
      }
      var values: [String: [Double]] = [:]
      for (name, row) in zip(names, table.rows) {
        guard let value = Double(row[start + 1 + place]), value.isFinite else { continue }
        values[name, default: []].append(value)
      }
      guard !values.isEmpty else { throw SweepError("no point has a value of \(measure) yet") }
      panels.append(
        Panel(
          measure: measure,
          curves: values.map { Curve(method: $0.key, values: $0.value.sorted(by: >)) }
            .sorted { (Self.middle($0), $1.method) > (Self.middle($1), $0.method) }))
    }
    self.panels = panels
    var methods: [String] = []
    for name in panels.flatMap(\.curves).map(\.method) where !methods.contains(name) {
      methods.append(name)
    }
    self.methods = methods
  }

  private static func middle(_ curve: Curve) -> Double { curve.values[curve.values.count / 2] }

  /// The method of each row.
  private static func methods(of table: SweepTable, settings: [String]) -> [String] {
    func groups(_ chosen: [Int]) -> [[String]] { table.rows.map { row in chosen.map { row[$0] } } }
    let places = settings.indices.map { $0 + 1 }
    let inputs = groups(places.filter { table.header[$0] == input })
    var chosen = places.filter { place in
      guard table.header[place] != input else { return false }
      let pairs = zip(inputs, table.rows).map { $0 + [$1[place]] }
      return Set(pairs).count > Set(inputs).count
    }
    let count = Set(groups(chosen)).count
    for place in chosen.reversed() where table.header[place] != "model" {
      let fewer = chosen.filter { $0 != place }
      if Set(groups(fewer)).count == count { chosen = fewer }
    }
    return groups(chosen).map { $0.filter { !$0.isEmpty }.joined(separator: " ") }
  }
}

extension SweepFigure {
  private static let colors = [
    "#1b7837", "#762a83", "#d6604d", "#2166ac", "#67a9cf", "#878787", "#b35806", "#c51b7d",
  ]
  private static let size = (width: 360.0, height: 240.0, step: 440.0, left: 48.0, top: 34.0)

  /// The drawing as SVG.
  public var text: String {
    let size = Self.size
    let legend = size.left + Double(panels.count) * size.step - 48
    let height = max(330, 80 + 22 * methods.count)
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(legend) + 230) \(height)\" "
        + "font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"\(Int(legend) + 230)\" height=\"\(height)\" fill=\"white\"/>",
    ]
    for (index, panel) in panels.enumerated() {
      lines += drawing(of: panel, left: size.left + Double(index) * size.step)
    }
    for (index, method) in methods.enumerated() {
      let y = 60 + 22 * index
      lines.append(
        "<line x1=\"\(Int(legend))\" x2=\"\(Int(legend) + 20)\" y1=\"\(y)\" y2=\"\(y)\" "
          + "\(stroke(of: method)) stroke-width=\"3\"/>"
          + "<text x=\"\(Int(legend) + 26)\" y=\"\(y + 4)\">\(Self.escaped(method))</text>")
    }
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private func stroke(of method: String) -> String {
    let index = methods.firstIndex(of: method) ?? 0
    let dashes = index < Self.colors.count ? "" : " stroke-dasharray=\"6 3\""
    return "stroke=\"\(Self.colors[index % Self.colors.count])\"\(dashes)"
  }

  private func drawing(of panel: Panel, left: Double) -> [String] {
    let size = Self.size
    let values = panel.curves.flatMap(\.values)
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    // Lines at multiples of 1, 2 or 5 times a power of ten, five to twelve of them
    let rough = max(high - low, abs(high) * 1e-3, 1e-9) / 6
    let power = pow(10, floor(log10(rough)))
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
    let (bottom, top) = (floor(low / step), max(ceil(high / step), floor(low / step) + 1))
    func y(_ value: Double) -> Double {
      size.top + size.height * (top - value / step) / (top - bottom)
    }
    func number(_ value: Double) -> String { String(format: "%.1f", value) }
    var lines = [
      "<text x=\"\(number(left))\" y=\"20\">\(Self.escaped(panel.measure)): each method's values, sorted</text>"
    ]
    for tick in Int(bottom)...Int(top) {
      let (value, place) = (Double(tick) * step, number(y(Double(tick) * step)))
      lines.append(
        "<line x1=\"\(number(left))\" x2=\"\(number(left + size.width))\" y1=\"\(place)\" y2=\"\(place)\" "
          + "stroke=\"#ddd\"/><text x=\"\(number(left - 6))\" y=\"\(number(y(value) + 4))\" "
          + "text-anchor=\"end\">\(String(format: "%g", value))</text>")
    }
    let most = panel.curves.map(\.values.count).max() ?? 0
    lines.append(
      "<text x=\"\(number(left + size.width / 2))\" y=\"296\" text-anchor=\"middle\">\(most) points each, the highest first</text>"
    )
    for curve in panel.curves {
      let points = curve.values.enumerated().map { index, value in
        let x = left + size.width * (Double(index) + 0.5) / Double(most)
        return "\(number(x)),\(number(y(value)))"
      }
      lines.append(
        "<polyline fill=\"none\" \(stroke(of: curve.method)) stroke-width=\"2\" points=\"\(points.joined(separator: " "))\"/>"
      )
      lines += points.map { point in
        let parts = point.split(separator: ",")
        return
          "<circle cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"2.5\" \(stroke(of: curve.method)) fill=\"white\"/>"
      }
    }
    return lines
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }

  /// Writes the drawing.
  ///
  /// - Throws: `SweepError` where the file cannot be written.
  public func write(to path: String) throws(SweepError) {
    do { try AtomicFile.write(text, to: path, overwrite: true) } catch {
      throw SweepError("\(error)")
    }
  }
}

/// One setting of a model: a flag, a field of the run file, a line of `--help` and a member of the fit file,
/// declared once.
public struct Setting<Configuration>: Sendable {
  /// As in `--name` and in run files, in lower case with hyphens.
  public let name: String
  /// What can be given, for help: `<integer>`, `softplus|sigmoid`.
  public let placeholder: String
  /// What the setting does, in one sentence, for help.
  public let summary: String
  /// Whether `--name` alone means yes.
  public let isFlag: Bool
  let read: @Sendable (Configuration) -> SettingValue
  let write: @Sendable (inout Configuration, SettingValue) throws(SettingError) -> Void
  let parse: @Sendable (String) -> SettingValue?
  /// What it is on a command line beside a name with a value.
  public internal(set) var roles: SettingRoles = []
  /// A second name that does the same; nil for most.
  public internal(set) var alias: String?
  /// The heading that help puts it under; nil: none of its own.
  public internal(set) var heading: String?

  /// The value in a configuration.
  public func value(in configuration: Configuration) -> SettingValue { read(configuration) }

  /// Sets the value.
  ///
  /// - Throws: `SettingError` where the value is of another kind or out of its range.
  public func set(_ value: SettingValue, in configuration: inout Configuration) throws(SettingError)
  {
    try write(&configuration, value)
  }

  /// Sets the value from its text.
  ///
  /// - Throws: `SettingError` where the text is no such value or out of its range.
  public func set(_ text: String, in configuration: inout Configuration) throws(SettingError) {
    guard let value = parse(text) else {
      throw SettingError(name, "\"\(text)\" is not \(placeholder)")
    }
    try write(&configuration, value)
  }
}

/// A key path that may cross threads.
public typealias SettingPath<Configuration, Value> =
  any WritableKeyPath<Configuration, Value> & Sendable

// MARK: - Kinds

extension Setting {
  /// A whole number within a range.
  public static func integer(
    _ name: String, _ path: SettingPath<Configuration, Int>, in range: ClosedRange<Int>,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<integer>", summary: summary, isFlag: false,
      read: { .integer($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: path] = try wholeNumber(name, value, range)
      },
      parse: { Int($0).map { .integer($0) } })
  }

  /// A whole number within a range, or none.
  public static func optionalInteger(
    _ name: String, _ path: SettingPath<Configuration, Int?>, in range: ClosedRange<Int>,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<integer>|none", summary: summary, isFlag: false,
      read: { $0[keyPath: path].map { .integer($0) } ?? .unset },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: path] =
          value == .unset ? nil : try wholeNumber(name, value, range)
      },
      parse: { $0 == "none" ? .unset : Int($0).map { .integer($0) } })
  }

  /// A real number within a range.
  public static func number(
    _ name: String, _ path: SettingPath<Configuration, Double>, in range: ClosedRange<Double>,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<number>", summary: summary, isFlag: false,
      read: { .number($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: path] = try realNumber(name, value, range)
      },
      parse: { Double($0).map { .number($0) } })
  }

  /// A real number within a range, or none.
  public static func optionalNumber(
    _ name: String, _ path: SettingPath<Configuration, Double?>, in range: ClosedRange<Double>,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<number>|none", summary: summary, isFlag: false,
      read: { $0[keyPath: path].map { .number($0) } ?? .unset },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: path] = value == .unset ? nil : try realNumber(name, value, range)
      },
      parse: { $0 == "none" ? .unset : Double($0).map { .number($0) } })
  }

  /// Several whole numbers, separated by commas, each within a range.
  public static func integers(
    _ name: String, _ path: SettingPath<Configuration, [Int]>, in range: ClosedRange<Int>,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<integer>,…", summary: summary, isFlag: false,
      read: { .numbers($0[keyPath: path].map(Double.init)) },
      write: { (configuration, value) throws(SettingError) in
        var values: [Int] = []
        for number in try numberList(name, value) {
          values.append(try wholeNumber(name, .number(number), range))
        }
        configuration[keyPath: path] = values
      },
      parse: parseNumbers)
  }

  /// Several real numbers, separated by commas, each within a range.
  public static func numbers(
    _ name: String, _ path: SettingPath<Configuration, [Double]>, in range: ClosedRange<Double>,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "<number>,…", summary: summary, isFlag: false,
      read: { .numbers($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        var values: [Double] = []
        for number in try numberList(name, value) {
          values.append(try realNumber(name, .number(number), range))
        }
        configuration[keyPath: path] = values
      },
      parse: parseNumbers)
  }

  /// Yes or no: `--name`, `--name true`, `--no-name`.
  public static func flag(
    _ name: String, _ path: SettingPath<Configuration, Bool>, _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: "true|false", summary: summary, isFlag: true,
      read: { .flag($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        guard case .flag(let flag) = value else {
          throw SettingError(name, "\(value) is not true or false")
        }
        configuration[keyPath: path] = flag
      },
      parse: { ["true": true, "yes": true, "false": false, "no": false][$0].map { .flag($0) } })
  }

  /// One of the cases of an enumeration.
  public static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: SettingPath<Configuration, Choice>, _ summary: String
  ) -> Setting {
    let names = Choice.allCases.map(\.rawValue)
    return Setting(
      name: name, placeholder: names.joined(separator: "|"), summary: summary, isFlag: false,
      read: { .text($0[keyPath: path].rawValue) },
      write: { (configuration, value) throws(SettingError) in
        guard let choice = Choice(rawValue: value.description) else {
          let nearest = nearestName(to: value.description, among: names)
          throw SettingError(
            name,
            "\"\(value)\" is not one of \(names.joined(separator: ", "))"
              + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
        }
        configuration[keyPath: path] = choice
      },
      parse: { .text($0) })
  }

  /// A text, or none.
  public static func text(
    _ name: String, _ path: SettingPath<Configuration, String?>, _ placeholder: String,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: placeholder, summary: summary, isFlag: false,
      read: { $0[keyPath: path].map { .text($0) } ?? .unset },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: path] = value == .unset ? nil : value.description
      },
      parse: { $0 == "none" ? .unset : .text($0) })
  }

  /// A text that is always there; empty: not given.
  public static func word(
    _ name: String, _ path: SettingPath<Configuration, String>, _ placeholder: String,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: placeholder, summary: summary, isFlag: false,
      read: { $0[keyPath: path].isEmpty ? .unset : .text($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        configuration[keyPath: path] = value == .unset ? "" : value.description
      },
      parse: { .text($0) })
  }

  /// Several texts, separated by commas.
  public static func texts(
    _ name: String, _ path: SettingPath<Configuration, [String]>, _ placeholder: String,
    _ summary: String
  ) -> Setting {
    Setting(
      name: name, placeholder: placeholder, summary: summary, isFlag: false,
      read: { .texts($0[keyPath: path]) },
      write: { (configuration, value) throws(SettingError) in
        switch value {
        case .texts(let texts): configuration[keyPath: path] = texts
        case .unset: configuration[keyPath: path] = []
        default: configuration[keyPath: path] = [value.description]
        }
      },
      parse: { text in
        .texts(text == "none" ? [] : text.split(separator: ",").map { String($0) })
      })
  }
}

// MARK: - Checks

func wholeNumber(
  _ name: String, _ value: SettingValue, _ range: ClosedRange<Int>
) throws(SettingError) -> Int {
  let number: Int? =
    switch value {
    case .integer(let number): number
    case .number(let number): Int(exactly: number)
    default: nil
    }
  guard let number else { throw SettingError(name, "\(value) is not a whole number") }
  guard range.contains(number) else {
    throw SettingError(name, "\(number) is not \(text(range.lowerBound, range.upperBound, .max))")
  }
  return number
}

private func realNumber(
  _ name: String, _ value: SettingValue, _ range: ClosedRange<Double>
) throws(SettingError) -> Double {
  let number: Double? =
    switch value {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  guard let number else { throw SettingError(name, "\(value) is not a number") }
  guard range.contains(number) else {
    guard range.lowerBound == .leastNonzeroMagnitude else {
      throw SettingError(
        name,
        "\(value) is not "
          + text(range.lowerBound, range.upperBound, .greatestFiniteMagnitude))
    }
    let end = range.upperBound < .greatestFiniteMagnitude ? ", up to \(range.upperBound)" : ""
    throw SettingError(name, "\(value) is not above 0\(end)")
  }
  return number
}

private func text<Bound: Comparable>(_ lower: Bound, _ upper: Bound, _ endless: Bound) -> String {
  upper >= endless ? "\(lower) or more" : "between \(lower) and \(upper)"
}

private func numberList(_ name: String, _ value: SettingValue) throws(SettingError) -> [Double] {
  switch value {
  case .numbers(let numbers): return numbers
  case .integer(let number): return [Double(number)]
  case .number(let number): return [number]
  case .unset, .texts([]): return []
  default: throw SettingError(name, "\(value) is not a list of numbers")
  }
}

@Sendable private func parseNumbers(_ text: String) -> SettingValue? {
  if text == "none" { return .numbers([]) }
  let parts = text.split(separator: ",", omittingEmptySubsequences: false)
  let values = parts.compactMap { Double($0) }
  return values.count == parts.count ? .numbers(values) : nil
}

/// The value of a setting, as a flag, a run file or a fit file states it.
public enum SettingValue: Sendable, Equatable, CustomStringConvertible {
  /// A whole number.
  case integer(Int)
  /// A real number.
  case number(Double)
  /// A text or one of several choices.
  case text(String)
  /// A truth value: yes or no.
  case flag(Bool)
  /// Several numbers, separated by commas in a text.
  case numbers([Double])
  /// Several texts, separated by commas where they are typed.
  case texts([String])
  /// Not set: the model decides.
  case unset

  /// As it would be typed behind a flag.
  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .number(let value): Self.text(value)
    case .text(let value): value
    case .flag(let value): value ? "true" : "false"
    case .numbers(let values): values.map(Self.text).joined(separator: ",")
    case .texts(let values): values.joined(separator: ",")
    case .unset: "none"
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : String(value)
  }

  /// The value as a tree, for the fit file.
  public var storedTree: StoredTree {
    switch self {
    case .integer(let value): .integer(Int64(value))
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .flag(let value): .flag(value)
    case .numbers(let values): .doubles(values, shape: [values.count])
    case .texts(let values): .strings(values)
    case .unset: .string("none")
    }
  }

  /// The value that a tree of a fit file states; nil for trees that are no setting.
  public init?(storedTree: StoredTree) {
    switch storedTree {
    case .integer(let value): self = .integer(Int(value))
    case .number(let value): self = .number(value)
    case .string("none"): self = .unset
    case .string(let value): self = .text(value)
    case .flag(let value): self = .flag(value)
    case .doubles(let values, _): self = .numbers(values)
    case .strings(let values): self = .texts(values)
    default: return nil
    }
  }
}

/// A setting that cannot be: which, what was given, what is allowed.
public struct SettingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The setting's name, as in `--name`.
  public let name: String
  /// What is wrong and what to do.
  public let problem: String

  /// An error about a setting.
  public init(_ name: String, _ problem: String) {
    self.name = name
    self.problem = problem
  }

  /// The setting and what is wrong with it, in one line.
  public var description: String { "--\(name): \(problem)" }
}

/// An array of a model's shared state, as messages name it.
///
/// A model lists all arrays of floating-point numbers of its shared state once (``Model/parameters``): the
/// parameters, and what the fit keeps beside them.
public struct ModelParameter: Sendable {
  /// Which numbers can be values.
  public enum Support: Sendable {
    /// Every finite number.
    case reals
    /// Numbers above 0.
    case positive
    /// Numbers of 0 or more.
    case nonnegative
    /// Numbers from 0 to 1.
    case fractions
    /// What is kept beside the parameters, such as an optimiser's moments or the best start so far; may be NaN.
    case record
  }

  /// What it is: `loadings of genes`.
  public let name: String
  /// Where it is in the stored shared state: `coefficients/genes`. A `*` stands for any number of steps, and what
  /// lies below the place belongs to it.
  public let path: String
  /// Its shape in the letters of the model's document: `q × k`.
  public let shape: String
  /// Which values it can have.
  public let support: Support

  /// A parameter at a place of the stored shared state.
  public init(_ name: String, at path: String, _ shape: String, _ support: Support = .reals) {
    self.name = name
    self.path = path
    self.shape = shape
    self.support = support
  }

  /// Something that is kept beside the parameters.
  public static func record(_ name: String, at path: String) -> ModelParameter {
    ModelParameter(name, at: path, "", .record)
  }

  /// Whether an array at this place of the stored state belongs to it.
  public func holds(_ place: [String]) -> Bool {
    func matches(_ steps: ArraySlice<Substring>, _ place: ArraySlice<String>) -> Bool {
      guard let step = steps.first else { return true }
      guard step == "*" else {
        return place.first.map { $0 == step } == true
          && matches(steps.dropFirst(), place.dropFirst())
      }
      return place.indices.contains { matches(steps.dropFirst(), place[$0...]) }
    }
    return matches(path.split(separator: "/")[...], place[...])
  }

  /// Whether a number can be a value.
  public func allows(_ value: Double) -> Bool {
    switch support {
    case .reals: value.isFinite
    case .positive: value.isFinite && value > 0
    case .nonnegative: value.isFinite && value >= 0
    case .fractions: (0...1).contains(value)
    case .record: true
    }
  }
}

extension Model {
  /// What is wrong with a shared state: the first parameter with values that it cannot have, and how many; nil
  /// where there is none.
  ///
  /// Local.
  public static func damage(in shared: Shared) -> String? {
    guard let tree = try? TreeEncoder.encode(shared) else { return nil }
    for array in tree.numberArrays {
      guard let parameter = parameters.first(where: { $0.holds(array.place) }) else { continue }
      let count = array.values.count { !parameter.allows($0) }
      if count > 0 {
        return "\(parameter.name): \(count) of \(array.values.count) values are not possible"
      }
    }
    return nil
  }
}

extension StoredTree {
  /// All arrays of floating-point numbers with their places, in the order of the names.
  public var numberArrays: [(place: [String], values: [Double])] {
    switch self {
    case .group(let members):
      members.sorted { $0.key < $1.key }.flatMap { name, tree in
        tree.numberArrays.map { ([name] + $0.place, $0.values) }
      }
    case .floats(let values, _): [([], values.map(Double.init))]
    case .doubles(let values, _): [([], values)]
    case .number(let value): [([], [value])]
    default: []
    }
  }
}

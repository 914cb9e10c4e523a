/// One column of a table: a value for every row or every gene.
///
/// | Case | In an AnnData file | Missing value |
/// |---|---|---|
/// | `categories` | categorical | code −1 |
/// | `strings` | string array | nil |
/// | `numbers` | floating-point array | NaN |
/// | `integers` | integer array, nullable integer | nil |
/// | `unsigned` | the same, with numbers beyond 2⁶³ − 1 | nil |
/// | `flags` | boolean array, nullable boolean | nil |
public enum Column: Sendable, Equatable {
  /// Codes into a list of category names; −1 is missing.
  case categories(codes: [Int32], names: [String], isOrdered: Bool)
  /// Texts, nil where one is missing.
  case strings([String?])
  /// Real numbers; NaN is missing.
  case numbers([Double])
  /// Whole numbers, nil where one is missing.
  case integers([Int64?])
  /// Whole numbers of which some are beyond 2⁶³ − 1, such as hashes; nil where one is missing.
  case unsigned([UInt64?])
  /// True or false.
  case flags([Bool?])

  /// How many values.
  public var count: Int {
    switch self {
    case .categories(let codes, _, _): codes.count
    case .strings(let values): values.count
    case .numbers(let values): values.count
    case .integers(let values): values.count
    case .unsigned(let values): values.count
    case .flags(let values): values.count
    }
  }

  /// The values at these positions, in this order.
  public func selecting(_ positions: some Sequence<Int>) -> Column {
    switch self {
    case .categories(let codes, let names, let isOrdered):
      .categories(codes: positions.map { codes[$0] }, names: names, isOrdered: isOrdered)
    case .strings(let values): .strings(positions.map { values[$0] })
    case .numbers(let values): .numbers(positions.map { values[$0] })
    case .integers(let values): .integers(positions.map { values[$0] })
    case .unsigned(let values): .unsigned(positions.map { values[$0] })
    case .flags(let values): .flags(positions.map { values[$0] })
    }
  }

  /// The values at these positions, in this order; missing where a position is negative.
  public func spread(over positions: [Int]) -> Column {
    switch self {
    case .categories(let codes, let names, let isOrdered):
      .categories(
        codes: positions.map { $0 < 0 ? -1 : codes[$0] }, names: names, isOrdered: isOrdered)
    case .strings(let values): .strings(positions.map { $0 < 0 ? nil : values[$0] })
    case .numbers(let values): .numbers(positions.map { $0 < 0 ? .nan : values[$0] })
    case .integers(let values): .integers(positions.map { $0 < 0 ? nil : values[$0] })
    case .unsigned(let values): .unsigned(positions.map { $0 < 0 ? nil : values[$0] })
    case .flags(let values): .flags(positions.map { $0 < 0 ? nil : values[$0] })
    }
  }

  /// The column as categories: texts, whole numbers and flags become the sorted list of their distinct
  /// values; nil for numbers that are not whole, which have none.
  ///
  /// Texts that say that there is no value (``ValueText``) are no class. Whole numbers kept as real ones, as pandas does
  /// where one is missing, go by the name of the whole number: `1001`.
  public var asCategories: (codes: [Int32], names: [String])? {
    switch self {
    case .categories(let codes, let names, _): Self.known(codes, names)
    case .strings(let values):
      Self.coded(values.map { $0.flatMap { ValueText.isMissing($0) ? nil : $0 } })
    case .integers(let values): Self.coded(values, text: \.description)
    case .unsigned(let values): Self.coded(values, text: \.description)
    case .flags(let values): Self.coded(values.map { $0.map { $0 ? "true" : "false" } })
    case .numbers(let values): Self.whole(values).map { Self.coded($0, text: \.description) }
    }
  }

  /// Numbers as whole ones, nil where one is missing; nil where one has a fraction, or there is none.
  private static func whole(_ values: [Double]) -> [Int64?]? {
    var result: [Int64?] = []
    result.reserveCapacity(values.count)
    for value in values {
      let whole = value.isNaN ? nil : Int64(exactly: value)
      guard value.isNaN || whole != nil else { return nil }
      result.append(whole)
    }
    return values.isEmpty || result.contains { $0 != nil } ? result : nil
  }

  /// Categories without names that say that there is no value.
  private static func known(
    _ codes: [Int32], _ names: [String]
  ) -> (codes: [Int32], names: [String]) {
    guard names.contains(where: ValueText.isMissing) else { return (codes, names) }
    var places: [Int32] = []
    var kept: [String] = []
    for name in names {
      places.append(ValueText.isMissing(name) ? -1 : Int32(kept.count))
      if !ValueText.isMissing(name) { kept.append(name) }
    }
    return (codes.map { $0 < 0 ? -1 : places[Int($0)] }, kept)
  }

  private static func coded(_ values: [String?]) -> (codes: [Int32], names: [String]) {
    coded(values, text: \.self)
  }

  private static func coded<Value: Hashable & Comparable>(
    _ values: [Value?], text: (Value) -> String
  ) -> (codes: [Int32], names: [String]) {
    let distinct = Set(values.lazy.compactMap { $0 }).sorted()
    let code = Dictionary(uniqueKeysWithValues: zip(distinct, Int32(0)...))
    return (values.map { $0.flatMap { code[$0] } ?? -1 }, distinct.map(text))
  }
}

/// A column and what it is called.
public struct NamedColumn: Sendable, Equatable {
  /// The name, as in the file.
  public let name: String
  /// The values, one for each row of the table.
  public let column: Column

  /// A named column.
  public init(_ name: String, _ column: Column) {
    self.name = name
    self.column = column
  }
}

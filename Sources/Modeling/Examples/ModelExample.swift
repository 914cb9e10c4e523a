/// A small fit of a model: settings, and the kind of data they are for.
///
/// Every model lists its examples (``CheckableModel/examples``), which together do all that the model can do. The tests
/// of all models go through them, so a model that joins the list is tested without a line elsewhere.
public struct ModelExample: Sendable, CustomStringConvertible {
  /// Values of settings by name, as they are typed behind flags.
  public private(set) var settings: [String: String]
  /// What it is fitted to.
  public private(set) var data: ExampleData
  /// Properties that it does not have, each with the reason.
  public private(set) var exceptions: [ModelProperty: String]
  /// A measure that no step lowers; nil where steps are not of that kind.
  public private(set) var ascending: String?
  /// Columns about rows that have no number where a row is not in the fit, or not before its end.
  public let unknown: Set<String>
  /// Rows that derivatives are checked on: few where the objective has kinks, which differences must not cross; nil:
  /// all.
  public let checkedRowCount: Int?
  /// By how much of the largest number rounding may change a result where rows come in another order.
  public private(set) var rowOrderTolerance = 1e-6
  /// The settings in which it differs from the model's first example.
  private var variant: [String: String] = [:]

  /// A model's first example.
  public init(
    _ settings: [String: String] = [:], on data: ExampleData = .counts, unknown: Set<String> = [],
    checkedRowCount: Int? = nil, except exceptions: [ModelProperty: String] = [:]
  ) {
    self.settings = settings
    self.data = data
    self.unknown = unknown
    self.checkedRowCount = checkedRowCount
    self.exceptions = exceptions
  }

  /// An example that differs from this one in some settings, and perhaps in its data and exceptions.
  public func varied(
    _ settings: [String: String], on data: ExampleData? = nil, ascending: String? = nil,
    rowOrderTolerance: Double? = nil, except exceptions: [ModelProperty: String]? = nil
  ) -> ModelExample {
    var example = self
    example.settings.merge(settings) { $1 }
    example.variant.merge(settings) { $1 }
    example.data = data ?? self.data
    example.ascending = ascending
    example.rowOrderTolerance = rowOrderTolerance ?? self.rowOrderTolerance
    example.exceptions = exceptions ?? self.exceptions
    return example
  }

  /// The settings of the variant as flags; empty for a model's first example.
  public var description: String {
    variant.sorted { $0.key < $1.key }.map { "--\($0.key) \($0.value)" }.joined(separator: " ")
  }
}

/// The data of an example: simulated counts of cells in three components, with donors, their genotypes and
/// classes; or what is made of these counts.
public struct ExampleData: Sendable, Equatable {
  /// What the values are made from the counts x.
  public enum Values: Sendable {
    /// The counts themselves, x.
    case counts
    /// Their logarithms, log(1 + x).
    case logarithms
    /// x / (1 + x), from 0 to below 1.
    case fractions
  }

  /// How many cells.
  public let rowCount: Int
  /// How many genes.
  public let columnCount: Int
  /// Share of the counts that are not zero.
  public let density: Double
  /// What the values are.
  public let values: Values
  /// Kinds of data that the columns are dealt out to, one column to each in turn. Of several, rows lack some: row i lacks
  /// kind m where i mod 5 is m + 1.
  public let modalityCount: Int

  /// Data of this shape.
  public init(
    rowCount: Int = 60, columnCount: Int = 24, density: Double = 0.3, values: Values = .counts,
    modalityCount: Int = 1
  ) {
    self.modalityCount = modalityCount
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.density = density
    self.values = values
  }

  /// 60 × 24 counts of which three in ten are not zero.
  public static let counts = ExampleData()
  /// The logarithms of these counts.
  public static let logarithms = ExampleData(values: .logarithms)
  /// Fractions made of these counts.
  public static let fractions = ExampleData(values: .fractions)
  /// 60 × 24 counts in three kinds of data, of which a cell may lack one.
  public static let mosaic = ExampleData(modalityCount: 3)
  /// 20 × 18 counts, nine in ten not zero: for models that take long where most values are zero.
  public static let denseCounts = ExampleData(rowCount: 20, columnCount: 18, density: 0.9)
}

/// What the tests of all models look for and an example may lack for a reason that it states.
public enum ModelProperty: String, Sendable, CaseIterable {
  /// The tenth step is still to be taken after nine, so that there is something to resume.
  case tenSteps
  /// Derivatives equal finite differences as closely as those of single precision do.
  case derivatives
  /// Another order of the rows gives the same results in that order, and shared ones up to rounding.
  case rowOrder
}

/// A model whose fits can be judged: by held-out data, by labels, by a known truth.
public protocol EvaluableModel: Model {
  /// The settings of `distfit evaluate` for fits of this model.
  associatedtype Evaluation: ModelConfiguration

  /// The figures of a fit, in the order in which they are printed.
  ///
  /// Local.
  /// - Throws: where the fit is not of this model, is damaged, or the settings name what it does not have.
  static func evaluate(_ fit: FitContents, _ settings: Evaluation) throws -> [Figure]
}

/// A named number that tells how good a fit is.
public struct Figure: Sendable, Equatable {
  /// What it is: `ARI`.
  public let name: String
  /// The number, in the unit that the name says.
  public let value: Double
  /// What a reader must not miss about it, printed behind the number.
  public let remark: String?

  /// A number with its name.
  public init(_ name: String, _ value: Double, remark: String? = nil) {
    self.name = name
    self.value = value
    self.remark = remark
  }
}

/// A fit file as a model sees it.
public struct FitContents: Sendable {
  /// The file's name, for messages.
  public let path: String
  /// The table of the rows, `obs`.
  public let rows: Table
  /// The table of the columns, `var`.
  public let columns: Table
  /// Settings, history and parameters of the fit, `uns/distfit`.
  public let parameters: StoredTree
  /// Reads a dense matrix of this or another file: `obsm/X_dgd`.
  public let matrix: @Sendable (_ place: String) throws -> NamedMatrix
  /// Opens another AnnData file by its name, such as one with the truth.
  public let other: @Sendable (_ path: String) throws -> FitContents

  /// Reads counts of these genes from a file, with its `obs`.
  public let counts:
    @Sendable (_ path: String, _ genes: [String]) throws -> (Table, CompressedCounts)
  private let companion:
    @Sendable (_ type: any Companion.Type, _ path: String) throws -> any Companion

  /// A fit's contents.
  public init(
    path: String, rows: Table, columns: Table, parameters: StoredTree,
    matrix: @escaping @Sendable (_ place: String) throws -> NamedMatrix,
    other: @escaping @Sendable (_ path: String) throws -> FitContents,
    counts:
      @escaping @Sendable (_ path: String, _ genes: [String]) throws -> (
        Table, CompressedCounts
      ),
    companion:
      @escaping @Sendable (_ type: any Companion.Type, _ path: String) throws -> any Companion
  ) {
    self.path = path
    self.rows = rows
    self.columns = columns
    self.parameters = parameters
    self.matrix = matrix
    self.other = other
    self.counts = counts
    self.companion = companion
  }

  /// Reads a file with data that belong to the rows, such as genotypes.
  ///
  /// - Throws: where the file is missing, damaged, or holds something else.
  public func companion<Value: Companion>(_ type: Value.Type, from path: String) throws -> Value {
    guard let value = try companion(type, path) as? Value else {
      throw ModelError("\(path): holds no \(type)")
    }
    return value
  }

  /// A numeric column of `obs`.
  ///
  /// - Throws: `ModelError` where it is missing or holds no numbers.
  public func numbers(_ name: String) throws(ModelError) -> [Double] {
    guard case .numbers(let values)? = rows[name] else {
      throw ModelError("\(path): obs/\(name) is missing or holds no numbers: is this a fit?")
    }
    return values
  }

  /// A column of `obs` as classes: codes (−1 for missing) and names.
  ///
  /// - Throws: `ModelError` with the nearest name where it is missing or holds no classes.
  public func classes(_ name: String) throws(ModelError) -> (codes: [Int32], names: [String]) {
    try rows.classes(name, in: "\(path): obs")
  }
}

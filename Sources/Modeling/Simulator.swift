/// Makes data from a model with known parameters: rows in any order, each the same wherever it is made.
public protocol Simulator: Sendable {
  /// Every setting of the simulation.
  associatedtype Configuration: ModelConfiguration

  /// As in `distfit simulate <name>`.
  static var name: String { get }
  /// What it makes, in one sentence.
  static var summary: String { get }

  /// A simulation.
  ///
  /// - Throws: `ModelError` where the settings do not go together.
  init(_ configuration: Configuration) throws(ModelError)

  /// Rows in all.
  var rowCount: Int { get }
  /// Names and true parameters of the columns (AnnData's `var`).
  var columns: Table { get }
  /// True parameters of the columns that are vectors (AnnData's `varm`). None unless the simulator says otherwise.
  var columnMatrices: [NamedMatrix] { get }
  /// What the values are. Counts unless the simulator says otherwise.
  static var values: ValueKind { get }
  /// True parameters of the whole.
  var truth: StoredTree { get }

  /// Some rows.
  ///
  /// Local; depends on the row numbers only, not on how they are dealt out.
  func rows(_ range: Range<Int>) -> SimulatedRows
}

extension Simulator {
  /// No parameters that are vectors, unless the simulator says otherwise.
  public var columnMatrices: [NamedMatrix] { [] }
  /// Whole numbers from 0 on, unless the simulator says otherwise.
  public static var values: ValueKind { .counts }
}

/// A simulator of counts and genotypes together.
public protocol GenotypeSimulator: Simulator {
  /// The donors' genotypes and true ancestry.
  var genotypes: (genotypes: Genotypes, ancestry: Ancestry) { get }
}

/// Simulated rows with what they were made from.
public struct SimulatedRows: Sendable {
  /// Names and true annotations (`obs`).
  public var table: Table
  /// For each row the columns that are not zero, increasing.
  public var columnIndices: [[Int32]]
  /// For each row the counts at ``columnIndices``, none of them zero.
  public var counts: [[UInt32]]
  /// The values of a simulator of reals, rows × columns, row-major; empty for counts.
  public var reals: [Float] = []
  /// True representations and the like (`obsm`).
  public var matrices: [NamedMatrix]

  /// Rows.
  ///
  /// - Precondition: as many of each.
  public init(
    table: Table, columnIndices: [[Int32]], counts: [[UInt32]], matrices: [NamedMatrix]
  ) {
    precondition(table.count == columnIndices.count && table.count == counts.count)
    self.table = table
    self.columnIndices = columnIndices
    self.counts = counts
    self.matrices = matrices
  }

  /// Rows of real values.
  ///
  /// - Precondition: `reals` has as many numbers for each row.
  public init(table: Table, reals: [Float], matrices: [NamedMatrix]) {
    precondition(table.count == 0 || reals.count.isMultiple(of: table.count))
    self.table = table
    self.reals = reals
    columnIndices = []
    counts = []
    self.matrices = matrices
  }
}

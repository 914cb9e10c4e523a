/// What everyone knows about the data before a row is dealt out: the same on every rank.
public struct DataSummary: Sendable {
  /// Cells or samples: names and annotations, all of them.
  public var rows: Table
  /// Genes or other features: names and annotations.
  public var columns: Table
  /// What each column sums to over all rows.
  public var columnTotals: [Double]
  /// The largest value of each column.
  public var columnMaxima: [Double]
  /// In how many rows each column is not zero.
  public var columnNonZeros: [Int]
  /// Tells this data from other data: names, shape, totals and where it was read from within the file.
  public var fingerprint: String
  /// The donors' genotypes, for models of genotypes and counts together; nil where none were given.
  public var genotypes: Genotypes?
  /// The same outside of memory, for models that keep their data there (`keepsDataOnDisk`); nil for others.
  public var storedGenotypes: StoredGenotypes?
  /// The donors' ancestry; nil where none was given.
  public var ancestry: Ancestry?
  /// Matrices of `obsm` that the model asked for, by name: all rows, on every rank.
  public var rowMatrices: [String: NamedMatrix] = [:]
  /// Matrices of `varm` that the model asked for, by name.
  public var columnMatrices: [String: NamedMatrix] = [:]

  /// Memberwise.
  public init(
    rows: Table, columns: Table, columnTotals: [Double], columnMaxima: [Double],
    columnNonZeros: [Int], fingerprint: String, genotypes: Genotypes? = nil,
    ancestry: Ancestry? = nil
  ) {
    self.rows = rows
    self.columns = columns
    self.columnTotals = columnTotals
    self.columnMaxima = columnMaxima
    self.columnNonZeros = columnNonZeros
    self.fingerprint = fingerprint
    self.genotypes = genotypes
    self.ancestry = ancestry
  }

  /// Cells or samples.
  public var rowCount: Int { rows.count }
  /// Genes or other features.
  public var columnCount: Int { columns.count }
  /// Stored values that are not zero.
  public var nonZeroCount: Int { columnNonZeros.reduce(0, +) }
  /// Donors with genotypes, in memory or not.
  public var genotypedDonors: [String] { genotypes?.donors ?? storedGenotypes?.donors ?? [] }
  /// Their variants; nil without genotypes.
  public var variants: Table? { genotypes?.variants ?? storedGenotypes?.variants }
}

/// How large data are.
public struct DataShape: Sendable {
  /// How large a modality is.
  public struct Modality: Sendable {
    /// How many columns (genes, features).
    public var columnCount: Int
    /// Values that are not zero.
    public var nonZeroCount: Int

    /// The size of a modality.
    public init(columnCount: Int, nonZeroCount: Int) {
      self.columnCount = columnCount
      self.nonZeroCount = nonZeroCount
    }
  }

  /// How many rows (cells, samples).
  public let rowCount: Int
  /// The modalities, in the order of the data.
  public var modalities: [Modality]
  /// `obs`; nil for data that do not exist yet.
  public var rows: Table?
  /// Matrices of `obsm` that the model asked for, by name.
  public var rowMatrices: [String: NamedMatrix] = [:]
  /// Sizes of what belongs to the rows besides.
  public var companions = Companions()

  /// A size of data of some modalities.
  public init(rowCount: Int, modalities: [Modality]) {
    self.rowCount = rowCount
    self.modalities = modalities
  }

  /// A size of data of one modality.
  public init(rowCount: Int, columnCount: Int, nonZeroCount: Int) {
    self.init(
      rowCount: rowCount,
      modalities: [Modality(columnCount: columnCount, nonZeroCount: nonZeroCount)])
  }

  /// Columns of all modalities.
  public var columnCount: Int { modalities.reduce(0) { $0 + $1.columnCount } }
  /// Values of all modalities that are not zero.
  public var nonZeroCount: Int { modalities.reduce(0) { $0 + $1.nonZeroCount } }
  /// Numbers that a pass over the data goes over, companions included.
  public var entryCount: Double {
    Double(rowCount) * Double(columnCount) + companions.entryCount
  }
}

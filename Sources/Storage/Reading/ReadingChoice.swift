/// What the lines of a table of counts are.
public enum TableOrientation: String, Sendable, Codable, CaseIterable {
  /// A line a cell (or sample), a column a gene.
  case cellsByGenes = "cells-by-genes"
  /// A line a gene, a column a cell.
  case genesByCells = "genes-by-cells"
}

/// How a file is read, where that is not left to the file.
public struct ReadingChoice: Sendable, Codable, Equatable {
  /// What the lines of a table are; nil: as its names tell.
  public var orientation: TableOrientation?
  /// Whether values that are not whole are rounded to counts.
  public var rounds = false
  /// A table whose columns are added to `obs`, by the names of the cells; nil: none.
  public var annotations: String?
  /// The cells that are read, by their places in the file, ascending; nil: all.
  public var rows: [Int]?
  /// The genes that are read, by their places in the file, ascending; nil: all.
  public var columns: [Int]?
  /// Whether these are genes of `raw` rather than of `var`.
  public var columnsAreRaw = false

  /// As the file tells.
  public init() {}
}

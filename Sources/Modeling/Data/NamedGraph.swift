/// A weighted graph of the rows (AnnData's `obsp`) or the columns (`varp`) of the data, as a sparse symmetric
/// matrix by rows, and what it is called.
public struct NamedGraph: Sendable, Equatable {
  /// The name, as in the file.
  public let name: String
  /// Where each vertex's entries begin, and their end: vertices + 1 numbers.
  public let rowStarts: [Int]
  /// The other ends, ascending for each vertex.
  public let columns: [Int32]
  /// The weight of each entry.
  public let weights: [Float]

  /// A named graph.
  ///
  /// - Precondition: the starts ascend from 0 to the number of entries.
  public init(_ name: String, rowStarts: [Int], columns: [Int32], weights: [Float]) {
    precondition(rowStarts.first == 0 && rowStarts.last == columns.count)
    precondition(columns.count == weights.count)
    self.name = name
    self.rowStarts = rowStarts
    self.columns = columns
    self.weights = weights
  }

  /// How many vertices there are.
  public var vertexCount: Int { rowStarts.count - 1 }
}

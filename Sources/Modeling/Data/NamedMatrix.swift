/// A matrix of single-precision numbers with a row for every row (AnnData's `obsm`) or every column (`varm`)
/// of the data, and what it is called.
public struct NamedMatrix: Sendable, Equatable {
  /// The name, as in the file.
  public let name: String
  /// Numbers in a row of the matrix.
  public let width: Int
  /// All numbers, row after row.
  public let elements: [Float]

  /// A named matrix.
  ///
  /// - Precondition: whole rows.
  public init(_ name: String, width: Int, elements: [Float]) {
    precondition(width > 0 && elements.count.isMultiple(of: width))
    self.name = name
    self.width = width
    self.elements = elements
  }
}

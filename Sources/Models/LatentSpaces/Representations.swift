/// The representations of a lane's rows in one latent space, with their gradients and what their optimiser keeps:
/// parameters that belong to rows and never leave their rank.
public struct Representations: Codable, Sendable, Equatable {
  /// L: numbers in a representation.
  public let dimension: Int
  /// z: rows × L, row-major.
  public var values: [Float]
  /// ∂ loss / ∂ z of the last pass over each row, rows × L.
  public var gradients: [Float]
  /// First moments of Adam, or velocities, rows × L.
  public var firstMoments: [Float]
  /// Second moments of Adam, rows × L.
  public var secondMoments: [Float]

  /// Zeros for so many rows.
  public init(rowCount: Int, dimension: Int) {
    self.dimension = dimension
    values = Array(repeating: 0, count: rowCount * dimension)
    gradients = values
    firstMoments = values
    secondMoments = values
  }

  /// Where a row's numbers stand.
  func entries(of row: Int) -> Range<Int> { row * dimension..<(row + 1) * dimension }

  /// A row's representation.
  public subscript(row: Int) -> ArraySlice<Float> { values[entries(of: row)] }

  /// A row's representation in double precision, as mixtures take it.
  func point(_ row: Int) -> [Double] { self[row].map { Double($0) } }

  /// Multiplies each dimension of all rows.
  mutating func scale(by factors: [Float]) {
    for index in values.indices { values[index] *= factors[index % dimension] }
  }

  /// Puts a row at a point, at rest.
  mutating func place(_ row: Int, at point: [Float]) {
    let range = entries(of: row)
    values.replaceSubrange(range, with: point)
    for index in range {
      firstMoments[index] = 0
      secondMoments[index] = 0
    }
  }
}

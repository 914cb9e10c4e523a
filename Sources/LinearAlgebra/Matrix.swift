/// A dense matrix, stored row by row.
///
/// Element (i, j) is `elements[i * columnCount + j]`. A value: assignment copies (on write). Either side may
/// be 0. A damaged stored matrix, whose numbers do not match its shape, is refused when decoded.
public struct Matrix<Scalar> {
  /// Rows.
  public let rowCount: Int
  /// Columns.
  public let columnCount: Int
  /// The elements, row after row; its length is rowCount · columnCount.
  public private(set) var elements: [Scalar]

  /// The matrix with these elements, row after row.
  ///
  /// - Precondition: `elements.count == rowCount * columnCount`.
  public init(rowCount: Int, columnCount: Int, elements: [Scalar]) {
    precondition(
      rowCount >= 0 && columnCount >= 0 && elements.count == rowCount * columnCount,
      "\(elements.count) elements for a matrix of \(rowCount) × \(columnCount)")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.elements = elements
  }

  /// The matrix with the same element everywhere.
  public init(rowCount: Int, columnCount: Int, repeating element: Scalar) {
    self.init(
      rowCount: rowCount, columnCount: columnCount,
      elements: Array(repeating: element, count: rowCount * columnCount))
  }

  /// The matrix with these rows.
  ///
  /// - Precondition: all rows have the same length.
  public init(rows: [[Scalar]]) {
    let columnCount = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columnCount }, "rows of different lengths")
    self.init(rowCount: rows.count, columnCount: columnCount, elements: rows.flatMap { $0 })
  }

  /// Element (row, column).
  public subscript(row: Int, column: Int) -> Scalar {
    get { elements[offset(row, column)] }
    set { elements[offset(row, column)] = newValue }
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    precondition(
      row >= 0 && row < rowCount && column >= 0 && column < columnCount,
      "element (\(row), \(column)) of a matrix of \(rowCount) × \(columnCount)")
    return row * columnCount + column
  }

  /// One row, a slice of ``elements`` (its first index is row · columnCount).
  public func row(_ row: Int) -> ArraySlice<Scalar> {
    elements[row * columnCount..<(row + 1) * columnCount]
  }

  /// One column, copied.
  public func column(_ column: Int) -> [Scalar] {
    (0..<rowCount).map { self[$0, column] }
  }

  /// The columns at these positions, in this order; one may be taken more than once.
  public func selectingColumns(_ positions: [Int]) -> Matrix {
    var selected: [Scalar] = []
    selected.reserveCapacity(rowCount * positions.count)
    for row in 0..<rowCount {
      for position in positions { selected.append(self[row, position]) }
    }
    return Matrix(rowCount: rowCount, columnCount: positions.count, elements: selected)
  }

  /// Replaces one row.
  ///
  /// - Precondition: `values.count == columnCount`.
  public mutating func setRow(_ row: Int, to values: some Collection<Scalar>) {
    precondition(values.count == columnCount, "\(values.count) values for \(columnCount) columns")
    elements.replaceSubrange(row * columnCount..<(row + 1) * columnCount, with: values)
  }

  /// The matrix of f(element).
  public func map<Result>(_ transform: (Scalar) throws -> Result) rethrows -> Matrix<Result> {
    Matrix<Result>(
      rowCount: rowCount, columnCount: columnCount, elements: try elements.map(transform))
  }

  /// The transposed matrix, copied in tiles that stay in cache.
  @_specialize(where Scalar == Double)
  public func transposed() -> Matrix {
    let tile = 32
    let copied = [Scalar](unsafeUninitializedCapacity: elements.count) { target, count in
      elements.withUnsafeBufferPointer { source in
        guard let to = target.baseAddress else { return }
        for rowStart in stride(from: 0, to: rowCount, by: tile) {
          for columnStart in stride(from: 0, to: columnCount, by: tile) {
            for row in rowStart..<min(rowStart + tile, rowCount) {
              for column in columnStart..<min(columnStart + tile, columnCount) {
                (to + column * rowCount + row).initialize(to: source[row * columnCount + column])
              }
            }
          }
        }
      }
      count = elements.count
    }
    return Matrix(rowCount: columnCount, columnCount: rowCount, elements: copied)
  }

  /// Lets a kernel read the elements from the first on; not called where there are none.
  public func withUnsafeBase(_ body: (UnsafePointer<Scalar>) throws -> Void) rethrows {
    try elements.withUnsafeBufferPointer { if let base = $0.baseAddress { try body(base) } }
  }

  /// Lets a kernel change the elements from the first on; not called where there are none.
  public mutating func withUnsafeMutableBase(
    _ body: (UnsafeMutablePointer<Scalar>) throws -> Void
  ) rethrows {
    try elements.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { try body(base) } }
  }

  /// Lets a kernel read the elements, row after row.
  public func withUnsafeElements<Result>(
    _ body: (UnsafeBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    try elements.withUnsafeBufferPointer(body)
  }

  /// Lets a kernel change the elements, row after row.
  public mutating func withUnsafeMutableElements<Result>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    try elements.withUnsafeMutableBufferPointer { try body($0) }
  }
}

extension Matrix: Sendable where Scalar: Sendable {}
extension Matrix: Equatable where Scalar: Equatable {}

private enum MatrixKeys: String, CodingKey {
  case rowCount, columnCount, elements
}

extension Matrix: Encodable where Scalar: Encodable {
  /// Stores the shape and the elements.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: MatrixKeys.self)
    try container.encode(rowCount, forKey: .rowCount)
    try container.encode(columnCount, forKey: .columnCount)
    try container.encode(elements, forKey: .elements)
  }
}

extension Matrix: Decodable where Scalar: Decodable {
  /// Reads a stored matrix.
  ///
  /// - Throws: `DecodingError.dataCorrupted` where the number of elements does not match the shape.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: MatrixKeys.self)
    rowCount = try container.decode(Int.self, forKey: .rowCount)
    columnCount = try container.decode(Int.self, forKey: .columnCount)
    elements = try container.decode([Scalar].self, forKey: .elements)
    let (expected, overflow) = rowCount.multipliedReportingOverflow(by: columnCount)
    guard rowCount >= 0, columnCount >= 0, !overflow, elements.count == expected else {
      throw DecodingError.dataCorruptedError(
        forKey: .elements, in: container,
        debugDescription:
          "a matrix of \(rowCount) × \(columnCount) with \(elements.count) elements")
    }
  }
}

extension Matrix where Scalar: Numeric {
  /// The matrix of zeros.
  public init(rowCount: Int, columnCount: Int) {
    self.init(rowCount: rowCount, columnCount: columnCount, repeating: 0)
  }

  /// The square matrix with these elements on its diagonal and zeros elsewhere.
  public init(diagonal: [Scalar]) {
    self.init(rowCount: diagonal.count, columnCount: diagonal.count)
    for (index, element) in diagonal.enumerated() { self[index, index] = element }
  }

  /// The identity matrix.
  public static func identity(_ order: Int) -> Matrix {
    Matrix(diagonal: Array(repeating: 1, count: order))
  }

  /// The elements (i, i).
  public var diagonal: [Scalar] {
    (0..<min(rowCount, columnCount)).map { elements[$0 * columnCount + $0] }
  }
}

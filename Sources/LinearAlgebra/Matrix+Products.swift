public import Concurrency

/// Which operands of a product are transposed.
public enum Transposing: Sendable {
  /// A · B.
  case none
  /// Aᵀ · B.
  case first
  /// A · Bᵀ.
  case second
  /// Aᵀ · Bᵀ.
  case both

  fileprivate var orientations: (first: Orientation, second: Orientation) {
    switch self {
    case .none: (.plain, .plain)
    case .first: (.transposed, .plain)
    case .second: (.plain, .transposed)
    case .both: (.transposed, .transposed)
    }
  }
}

/// op(A) · op(B).
///
/// Edge case: an inner size of 0 gives zeros.
/// - Precondition: the inner sizes agree.
public func matrixProduct<Scalar: BLASScalar>(
  _ a: Matrix<Scalar>, _ b: Matrix<Scalar>, transposing: Transposing = .none
) -> Matrix<Scalar> {
  let (aOrientation, bOrientation) = transposing.orientations
  var result = Matrix<Scalar>(rowCount: a.rows(aOrientation), columnCount: b.columns(bOrientation))
  result.setProduct(a, b, transposing: transposing)
  return result
}

extension Matrix where Scalar: BLASScalar {
  fileprivate func rows(_ orientation: Orientation) -> Int {
    orientation == .plain ? rowCount : columnCount
  }

  fileprivate func columns(_ orientation: Orientation) -> Int {
    orientation == .plain ? columnCount : rowCount
  }

  /// Replaces this matrix C by alpha · op(A) · op(B) + beta · C.
  ///
  /// With beta = 0 the old elements are not read, so that they may be NaN.
  /// - Precondition: the shapes agree.
  public mutating func setProduct(
    _ a: Matrix, _ b: Matrix, transposing: Transposing = .none, alpha: Scalar = 1,
    beta: Scalar = 0
  ) {
    let (aOrientation, bOrientation) = transposing.orientations
    let depth = a.columns(aOrientation)
    precondition(
      depth == b.rows(bOrientation) && rowCount == a.rows(aOrientation)
        && columnCount == b.columns(bOrientation),
      """
      product of \(a.rows(aOrientation)) × \(depth) and \(b.rows(bOrientation)) × \
      \(b.columns(bOrientation)) into \(rowCount) × \(columnCount)
      """)
    guard depth > 0 else { return scale(by: beta) }
    let (rowCount, columnCount) = (self.rowCount, self.columnCount)
    withUnsafeMutableElements { c in
      a.withUnsafeElements { aElements in
        b.withUnsafeElements { bElements in
          guard let c = c.baseAddress, let aBase = aElements.baseAddress,
            let bBase = bElements.baseAddress
          else { return }
          Scalar.gemm(
            rowCount: rowCount, columnCount: columnCount, depth: depth, alpha: alpha,
            a: Operand(aBase, stride: a.columnCount, aOrientation),
            b: Operand(bBase, stride: b.columnCount, bOrientation), beta: beta, c: c,
            cStride: columnCount)
        }
      }
    }
  }

  /// op(A) · x.
  ///
  /// - Precondition: `vector.count` is the column count of op(A).
  @_specialize(where Scalar == Double)
  public func product(
    _ vector: [Scalar], _ orientation: Orientation = .plain
  ) -> [Scalar] {
    precondition(
      vector.count == columns(orientation),
      "\(rows(orientation)) × \(columns(orientation)) times a vector of \(vector.count)")
    var result = [Scalar](repeating: 0, count: rows(orientation))
    guard !result.isEmpty, !vector.isEmpty else { return result }
    withUnsafeElements { a in
      guard let a = a.baseAddress else { return }
      Scalar.gemv(
        rowCount: rowCount, columnCount: columnCount, alpha: 1,
        a: Operand(a, stride: columnCount, orientation), x: vector, beta: 0, y: &result)
    }
    return result
  }

  /// The symmetric product A · Aᵀ (`.plain`) or Aᵀ · A (`.transposed`), both triangles, equal bits in both.
  ///
  /// Half the work of a general product.
  @_specialize(where Scalar == Double)
  public func gram(_ orientation: Orientation = .plain) -> Matrix {
    let order = rows(orientation)
    let depth = columns(orientation)
    var result = Matrix(rowCount: order, columnCount: order)
    guard order > 0, depth > 0 else { return result }
    result.withUnsafeMutableElements { c in
      withUnsafeElements { a in
        guard let a = a.baseAddress, let c = c.baseAddress else { return }
        Scalar.syrk(
          order: order, depth: depth, alpha: 1, a: Operand(a, stride: columnCount, orientation),
          beta: 0, c: c, cStride: order)
      }
    }
    result.copyLowerTriangleUp()
    return result
  }

  /// Multiplies every element by a number; 0 sets zeros, whatever was there.
  @_specialize(where Scalar == Double)
  public mutating func scale(by factor: Scalar) {
    withUnsafeMutableElements { elements in
      for index in elements.indices {
        elements[index] = factor == 0 ? 0 : elements[index] * factor
      }
    }
  }

  /// Adds factor · other.
  ///
  /// - Precondition: equal shapes.
  @_specialize(where Scalar == Double)
  public mutating func add(_ other: Matrix, times factor: Scalar = 1) {
    precondition(
      rowCount == other.rowCount && columnCount == other.columnCount,
      "\(rowCount) × \(columnCount) plus \(other.rowCount) × \(other.columnCount)")
    withUnsafeMutableElements { elements in
      other.withUnsafeElements { addends in
        for index in elements.indices { elements[index] += factor * addends[index] }
      }
    }
  }

  /// Makes the matrix symmetric from its lower triangle, in tiles that stay in cache.
  ///
  /// - Precondition: the matrix is square.
  @_specialize(where Scalar == Double)
  public mutating func copyLowerTriangleUp() {
    let order = rowCount
    withUnsafeMutableBase { elements in
      for row in stride(from: 0, to: order, by: symmetryTile) {
        copyTilesUp(elements, order, row)
      }
    }
  }
}

extension Matrix<Double> {
  /// A · x by several threads. The bits do not depend on their number.
  ///
  /// - Precondition: `vector.count` is the column count.
  public func product(_ vector: [Double], on workers: Workers) -> [Double] {
    precondition(
      vector.count == columnCount, "\(columnCount) columns times a vector of \(vector.count)")
    var result = [Double](repeating: 0, count: rowCount)
    guard !vector.isEmpty else { return result }
    let blockRows = 128
    result.withUnsafeMutableBufferPointer { result in
      withUnsafeBase { base in
        guard let first = result.baseAddress else { return }
        nonisolated(unsafe) let (a, target) = (base, first)
        workers.perform((rowCount + blockRows - 1) / blockRows) { block in
          let first = block * blockRows
          Double.gemv(
            rowCount: min(blockRows, rowCount - first), columnCount: columnCount, alpha: 1,
            a: Operand(a + first * columnCount, stride: columnCount), x: vector, beta: 0,
            y: target + first)
        }
      }
    }
    return result
  }

  /// Makes the matrix symmetric from its lower triangle by several threads.
  ///
  /// - Precondition: the matrix is square.
  public mutating func copyLowerTriangleUp(on workers: Workers) {
    let order = rowCount
    withUnsafeMutableBase { elements in
      nonisolated(unsafe) let target = elements
      let pieces = (order + symmetryTile - 1) / symmetryTile
      // The longest first
      workers.perform(pieces) { piece in
        copyTilesUp(target, order, (pieces - 1 - piece) * symmetryTile)
      }
    }
  }
}

private let symmetryTile = 32

/// Copies the tiles of some rows, left of the diagonal, to their mirror images.
@_specialize(where Scalar == Double)
private func copyTilesUp<Scalar>(
  _ elements: UnsafeMutablePointer<Scalar>, _ order: Int, _ rowStart: Int
) {
  for columnStart in stride(from: 0, through: rowStart, by: symmetryTile) {
    for row in rowStart..<min(rowStart + symmetryTile, order) {
      for column in columnStart..<max(columnStart, min(columnStart + symmetryTile, row)) {
        elements[column * order + row] = elements[row * order + column]
      }
    }
  }
}

import LinearAlgebra
import Modeling

/// Rows of one call: fixed, so that the bits do not depend on the number of threads or members.
private let blockRows = 96

/// A symmetric matrix, computed by blocks of rows of its lower triangle, which are shared among members and threads.
///
/// Symmetric to the bit, with the same bits on any number of either.
///
/// Collective where the share is divided.
/// - Parameter compute: writes the rows of a block as far as the diagonal (and may write up to the block's end); the
///   pointer is to the first of them, `order` numbers from one row to the next. Runs on several threads.
func symmetricBlocks<Everyone: Team & ~Copyable>(
  order: Int, _ share: WorkShare, with everyone: borrowing Everyone, on workers: Workers,
  _ compute: (_ rows: Range<Int>, _ target: UnsafeMutablePointer<Double>) -> Void
) -> Matrix<Double> {
  var result = Matrix<Double>(rowCount: order, columnCount: order)
  let blocks = stride(from: 0, to: order, by: blockRows).map { $0..<min($0 + blockRows, order) }
  let own = blocks.filter { block in
    // The work of a block grows with its distance from the first row.
    let middle = Double(block.lowerBound + block.upperBound) / Double(2 * max(order, 1))
    return share.includes(middle * middle)
  }
  result.withUnsafeMutableElements { elements in
    guard let base = elements.baseAddress else { return }
    nonisolated(unsafe) let target = base
    workers.perform(own.count) { piece in
      compute(own[piece], target + own[piece].lowerBound * order)
    }
    guard share.isDivided else { return }
    let starts = blocks.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count * $1.upperBound) }
    share.exchange(count: starts[blocks.count], with: everyone) { message in
      for (block, start) in zip(blocks, starts) where own.contains(block) {
        for (place, row) in block.enumerated() {
          for column in 0..<block.upperBound {
            message[start + place * block.upperBound + column] = Int64(
              bitPattern: target[row * order + column].bitPattern)
          }
        }
      }
    } read: { message in
      for (block, start) in zip(blocks, starts) where !own.contains(block) {
        for (place, row) in block.enumerated() {
          for column in 0..<block.upperBound {
            target[row * order + column] = Double(
              bitPattern: UInt64(bitPattern: message[start + place * block.upperBound + column]))
          }
        }
      }
    }
  }
  result.copyLowerTriangleUp()
  return result
}

/// A · Bᵀ where that is symmetric.
///
/// Collective where the share is divided.
func symmetricProduct<Everyone: Team & ~Copyable>(
  _ a: Matrix<Double>, _ b: Matrix<Double>, _ share: WorkShare, with everyone: borrowing Everyone,
  on workers: Workers
) -> Matrix<Double> {
  let depth = a.columnCount
  return a.withUnsafeElements { a in
    b.withUnsafeElements { b in
      nonisolated(unsafe) let (first, second) = (a.baseAddress, b.baseAddress)
      let order = depth > 0 ? a.count / depth : 0
      return symmetricBlocks(order: order, share, with: everyone, on: workers) { rows, target in
        guard let first, let second else { return }
        Double.gemm(
          rowCount: rows.count, columnCount: rows.upperBound, depth: depth, alpha: 1,
          a: Operand(first + rows.lowerBound * depth, stride: depth),
          b: Operand(second, stride: depth, .transposed), beta: 0, c: target, cStride: order)
      }
    }
  }
}

/// A · Aᵀ on this member alone.
func parallelGram(_ a: Matrix<Double>, on workers: Workers) -> Matrix<Double> {
  symmetricProduct(a, a, .whole, with: Alone(), on: workers)
}

/// V diag(values) Vᵀ.
///
/// Collective where the share is divided.
func precision<Everyone: Team & ~Copyable>(
  _ vectors: Matrix<Double>, _ values: [Double], _ share: WorkShare,
  with everyone: borrowing Everyone, on workers: Workers
) -> Matrix<Double> {
  var scaled = vectors
  scaled.scale(columnsBy: values)
  return symmetricProduct(scaled, vectors, share, with: everyone, on: workers)
}

extension Matrix<Double> {
  /// A ← A diag(factors).
  mutating func scale(columnsBy factors: [Double]) {
    let width = columnCount
    precondition(factors.count == width)
    withUnsafeMutableElements { elements in
      for start in stride(from: 0, to: elements.count, by: max(width, 1)) {
        for column in 0..<width { elements[start + column] *= factors[column] }
      }
    }
  }
}

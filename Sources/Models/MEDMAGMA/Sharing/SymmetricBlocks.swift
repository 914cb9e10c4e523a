import Concurrency
import LinearAlgebra
import Modeling
import Sums

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
    // The longest first, so that threads end together
    workers.perform(own.count) { piece in
      let block = own[own.count - 1 - piece]
      compute(block, target + block.lowerBound * order)
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
  result.copyLowerTriangleUp(on: workers)
  return result
}

/// A · Aᵀ, or A · Bᵀ where that is symmetric.
///
/// Collective where the share is divided.
func symmetricProduct<Everyone: Team & ~Copyable>(
  _ a: Matrix<Double>, times b: Matrix<Double>? = nil, _ share: WorkShare,
  with everyone: borrowing Everyone, on workers: Workers
) -> Matrix<Double> {
  let depth = a.columnCount
  return a.withUnsafeElements { first in
    (b ?? a).withUnsafeElements { second in
      nonisolated(unsafe) let (first, second) = (first.baseAddress, second.baseAddress)
      return symmetricBlocks(order: a.rowCount, share, with: everyone, on: workers) {
        rows, target in
        guard let first, let second, depth > 0 else { return }
        // Of A · Aᵀ half the square on the diagonal is enough
        let width = b == nil ? rows.lowerBound : rows.upperBound
        if width > 0 {
          Double.gemm(
            rowCount: rows.count, columnCount: width, depth: depth, alpha: 1,
            a: Operand(first + rows.lowerBound * depth, stride: depth),
            b: Operand(second, stride: depth, .transposed), beta: 0, c: target,
            cStride: a.rowCount)
        }
        if b == nil {
          Double.syrk(
            order: rows.count, depth: depth, alpha: 1,
            a: Operand(first + rows.lowerBound * depth, stride: depth), beta: 0,
            c: target + rows.lowerBound, cStride: a.rowCount)
        }
      }
    }
  }
}

/// A · Aᵀ on this member alone.
func parallelGram(_ a: Matrix<Double>, on workers: Workers) -> Matrix<Double> {
  symmetricProduct(a, .whole, with: Alone(), on: workers)
}

/// V diag(values) Vᵀ.
///
/// Collective where the share is divided.
func precision<Everyone: Team & ~Copyable>(
  _ vectors: Matrix<Double>, _ values: [Double], _ share: WorkShare,
  with everyone: borrowing Everyone, on workers: Workers
) -> Matrix<Double> {
  if values.allSatisfy({ $0 >= 0 }) {
    let roots = scaled(vectors, columnsBy: values.map { $0.squareRoot() }, on: workers)
    return symmetricProduct(roots, share, with: everyone, on: workers)
  }
  let weighted = scaled(vectors, columnsBy: values, on: workers)
  return symmetricProduct(weighted, times: vectors, share, with: everyone, on: workers)
}

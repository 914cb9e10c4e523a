import LinearAlgebra

/// Rows of one call: fixed, so that the bits do not depend on the number of threads.
private let blockRows = 96

/// A · B by blocks of rows of A, shared among the threads.
func parallelProduct(
  _ a: Matrix<Double>, _ b: Matrix<Double>, on workers: Workers
) -> Matrix<Double> {
  var result = Matrix<Double>(rowCount: a.rowCount, columnCount: b.columnCount)
  let (depth, width) = (a.columnCount, b.columnCount)
  let blockCount = (a.rowCount + blockRows - 1) / blockRows
  guard depth > 0, width > 0 else { return result }
  result.withUnsafeMutableElements { c in
    a.withUnsafeElements { a in
      b.withUnsafeElements { b in
        guard let c = c.baseAddress, let aBase = a.baseAddress, let b = b.baseAddress else {
          return
        }
        nonisolated(unsafe) let (target, first, second) = (c, aBase, b)
        let rowCount = a.count / depth
        workers.perform(blockCount) { block in
          let start = block * blockRows
          Double.gemm(
            rowCount: min(blockRows, rowCount - start), columnCount: width, depth: depth, alpha: 1,
            a: Operand(first + start * depth, stride: depth), b: Operand(second, stride: width),
            beta: 0, c: target + start * width, cStride: width)
        }
      }
    }
  }
  return result
}

/// A · Aᵀ, symmetric to the bit: the lower triangle by blocks of rows shared among the threads.
func parallelGram(_ a: Matrix<Double>, on workers: Workers) -> Matrix<Double> {
  let order = a.rowCount
  let depth = a.columnCount
  var result = Matrix<Double>(rowCount: order, columnCount: order)
  let blockCount = (order + blockRows - 1) / blockRows
  guard depth > 0 else { return result }
  result.withUnsafeMutableElements { c in
    a.withUnsafeElements { a in
      guard let c = c.baseAddress, let a = a.baseAddress else { return }
      nonisolated(unsafe) let (target, source) = (c, a)
      workers.perform(blockCount) { block in
        let start = block * blockRows
        let end = min(start + blockRows, order)
        Double.gemm(
          rowCount: end - start, columnCount: end, depth: depth, alpha: 1,
          a: Operand(source + start * depth, stride: depth),
          b: Operand(source, stride: depth, .transposed), beta: 0, c: target + start * order,
          cStride: order)
      }
      for row in 0..<order {
        for column in 0..<row { c[column * order + row] = c[row * order + column] }
      }
    }
  }
  return result
}

import Concurrency
import Kernels
import Networks
import RealModule

// i row vertex, j column vertex, lambda and mu eigenvalues of Omega_1 and Omega_2

/// Sums over all pairs of an eigenvalue λ_i of Ω₁ and μ_j of Ω₂, made in one pass:
///
///     rowSums_i = Σ_j 1/(λ_i + μ_j)        columnSums_j = Σ_i 1/(λ_i + μ_j)        logSum = Σ_ij log(λ_i + μ_j)
///
/// Four reciprocals are made by one division (1/x₀ = x₁·(x₂x₃)/(x₀x₁x₂x₃)), and the product of the four
/// feeds the logarithm too: its exponent is counted as an integer, its significand multiplied on, so that
/// one logarithm a block remains.
///
/// The pass is cut into blocks of 32 rows whatever the number of threads, and blocks are combined in
/// order: the bits depend on the input only.
/// Where the eigenvalues span few factors of two, the sums go through a few nodes (`SpectrumNodes`), O(d₁ + d₂)
/// instead of O(d₁ d₂), unless that is forbidden: it changes the last bits only.
/// - Precondition (of `compute`): every sum λ_i + μ_j within 1e-7…1e7, so that products of four times a
///   significand stay in range.
struct PairSums {
  private(set) var rowSums: [Double]
  private(set) var columnSums: [Double]
  private(set) var logSum = 0.0

  private static let blockRows = 32
  private var blockColumnSums: [Double]
  private var blockLogSums: [Double]
  private let usesNodes: Bool
  private var rowNodes = SpectrumNodes()
  private var columnNodes = SpectrumNodes()

  init(rowCount: Int, columnCount: Int, usesNodes: Bool = false) {
    self.usesNodes = usesNodes
    let blockCount = (rowCount + Self.blockRows - 1) / Self.blockRows
    rowSums = Array(repeating: 0, count: rowCount)
    columnSums = Array(repeating: 0, count: columnCount)
    blockColumnSums = Array(repeating: 0, count: blockCount * columnCount)
    blockLogSums = Array(repeating: 0, count: blockCount)
  }

  /// Computes all sums for these eigenvalues.
  mutating func compute(_ lambda: [Double], _ mu: [Double], on workers: Workers) {
    let (rowCount, columnCount) = (rowSums.count, columnSums.count)
    precondition(lambda.count == rowCount && mu.count == columnCount)
    if usesNodes, computeThroughNodes(lambda, mu) { return }
    let blockCount = blockLogSums.count
    rowSums.withUnsafeMutableBufferPointer { rows in
      blockColumnSums.withUnsafeMutableBufferPointer { columns in
        blockLogSums.withUnsafeMutableBufferPointer { logs in
          lambda.withUnsafeBufferPointer { lambda in
            mu.withUnsafeBufferPointer { mu in
              let target = PairSumTarget(
                rows: rows, columns: columns, logs: logs, lambda: lambda, mu: mu)
              workers.perform(blockCount) { block in
                let start = block * Self.blockRows
                target.computeBlock(
                  block, rows: start..<min(start + Self.blockRows, rowCount))
              }
            }
          }
        }
      }
    }
    columnSums.withUnsafeMutableBufferPointer { sums in
      sums.update(repeating: 0)
      for block in 0..<blockCount {
        for column in 0..<columnCount {
          sums[column] += blockColumnSums[block * columnCount + column]
        }
      }
    }
    logSum = blockLogSums.reduce(0, +)
  }

  /// False where it would not be faster.
  private mutating func computeThroughNodes(_ lambda: [Double], _ mu: [Double]) -> Bool {
    let kernels = Kernels.current.spectrum
    return lambda.withUnsafeBufferPointer { lambda in
      mu.withUnsafeBufferPointer { mu in
        guard let first = lambda.baseAddress, let second = mu.baseAddress else { return false }
        let lowestRow = kernels.bounds(first, count: lambda.count).low
        let lowestColumn = kernels.bounds(second, count: mu.count).low
        let pairs = lambda.count * mu.count
        guard
          rowNodes.divide(lambda, otherLowest: lowestColumn, limit: lambda.count, by: kernels),
          columnNodes.divide(mu, otherLowest: lowestRow, limit: mu.count, by: kernels),
          8 * rowNodes.nodeCount * columnNodes.nodeCount <= pairs
        else { return false }
        rowNodes.gather(lambda, by: kernels)
        columnNodes.gather(mu, by: kernels)
        logSum = rowNodes.sumPairs(with: &columnNodes, by: kernels)
        rowSums.withUnsafeMutableBufferPointer { rowNodes.spread(lambda, into: $0, by: kernels) }
        columnSums.withUnsafeMutableBufferPointer { columnNodes.spread(mu, into: $0, by: kernels) }
        return true
      }
    }
  }
}

/// Where the blocks of one pass read and write; blocks never touch each other's elements.
private struct PairSumTarget: @unchecked Sendable {
  let rows: UnsafeMutableBufferPointer<Double>
  let columns: UnsafeMutableBufferPointer<Double>
  let logs: UnsafeMutableBufferPointer<Double>
  let lambda: UnsafeBufferPointer<Double>
  let mu: UnsafeBufferPointer<Double>

  func computeBlock(_ block: Int, rows range: Range<Int>) {
    let columnCount = mu.count
    guard columnCount > 0, let mu = mu.baseAddress else {
      logs[block] = 0
      return
    }
    let sums = UnsafeMutableBufferPointer(
      rebasing: columns[block * columnCount..<(block + 1) * columnCount])
    sums.update(repeating: 0)
    guard let sums = sums.baseAddress else { return }
    var product = LogProduct()
    var row = range.lowerBound
    while row + 4 <= range.upperBound {
      computeFourRows(row, mu, sums, columnCount, &product)
      row += 4
    }
    while row < range.upperBound {
      var rowSum = 0.0
      for column in 0..<columnCount {
        let sum = lambda[row] + mu[column]
        let reciprocal = 1 / sum
        rowSum += reciprocal
        sums[column] += reciprocal
        product.multiply(sum)
      }
      rows[row] = rowSum
      row += 1
    }
    logs[block] = product.logarithm
  }

  private func computeFourRows(
    _ row: Int, _ mu: UnsafePointer<Double>, _ sums: UnsafeMutablePointer<Double>,
    _ columnCount: Int, _ product: inout LogProduct
  ) {
    let (l0, l1, l2, l3) = (lambda[row], lambda[row + 1], lambda[row + 2], lambda[row + 3])
    var (s0, s1) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var (s2, s3) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var significand = product.significand
    var exponent = product.exponent
    let whole = columnCount & ~3
    var column = 0
    while column < whole {
      let m = UnsafeRawPointer(mu + column).loadUnaligned(as: SIMD4<Double>.self)
      let (x0, x1, x2, x3) = (m + l0, m + l1, m + l2, m + l3)
      // One division for four reciprocals.
      let (p01, p23) = (x0 * x1, x2 * x3)
      let p = p01 * p23
      let r = 1 / p
      let (r01, r23) = (r * p23, r * p01)
      let (y0, y1, y2, y3) = (r01 * x1, r01 * x0, r23 * x3, r23 * x2)
      s0 += y0
      s1 += y1
      s2 += y2
      s3 += y3
      let target = UnsafeMutableRawPointer(sums + column)
      let old = target.loadUnaligned(as: SIMD4<Double>.self)
      target.storeBytes(of: old + ((y0 + y1) + (y2 + y3)), as: SIMD4<Double>.self)
      // p · significand = 2^k · m with 1 ≤ m < 2: the exponent moves to the integer.
      let bits = unsafeBitCast(significand * p, to: SIMD4<UInt64>.self)
      exponent &+= bits &>> 52
      significand = unsafeBitCast(
        (bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000, to: SIMD4<Double>.self)
      column += 4
    }
    product.significand = significand
    product.exponent = exponent
    product.biasCount += UInt64(whole / 4)
    var (t0, t1, t2, t3) = (
      (s0[0] + s0[1]) + (s0[2] + s0[3]), (s1[0] + s1[1]) + (s1[2] + s1[3]),
      (s2[0] + s2[1]) + (s2[2] + s2[3]), (s3[0] + s3[1]) + (s3[2] + s3[3])
    )
    while column < columnCount {
      let m = mu[column]
      let (x0, x1, x2, x3) = (m + l0, m + l1, m + l2, m + l3)
      let (y0, y1, y2, y3) = (1 / x0, 1 / x1, 1 / x2, 1 / x3)
      t0 += y0
      t1 += y1
      t2 += y2
      t3 += y3
      sums[column] += (y0 + y1) + (y2 + y3)
      product.multiply((x0 * x1) * (x2 * x3))
      column += 1
    }
    rows[row] = t0
    rows[row + 1] = t1
    rows[row + 2] = t2
    rows[row + 3] = t3
  }
}

/// The logarithm of a long product of positive numbers, as significands in 1..<2 and counted exponents.
private struct LogProduct {
  var significand = SIMD4<Double>(repeating: 1)
  /// Sums of biased exponents of the four lanes.
  var exponent = SIMD4<UInt64>.zero
  /// How often each lane's exponent was counted with its bias of 1023.
  var biasCount: UInt64 = 0
  private var single = 1.0
  private var singleExponent = 0

  mutating func multiply(_ factor: Double) {
    let product = single * factor
    singleExponent += Int(product.exponent)
    single = product.significand
  }

  var logarithm: Double {
    let counted = Int(exponent[0] &+ exponent[1] &+ exponent[2] &+ exponent[3])
    let exponents = counted - 4 * 1023 * Int(biasCount) + singleExponent
    let significands =
      (significand[0] * significand[1]) * (significand[2] * significand[3]) * single
    return Double(exponents) * .log(2) + .log(significands)
  }
}

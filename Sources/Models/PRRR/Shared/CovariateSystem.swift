import Concurrency
import LinearAlgebra
import Modeling
import Sums

/// The Newton system of U given the genes' coefficients, as a product that needs no p·k × p·k matrix.
///
/// The intercepts move with U, v0 ← v0 − x̄ ΔU V, so that a gene's mean predictor stays where it is: without
/// this, covariates that sum to one (cell types) and the intercept trade places and alternation takes hundreds
/// of iterations instead of tens. With x̃ = x − x̄:
///
///     A W = Σ_n x̃_n M_n (x̃_n W) + W / σ_U² + x̄ᵀ (x̄ W) VVᵀ / σ_0²
///     g   = Σ_n x̃_n P_n − U / σ_U² + x̄ᵀ Σ_j (v0_j − m_j) v_j / σ_0²
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x̄ | mean covariates, weighted by exposure | p | `centre` |
/// | P, M | row moments (``RowMoments``) | R × k, R × k (k+1)/2 | `moments` |
/// | VVᵀ | Gram matrix of the loadings | k × k | `loadingGram` |
package struct CovariateSystem {
  let lanes: [[PoissonBlock]]
  let moments: [[RowMoments]]
  let centre: [Double]
  let loadingGram: Matrix<Double>
  /// 1/σ_U², the prior precision of a covariate's loadings.
  let covariatePrecision: Double
  /// 1/σ_0²; 0 without intercepts.
  let interceptPrecision: Double

  var p: Int { centre.count }
  var k: Int { loadingGram.rowCount }

  /// The order of A up to which it is formed: then one sum does, and no iteration.
  static let largestFormed = 128

  /// Solves A W = g: directly where A is small, else by conjugate gradients, preconditioned by the k × k blocks of each covariate.
  ///
  /// Collective: one sum for the right side and the blocks, one for every iteration. Stops when the
  /// preconditioned residual has fallen to `tolerance` of its start, or after `limit` iterations.
  /// - Parameter penaltyGradient: g without its first term, p × k.
  /// - Returns: W and g.
  /// - Throws: `SumFault` where a number could not be summed.
  func solve<Everyone: Team & ~Copyable>(
    penaltyGradient: Matrix<Double>, tolerance: Double, limit: Int,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (direction: Matrix<Double>, gradient: Matrix<Double>) {
    if p * k <= Self.largestFormed,
      let formed = try form(penaltyGradient, with: everyone, on: workers)
    {
      return formed
    }
    let (gradient, blocks) = try start(penaltyGradient, with: everyone, on: workers)
    var residual = gradient.elements
    var solution = Array(repeating: 0.0, count: p * k)
    var preconditioned = apply(blocks, to: residual)
    var direction = preconditioned
    var energy = dot(residual, preconditioned)
    let goal = tolerance * tolerance * energy
    for _ in 0..<limit where energy > goal && energy > 0 {
      let product = try product(direction, with: everyone, on: workers)
      let curvature = dot(direction, product)
      guard curvature > 0 else { break }
      let step = energy / curvature
      for index in solution.indices {
        solution[index] += step * direction[index]
        residual[index] -= step * product[index]
      }
      preconditioned = apply(blocks, to: residual)
      let next = dot(residual, preconditioned)
      let ratio = next / energy
      for index in direction.indices {
        direction[index] = preconditioned[index] + ratio * direction[index]
      }
      energy = next
    }
    return (Matrix(rowCount: p, columnCount: k, elements: solution), gradient)
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  // MARK: - Right side and preconditioner

  /// g, and the inverse of the k × k diagonal block of every covariate, p × k × k.
  private func start<Everyone: Team & ~Copyable>(
    _ penaltyGradient: Matrix<Double>, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (gradient: Matrix<Double>, blocks: [Double]) {
    let packed = packedCount(k)
    let blocks: [SumBlock] = [
      .wide("gradient of U", count: p * k, unitExponent: 10),
      .wide("sum of residuals", count: k, unitExponent: 10),
      .wide("curvature by squares", count: p * packed, unitExponent: 10),
      .wide("curvature by covariates", count: p * packed, unitExponent: 10),
      .wide("sum of curvatures", count: packed, unitExponent: 10),
    ]
    let sums = try sumOverBlocks(blocks, with: everyone, on: workers) { block, moments, part in
      let squares = block.design.map { $0 * $0 }
      let rows = block.rowCount
      let residuals = Matrix(rowCount: rows, columnCount: k, elements: moments.residuals)
      let curvatures = Matrix(rowCount: rows, columnCount: packed, elements: moments.curvatures)
      let ones = Matrix(rowCount: rows, columnCount: 1, repeating: 1.0)
      part.add(matrixProduct(block.design, residuals, transposing: .first).elements, to: 0)
      part.add(matrixProduct(ones, residuals, transposing: .first).elements, to: 1)
      part.add(matrixProduct(squares, curvatures, transposing: .first).elements, to: 2)
      part.add(matrixProduct(block.design, curvatures, transposing: .first).elements, to: 3)
      part.add(matrixProduct(ones, curvatures, transposing: .first).elements, to: 4)
    }
    var gradient = penaltyGradient
    let residualSums = sums.values(of: 1)
    let raw = sums.values(of: 0)
    for covariate in 0..<p {
      for factor in 0..<k {
        gradient[covariate, factor] +=
          raw[covariate * k + factor] - centre[covariate] * residualSums[factor]
      }
    }
    return (
      gradient,
      inverseBlocks(
        squares: sums.values(of: 2), mixed: sums.values(of: 3), total: sums.values(of: 4))
    )
  }

  /// Σ x̃² M + I/σ_U² + x̄² VVᵀ/σ_0² of each covariate, inverted.
  private func inverseBlocks(squares: [Double], mixed: [Double], total: [Double]) -> [Double] {
    let packed = packedCount(k)
    var result = Array(repeating: 0.0, count: p * k * k)
    for covariate in 0..<p {
      let mean = centre[covariate]
      var matrix = Matrix<Double>(rowCount: k, columnCount: k)
      var place = 0
      for a in 0..<k {
        for b in a..<k {
          let data =
            squares[covariate * packed + place] - 2 * mean * mixed[covariate * packed + place]
            + mean * mean * total[place]
          var value = data + mean * mean * loadingGram[a, b] * interceptPrecision
          if a == b { value = max(value, 0) + covariatePrecision }
          matrix[a, b] = value
          matrix[b, a] = value
          place += 1
        }
      }
      // Rounding can leave a block of a nearly constant covariate indefinite: then its diagonal serves.
      let inverse =
        (try? Cholesky(matrix))?.inverse() ?? Matrix(diagonal: matrix.diagonal.map { 1 / $0 })
      result.replaceSubrange(
        covariate * k * k..<(covariate + 1) * k * k, with: inverse.elements)
    }
    return result
  }

  private func apply(_ blocks: [Double], to vector: [Double]) -> [Double] {
    var result = Array(repeating: 0.0, count: vector.count)
    for covariate in 0..<p {
      for a in 0..<k {
        var sum = 0.0
        for b in 0..<k {
          sum += blocks[(covariate * k + a) * k + b] * vector[covariate * k + b]
        }
        result[covariate * k + a] = sum
      }
    }
    return result
  }

  // MARK: - Product

  /// A W, the system's matrix times covariates × factors.
  private func product<Everyone: Team & ~Copyable>(
    _ vector: [Double], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> [Double] {
    let w = Matrix(rowCount: p, columnCount: k, elements: vector)
    let mean = matrixProduct(Matrix(rowCount: 1, columnCount: p, elements: centre), w).elements
    let blocks: [SumBlock] = [
      .wide("curvature product", count: p * k, unitExponent: 10),
      .wide("sum of curvature product", count: k, unitExponent: 10),
    ]
    let sums = try sumOverBlocks(blocks, with: everyone, on: workers) { block, moments, part in
      var z = matrixProduct(block.design, w)
      let columnSums = weighted(&z, by: moments.curvatures, centre: mean)
      part.add(matrixProduct(block.design, z, transposing: .first).elements, to: 0)
      part.add(columnSums, to: 1)
    }
    let raw = sums.values(of: 0)
    let total = sums.values(of: 1)
    var result = Array(repeating: 0.0, count: p * k)
    var pulled = Array(repeating: 0.0, count: k)
    for a in 0..<k {
      for b in 0..<k { pulled[a] += loadingGram[a, b] * mean[b] }
    }
    for covariate in 0..<p {
      for factor in 0..<k {
        let index = covariate * k + factor
        result[index] =
          raw[index] - centre[covariate] * total[factor] + covariatePrecision * vector[index]
          + interceptPrecision * centre[covariate] * pulled[factor]
      }
    }
    return result
  }

  /// z_n ← M_n (z_n − c), and the sums of the columns.
  private func weighted(
    _ z: inout Matrix<Double>, by curvatures: [Double], centre: [Double]
  ) -> [Double] {
    let (rows, k) = (z.rowCount, k)
    var columnSums = Array(repeating: 0.0, count: k)
    var shifted = Array(repeating: 0.0, count: k)
    z.withUnsafeMutableElements { z in
      curvatures.withUnsafeBufferPointer { m in
        var place = 0
        for row in 0..<rows {
          for a in 0..<k {
            shifted[a] = z[row * k + a] - centre[a]
            z[row * k + a] = 0
          }
          for a in 0..<k {
            z[row * k + a] += m[place] * shifted[a]
            place += 1
            for b in a + 1..<max(k, a + 1) {
              z[row * k + a] += m[place] * shifted[b]
              z[row * k + b] += m[place] * shifted[a]
              place += 1
            }
          }
          for a in 0..<k { columnSums[a] += z[row * k + a] }
        }
      }
    }
    return columnSums
  }

  /// Sums over all blocks of everyone.
  func sumOverBlocks<Everyone: Team & ~Copyable>(
    _ blocks: [SumBlock], with everyone: borrowing Everyone, on workers: Workers,
    _ body: (PoissonBlock, RowMoments, inout PartialSums) -> Void
  ) throws(SumFault) -> Sums {
    let places = lanes.indices.flatMap { lane in lanes[lane].indices.map { (lane, $0) } }
    let groupCount = min(places.count, 4 * workers.threadCount)
    let groups = workers.map(groupCount) { group in
      var part = PartialSums(blocks)
      for place in places.count * group / groupCount..<places.count * (group + 1) / groupCount {
        let (lane, block) = places[place]
        guard lanes[lane][block].rowCount > 0 else { continue }
        body(lanes[lane][block], moments[lane][block], &part)
      }
      return part
    }
    var partials = PartialSums(blocks)
    for group in groups { partials.add(group) }
    return try everyone.sum(consume partials)
  }
}

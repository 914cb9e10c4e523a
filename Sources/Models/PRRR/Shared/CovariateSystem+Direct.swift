import Concurrency
import LinearAlgebra
import Modeling
import Sums

/// The Newton system of U formed and solved at once.
///
///     A_(pa)(p'b) = Σ_n x̃_np x̃_np' M_n,ab + δ (1/σ_U²) + x̄_p x̄_p' (VVᵀ)_ab / σ_0²,   x̃ = x − x̄
///     Σ x̃ x̃ᵀ M = Σ x xᵀ M − x̄ (Σ x M)ᵀ − (Σ x M) x̄ᵀ + x̄ x̄ᵀ Σ M
extension CovariateSystem {
  /// The solution and g; nil where A is not positive definite, on every rank.
  ///
  /// Collective: one sum.
  func form<Everyone: Team & ~Copyable>(
    _ penaltyGradient: Matrix<Double>, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (direction: Matrix<Double>, gradient: Matrix<Double>)? {
    let packed = packedCount(k)
    let blocks: [SumBlock] = [
      .wide("gradient of U", count: p * k, unitExponent: 10),
      .wide("sum of residuals", count: k, unitExponent: 10),
      .wide("curvature by pairs of covariates", count: p * p * packed, unitExponent: 10),
      .wide("curvature by covariates", count: p * packed, unitExponent: 10),
      .wide("sum of curvatures", count: packed, unitExponent: 10),
    ]
    let sums = try sumOverBlocks(blocks, with: everyone, on: workers) { block, moments, part in
      let rows = block.rowCount
      let residuals = Matrix(rowCount: rows, columnCount: k, elements: moments.residuals)
      let curvatures = Matrix(rowCount: rows, columnCount: packed, elements: moments.curvatures)
      let ones = Matrix(rowCount: rows, columnCount: 1, repeating: 1.0)
      part.add(matrixProduct(block.design, residuals, transposing: .first).elements, to: 0)
      part.add(matrixProduct(ones, residuals, transposing: .first).elements, to: 1)
      part.add(
        matrixProduct(block.design, weighted(block.design, by: curvatures), transposing: .first)
          .elements, to: 2)
      part.add(matrixProduct(block.design, curvatures, transposing: .first).elements, to: 3)
      part.add(matrixProduct(ones, curvatures, transposing: .first).elements, to: 4)
    }
    var gradient = penaltyGradient
    let (raw, residualSums) = (sums.values(of: 0), sums.values(of: 1))
    for covariate in 0..<p {
      for factor in 0..<k {
        gradient[covariate, factor] +=
          raw[covariate * k + factor] - centre[covariate] * residualSums[factor]
      }
    }
    let matrix = centred(
      pairs: sums.values(of: 2), single: sums.values(of: 3), total: sums.values(of: 4))
    guard let solution = try? Cholesky(matrix).solve(gradient.elements),
      solution.allSatisfy(\.isFinite)
    else { return nil }
    return (Matrix(rowCount: p, columnCount: k, elements: solution), gradient)
  }

  /// Every covariate times every curvature, rows × (covariates · packed).
  private func weighted(_ design: Matrix<Double>, by curvatures: Matrix<Double>) -> Matrix<Double> {
    let packed = curvatures.columnCount
    var result = Matrix<Double>(rowCount: design.rowCount, columnCount: p * packed)
    let p = p
    result.withUnsafeMutableElements { result in
      design.withUnsafeElements { x in
        curvatures.withUnsafeElements { m in
          for row in 0..<design.rowCount {
            for covariate in 0..<p {
              let value = x[row * p + covariate]
              let first = (row * p + covariate) * packed
              for place in 0..<packed { result[first + place] = value * m[row * packed + place] }
            }
          }
        }
      }
    }
    return result
  }

  /// A from the sums over the rows.
  private func centred(pairs: [Double], single: [Double], total: [Double]) -> Matrix<Double> {
    let packed = packedCount(k)
    var matrix = Matrix<Double>(rowCount: p * k, columnCount: p * k)
    for first in 0..<p {
      for second in 0..<p {
        var place = 0
        let (mean, otherMean) = (centre[first], centre[second])
        for a in 0..<k {
          for b in a..<k {
            var value =
              pairs[(first * p + second) * packed + place] - mean * single[second * packed + place]
              - otherMean * single[first * packed + place] + mean * otherMean * total[place]
            value += interceptPrecision * mean * otherMean * loadingGram[a, b]
            if first == second, a == b { value = max(value, 0) + covariatePrecision }
            matrix[first * k + a, second * k + b] = value
            matrix[first * k + b, second * k + a] = value
            place += 1
          }
        }
      }
    }
    return matrix
  }
}

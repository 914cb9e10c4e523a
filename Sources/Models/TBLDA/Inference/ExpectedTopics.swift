import Kernels
package import LinearAlgebra
import Networks
import Probability

/// exp E[log p_k] of every row's Dirichlet distribution: exp(ψ(a_k) − ψ(Σ a)).
package func expectedLogarithms(_ concentrations: Matrix<Double>) -> Matrix<Double> {
  let (rowCount, width) = (concentrations.rowCount, concentrations.columnCount)
  var result = concentrations
  result.withUnsafeMutableBase { values in
    let totals = (0..<rowCount).map { row in
      var total = 0.0
      for index in row * width..<(row + 1) * width { total += values[index] }
      return total
    }
    Kernels.current.topics.dirichlet(values, rowCount: rowCount, width: width, totals: totals)
  }
  return result
}

/// exp E[log λ] and exp E[log (1 − λ)] of every Beta(ζ̂, γ̂).
package func expectedLogarithms(_ posterior: AllelePair) -> AllelePair {
  var result = posterior
  let count = posterior.counted.elements.count
  result.counted.withUnsafeMutableBase { counted in
    result.other.withUnsafeMutableBase { other in
      Kernels.current.topics.beta(counted, other, count: count)
    }
  }
  return result
}

/// KL(Dirichlet(a) ‖ Dirichlet(prior · 1)), summed over the rows of a.
package func dirichletDivergence(_ concentrations: Matrix<Double>, prior: Double) -> Double {
  let width = concentrations.columnCount
  let ofPrior = logGamma(Double(width) * prior) - Double(width) * logGamma(prior)
  var sum = 0.0
  concentrations.withUnsafeBase { values in
    for row in 0..<concentrations.rowCount {
      let own = values + row * width
      var total = 0.0
      for index in 0..<width { total += own[index] }
      sum +=
        logGamma(total) - ofPrior
        + Kernels.current.topics.dirichletTerms(
          own, width: width, prior: prior, digammaOfTotal: digamma(total))
    }
  }
  return sum
}

/// KL(Beta(a, b) ‖ Beta(priorA, priorB)), summed over all entries.
package func betaDivergence(
  _ posterior: AllelePair, priorA: Double, priorB: Double
) -> Double {
  let count = posterior.counted.elements.count
  let ofPrior = logGamma(priorA + priorB) - logGamma(priorA) - logGamma(priorB)
  var sum = 0.0
  posterior.counted.withUnsafeBase { counted in
    posterior.other.withUnsafeBase { other in
      sum = Kernels.current.topics.betaTerms(
        counted, other, priorA: priorA, priorB: priorB, count: count)
    }
  }
  return sum - Double(count) * ofPrior
}

package import Concurrency
package import LinearAlgebra
import Modeling
import Optimization
import Probability
package import Sums

/// What stochastic inference keeps of the shared parameters, beside their values.
package struct StochasticState: Codable, Sendable {
  /// Moves log ξ̂.
  var genes: Adam<Double>
  /// Moves the logit of (α − δ)/(μ − δ).
  var alpha: Adam<Double>
  /// When to stop.
  var stopping: WindowedChange
}

/// Of a lane: what moves log σ̂, log ζ̂ and log γ̂.
package struct StochasticLane: Codable, Sendable {
  var samples: Adam<Double>
  var alleles: Adam<Double>
}

/// Derivatives of one draw's estimate of the evidence lower bound, or steps of the natural gradient.
package struct EvidenceGradient: Sendable {
  /// The draw's estimate of the evidence lower bound.
  package var evidence: Double
  /// By log ξ̂, topics × genes.
  package var genes: Matrix<Double>
  /// Allele copies of ancestry beyond its share: Σ N_ancestry (1 − α) − Σ N_topics α.
  package var ancestryExcess: Double
  /// By log σ̂, a matrix for each lane.
  package var samples: [Matrix<Double>]
  /// By log ζ̂ and log γ̂, side by side, (variants · topics) × 2 for each lane.
  package var alleles: [Matrix<Double>]

  /// By α, where it was `alpha`.
  package func byAlpha(_ alpha: Double) -> Double { ancestryExcess / (alpha * (1 - alpha)) }
}

extension AllelePair {
  /// Counted and other side by side, (variants · topics) × 2.
  var interleaved: Matrix<Double> {
    let count = counted.elements.count
    var result = Matrix<Double>(rowCount: count, columnCount: 2, repeating: 0)
    result.withUnsafeMutableElements { result in
      counted.withUnsafeElements { counted in
        other.withUnsafeElements { other in
          for index in 0..<count {
            result[2 * index] = counted[index]
            result[2 * index + 1] = other[index]
          }
        }
      }
    }
    return result
  }

  /// The pair that ``interleaved`` came from.
  init(interleaved: Matrix<Double>, rowCount: Int, columnCount: Int) {
    func part(_ column: Int) -> Matrix<Double> {
      interleaved.withUnsafeElements { values in
        let elements = [Double](unsafeUninitializedCapacity: rowCount * columnCount) {
          part, count in
          count = rowCount * columnCount
          for index in 0..<count { part[index] = values[2 * index + column] }
        }
        return Matrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
      }
    }
    self.init(counted: part(0), other: part(1))
  }
}

extension TBLDA {
  /// What becomes of one draw: a matrix as ``DirichletDraw`` derives it from the draw, p ∂ log p(data | p)/∂p and the
  /// prior.
  package typealias Derivation =
    @Sendable (DirichletDraw, Matrix<Double>, [Double]) -> Matrix<Double>

  /// One draw of ψ, φ and λ, the estimate of the evidence lower bound and its pathwise gradient.
  ///
  ///     ELBO ≈ log p(x, y | ψ, φ, λ, α) + log p(ψ, φ, λ) − log q(ψ, φ, λ) − log(μ − δ)
  ///     ∂/∂α = Σ N_ancestry/α − Σ N_topics/(1 − α)
  ///
  /// For N: ``AllelePass``, for the rest: ``DirichletDraw``.
  ///
  /// Collective: two messages; a third where the draw is too small for products of its numbers.
  /// - Parameters:
  ///   - index: the draw's number, which keys the random numbers.
  ///   - derivation: the published gradient, or steps of the natural one.
  package func evidenceGradient<Everyone: Team & ~Copyable>(
    _ index: Int, _ shared: TBLDAState, _ lanes: [TBLDALane],
    by derivation: @escaping Derivation = { $0.gradient(data: $1, prior: $2) },
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> EvidenceGradient {
    let genePrior = Array(repeating: configuration.genePrior, count: geneCount)
    let topicPrior = Array(repeating: configuration.topicPrior, count: topicCount)
    let allelePrior = [configuration.allelePrior, configuration.otherAllelePrior]
    let draw = try posteriorDraw(index, shared, lanes, with: everyone, on: workers)
    let found: LikelihoodDerivatives
    do throws(SumFault) {
      found = try derivatives(
        at: draw, alpha: shared.alpha, lanes, with: everyone, on: workers)
    } catch {
      found = try derivatives(
        byLogarithmsAt: draw, alpha: shared.alpha, lanes, with: everyone, on: workers)
    }
    let byLane = workers.map(lanes.count) { lane in
      (
        derivation(draw.samples[lane], found.samples[lane], topicPrior),
        derivation(draw.alleles[lane], found.alleles[lane], allelePrior)
      )
    }
    return EvidenceGradient(
      evidence: found.evidence + draw.topics.logRatio(prior: genePrior) - logAlphaWidth,
      genes: derivation(draw.topics, found.genes, genePrior),
      ancestryExcess: found.ancestryExcess, samples: byLane.map(\.0), alleles: byLane.map(\.1))
  }

  /// log(μ − δ); 0 where α is given.
  var logAlphaWidth: Double {
    let width = configuration.alphaMaximum - configuration.alphaMinimum
    return width > 0 ? xLogY(1, width) : 0
  }
}

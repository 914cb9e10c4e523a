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
  private enum GradientPart: Int { case genes, donors, alpha, evidence }

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
  /// Collective: two messages.
  /// - Parameters:
  ///   - index: the draw's number, which keys the random numbers.
  ///   - derivation: the published gradient, or steps of the natural one.
  package func evidenceGradient<Everyone: Team & ~Copyable>(
    _ index: Int, _ shared: TBLDAState, _ lanes: [TBLDALane],
    by derivation: @escaping Derivation = { $0.gradient(data: $1, prior: $2) },
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> EvidenceGradient {
    let K = topicCount
    let genePrior = Array(repeating: configuration.genePrior, count: geneCount)
    let topicPrior = Array(repeating: configuration.topicPrior, count: K)
    let allelePrior = [configuration.allelePrior, configuration.otherAllelePrior]
    let topics = DirichletDraw(shared.genes) { topic in
      random.stream("TBLDA gene draw", step: index, index: topic)
    }
    let draws = mapConcurrently(lanes.count, on: workers) { lane in
      let (rows, variants) = (lanes[lane].rows, lanes[lane].variants)
      return (
        DirichletDraw(lanes[lane].saved.samples) { row in
          random.stream("TBLDA sample draw", step: index, index: rows.lowerBound + row)
        },
        DirichletDraw(lanes[lane].saved.alleles.interleaved) { entry in
          random.stream("TBLDA allele draw", step: index, index: variants.lowerBound * K + entry)
        }
      )
    }
    let samples = lanes.indices.map { draws[$0].0.points.selectingRows(lanes[$0].whole.rows) }
    let sources = sources(
      try donorMeans(of: samples, lanes, with: everyone), of: cohort.allDonors)
    let passes = mapConcurrently(lanes.count, on: workers) { index in
      let lane = lanes[index]
      let pair = AllelePair(
        interleaved: draws[index].1.points, rowCount: lane.variants.count, columnCount: K)
      return (
        ReadPass(
          lane.counts.loaded(lane.whole.rows), weights: samples[index], topics: topics.points,
          wantsLikelihood: true),
        AllelePass(
          genotypes: lane.genotypes(of: cohort.allDonors), frequencies: lane.frequencies,
          weights: pair,
          sources: sources, alpha: shared.alpha, wantsLikelihood: true)
      )
    }
    var partials = PartialSums([
      .wide("derivative by topics", count: K * geneCount),
      .wide("derivative by donors", count: K * cohort.donors.count),
      .wide("derivative by alpha", count: 1), .wide("evidence", count: 1, unitExponent: 10),
    ])
    for (index, (reads, alleles)) in passes.enumerated() {
      partials.add(reads.geneSums.elements, to: GradientPart.genes.rawValue)
      let ofPopulations = cohort.populationCount * cohort.donors.count
      alleles.donorSums.withUnsafeElements {
        partials.add(
          UnsafeBufferPointer(rebasing: $0[ofPopulations...]), to: GradientPart.donors.rawValue,
          at: 0)
      }
      let ofTopics =
        alleles.copies.counted.elements.reduce(0, +) + alleles.copies.other.elements.reduce(0, +)
      partials.add(
        alleles.ancestryCopies * (1 - shared.alpha) - ofTopics * shared.alpha,
        to: GradientPart.alpha.rawValue)
      let lane = lanes[index]
      partials.add(
        lane.constant + reads.logLikelihood + alleles.logLikelihood
          + draws[index].0.logRatio(prior: topicPrior, uses: lane.donors.map { $0 >= 0 })
          + draws[index].1.logRatio(prior: allelePrior), to: GradientPart.evidence.rawValue)
    }
    let sums = try everyone.sum(consume partials)
    let donorSums = sums.values(of: GradientPart.donors.rawValue)
    let geneSums = sums.values(of: GradientPart.genes.rawValue)
    let byLane = mapConcurrently(lanes.count, on: workers) { index in
      let (reads, alleles) = passes[index]
      let own = lanes[index].whole.rows
      let data = sampleData(
        lanes[index], draws[index].0.points,
        reads.sampleSums.spread(to: own, of: lanes[index].donors.count), donorSums)
      return (
        derivation(draws[index].0, data, topicPrior),
        derivation(draws[index].1, alleles.copies.interleaved, allelePrior)
      )
    }
    return EvidenceGradient(
      evidence: sums.value(of: GradientPart.evidence.rawValue) + topics.logRatio(prior: genePrior)
        - logAlphaWidth,
      genes: derivation(
        topics,
        Matrix(
          rowCount: K, columnCount: geneCount,
          elements: zip(geneSums, topics.points.elements).map { $0 * $1 }), genePrior),
      ancestryExcess: sums.value(of: GradientPart.alpha.rawValue), samples: byLane.map(\.0),
      alleles: byLane.map(\.1))
  }

  /// log(μ − δ); 0 where α is given.
  var logAlphaWidth: Double {
    let width = configuration.alphaMaximum - configuration.alphaMinimum
    return width > 0 ? xLogY(1, width) : 0
  }

  /// φ_lk ∂ log p/∂φ_lk; the prior's balance where a sample is not in the fit, so that nothing pulls it.
  private func sampleData(
    _ lane: TBLDALane, _ points: Matrix<Double>, _ sampleSums: Matrix<Double>,
    _ donorSums: [Double]
  ) -> Matrix<Double> {
    let (K, I) = (topicCount, cohort.donors.count)
    var result = points
    for (row, donor) in lane.donors.enumerated() {
      for topic in 0..<K {
        let ofAlleles =
          donor < 0 ? 0 : donorSums[topic * I + donor] / cohort.sampleCounts[donor]
        result[row, topic] =
          donor < 0 ? 0 : points[row, topic] * (sampleSums[row, topic] + ofAlleles)
      }
    }
    return result
  }
}

package import Concurrency
import LinearAlgebra
import Modeling
import Probability
package import Sums

/// The evidence lower bound, estimated by draws.
package struct EvidenceEstimate: Codable, Sendable {
  /// The mean over draws.
  package let mean: Double
  /// Its standard error; NaN for one draw.
  package let standardError: Double
  /// How many draws the estimate is the mean of.
  package let drawCount: Int
}

/// One draw of ψ, φ and λ from their posteriors.
struct TopicDraw {
  /// ψ, topics × genes.
  let topics: Matrix<Double>
  /// φ of every lane, samples × topics.
  let samples: [Matrix<Double>]
  /// λ and 1 − λ of every lane.
  let alleles: [AllelePair]
}

extension TBLDA {
  /// Estimates the evidence lower bound of the present posterior.
  ///
  ///     E_q[log p(x | φ, ψ) + log p(y | φ, λ, α)] − KL(ψ) − KL(φ) − KL(λ) − log(μ − δ)
  ///
  /// The expectation is the mean over draws, the divergences are exact; α is a point. The same number whatever
  /// method found the posterior: what coordinate ascent and stochastic inference are compared by.
  ///
  /// Collective; two messages a draw.
  package func evidence<Everyone: Team & ~Copyable>(
    _ shared: TBLDAState, _ lanes: [TBLDALane], drawCount: Int, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> EvidenceEstimate {
    var partials = PartialSums([.wide("divergence", count: 1, unitExponent: 10)])
    for part in workers.map(
      lanes.count, { lanes[$0].constant - divergence(of: lanes[$0]) })
    {
      partials.add(part, to: 0)
    }
    let fixed = try everyone.sum(consume partials)
    let constant =
      fixed.value(of: 0) - dirichletDivergence(shared.genes, prior: configuration.genePrior)
      - logAlphaWidth
    var values: [Double] = []
    for index in 0..<drawCount {
      let draw = draw(index, "TBLDA evidence", shared, lanes, on: workers)
      values.append(
        constant
          + (try logLikelihood(of: draw, alpha: shared.alpha, lanes, with: everyone, on: workers)))
    }
    let mean = values.reduce(0, +) / Double(drawCount)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let count = Double(drawCount)
    return EvidenceEstimate(
      mean: mean, standardError: (squares / (count - 1) / count).squareRoot(), drawCount: drawCount)
  }

  /// A draw from the posterior, keyed by its number, samples, variants and topics.
  func draw(
    _ index: Int, _ purpose: String, _ shared: TBLDAState, _ lanes: [TBLDALane],
    on workers: Workers
  ) -> TopicDraw {
    let (ofGenes, ofSamples, ofAlleles) = (
      RandomPurpose(purpose + " genes"), RandomPurpose(purpose + " samples"),
      RandomPurpose(purpose + " alleles")
    )
    let rows = workers.map(topicCount) { topic in
      var stream = random.stream(ofGenes, step: index, index: topic)
      return stream.dirichlet(Array(shared.genes.row(topic)))
    }
    let drawn = workers.map(lanes.count) { lane in
      let lane = lanes[lane]
      var samples = lane.saved.samples
      for (position, row) in lane.rows.enumerated() {
        var stream = random.stream(ofSamples, step: index, index: row)
        samples.setRow(position, to: stream.dirichlet(Array(samples.row(position))))
      }
      var alleles = lane.saved.alleles
      for (position, variant) in lane.variants.enumerated() {
        var stream = random.stream(ofAlleles, step: index, index: variant)
        for topic in 0..<topicCount {
          let (a, b) = (alleles.counted[position, topic], alleles.other[position, topic])
          let value = stream.beta(a, b)
          alleles.counted[position, topic] = value
          alleles.other[position, topic] = 1 - value
        }
      }
      return (samples, alleles)
    }
    return TopicDraw(
      topics: Matrix(rowCount: topicCount, columnCount: geneCount, elements: rows.flatMap(\.self)),
      samples: drawn.map(\.0), alleles: drawn.map(\.1))
  }

  /// Σ x log (φ ψ) + Σ y log ρ + (2 − y) log (1 − ρ): the likelihood without its coefficients.
  ///
  /// Collective; two messages.
  private func logLikelihood<Everyone: Team & ~Copyable>(
    of draw: TopicDraw, alpha: Double, _ lanes: [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> Double {
    let samples = lanes.indices.map { draw.samples[$0].selectingRows(lanes[$0].whole.rows) }
    let sources = sources(
      try donorMeans(of: samples, lanes, with: everyone), of: cohort.allDonors)
    let parts = workers.map(lanes.count) { index in
      let lane = lanes[index]
      let reads = ReadPass(
        lane.counts.loaded(lane.whole.rows), weights: samples[index], topics: draw.topics,
        wantsLikelihood: true)
      let alleles = AllelePass(
        genotypes: lane.genotypes(of: cohort.allDonors), frequencies: lane.frequencies,
        weights: draw.alleles[index],
        sources: sources, alpha: alpha, wantsLikelihood: true)
      return reads.logLikelihood + alleles.logLikelihood
    }
    var partials = PartialSums([.wide("log-likelihood", count: 1, unitExponent: 10)])
    for part in parts { partials.add(part, to: 0) }
    let sums = try everyone.sum(consume partials)
    return sums.value(of: 0)
  }

  /// B = [τ; Θ], (populations + topics) × donors.
  func sources(_ means: [Double], of donors: TBLDADonors) -> Matrix<Double> {
    Matrix(
      rowCount: cohort.populationCount + topicCount, columnCount: donors.count,
      elements: donors.shares + means)
  }
}

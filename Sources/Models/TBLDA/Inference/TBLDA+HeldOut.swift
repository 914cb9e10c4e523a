package import Concurrency
import LinearAlgebra
import Modeling
import Probability
import RealModule
package import Sums

/// How well a posterior predicts reads and genotypes that it has not seen.
package struct HeldOutScore: Codable, Sendable, Equatable {
  /// Samples held out that have reads to predict.
  package var sampleCount: Double
  /// Reads predicted: about half of these samples' reads.
  package var readCount: Double
  /// Σ x log (E[φ] E[ψ]) of the reads predicted.
  package var readLogLikelihood: Double
  /// Σ x log (share of the gene among all reads) of the reads predicted: what topics are to be
  /// better than.
  package var profileLogLikelihood: Double
  /// Genotypes held out.
  package var genotypeCount: Double
  /// Σ log Binomial(y; 2, α βτ + (1 − α) E[λ] E[θ]).
  package var genotypeLogLikelihood: Double
  /// Σ log Binomial(y; 2, βτ), the log-likelihood of the held-out genotypes by ancestry alone, α =
  /// 1.
  package var ancestryLogLikelihood: Double

  /// exp(−log-likelihood ÷ reads).
  package var perplexity: Double { .exp(-readLogLikelihood / readCount) }
  /// That of the mean profile.
  package var profilePerplexity: Double { .exp(-profileLogLikelihood / readCount) }

  init(_ sums: [Double]) {
    (sampleCount, readCount, readLogLikelihood) = (sums[0], sums[1], sums[2])
    (profileLogLikelihood, genotypeCount) = (sums[3], sums[4])
    (genotypeLogLikelihood, ancestryLogLikelihood) = (sums[5], sums[6])
  }

  fileprivate static let count = 7

  fileprivate init(of sums: Sums) { self.init(sums.values(of: 0)) }
}

extension TBLDA {
  /// How well the posterior predicts held-out samples and genotypes; nil where none were held out.
  ///
  /// Samples by document completion: each read of a held-out sample falls into one of two halves, at random and
  /// keyed by the sample's row; φ is fitted to one half with the topics standing still, the other is predicted.
  ///
  /// Collective: two messages.
  package func heldOutScore<Everyone: Team & ~Copyable>(
    _ shared: TBLDAState, _ lanes: [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> HeldOutScore? {
    guard cohort.uses.contains(.heldOut) || cohort.genotypes.hasHeldOut else { return nil }
    let means = lanes.map { rowMeans($0.saved.samples) }
    let sources = sources(
      try donorMeans(of: means, lanes, with: everyone), of: cohort.allDonors)
    let topics = (means: rowMeans(shared.genes), weights: expectedLogarithms(shared.genes))
    let parts = workers.map(lanes.count) { index in
      readScore(lanes[index], topics.means, topics.weights)
        + genotypeScore(lanes[index], sources, alpha: shared.alpha)
    }
    var partials = PartialSums([
      .wide("held-out likelihood", count: HeldOutScore.count, unitExponent: 10)
    ])
    for part in parts { partials.add(part, to: 0) }
    let sums = try everyone.sum(consume partials)
    return HeldOutScore(of: sums)
  }

  /// Rows divided by their sums.
  private func rowMeans(_ concentrations: Matrix<Double>) -> Matrix<Double> {
    var result = concentrations
    for row in 0..<result.rowCount {
      let values = concentrations.row(row)
      let total = values.reduce(0, +)
      result.setRow(row, to: values.map { $0 / total })
    }
    return result
  }

  /// Samples, reads, their log-likelihood, that of the mean profile.
  private func readScore(
    _ lane: TBLDALane, _ means: Matrix<Double>, _ weights: Matrix<Double>
  ) -> [Double] {
    let held = lane.rows.filter { cohort.uses[$0] == .heldOut }
    guard !held.isEmpty else { return [0, 0, 0, 0] }
    let (seen, rest) = halves(held, lane)
    let phi = rowMeans(completed(seen, weights))
    let pass = ReadPass(
      rest, rows: Array(held.indices), weights: phi, topics: means, wantsLikelihood: true)
    let total = geneTotals.reduce(0, +) + Double(geneCount)
    let profile = geneTotals.map { Double.log(($0 + 1) / total) }
    var (samples, reads, ofProfile) = (0.0, 0.0, 0.0)
    for row in held.indices {
      rest.forEachNonZero(inRow: row) { gene, count in
        reads += Double(count)
        ofProfile += Double(count) * profile[gene]
      }
      if rest.nonZeroCount(ofRow: row) > 0 { samples += 1 }
    }
    return [samples, reads, pass.logLikelihood, ofProfile]
  }

  /// The reads of some samples, dealt out into two halves.
  private func halves(
    _ rows: [Int], _ lane: TBLDALane
  ) -> (seen: CompressedCounts, rest: CompressedCounts) {
    var builders = (
      CompressedCounts.Builder(columnCount: geneCount),
      CompressedCounts.Builder(columnCount: geneCount)
    )
    let (counts, own) = lane.counts.loaded(rows.map { $0 - lane.rows.lowerBound })
    for (row, place) in zip(rows, own) {
      var stream = random.stream("TBLDA halves of held-out samples", index: row)
      var columns: [Int32] = []
      var values: (seen: [UInt32], rest: [UInt32]) = ([], [])
      counts.forEachNonZero(inRow: place) { gene, count in
        let seen = UInt32(stream.binomial(trials: Int(count), probability: 0.5))
        columns.append(Int32(gene))
        values.seen.append(seen)
        values.rest.append(count - seen)
      }
      do {
        try builders.0.appendRow(columns: columns, values: values.seen)
        try builders.1.appendRow(columns: columns, values: values.rest)
      } catch {
        preconditionFailure("halves of a sample that was read: \(error)")
      }
    }
    return (builders.0.build(), builders.1.build())
  }

  /// σ̂ of new samples, topics standing still: σ̂ = σ + Φ̃ ∘ P until it moves by less than 10⁻³ reads.
  private func completed(_ counts: CompressedCounts, _ topics: Matrix<Double>) -> Matrix<Double> {
    let K = topicCount
    let all = Array(0..<counts.rowCount)
    var result = Matrix<Double>(rowCount: counts.rowCount, columnCount: K, repeating: 0)
    for row in 0..<counts.rowCount {
      let start = configuration.topicPrior + Double(counts.total(ofRow: row)) / Double(K)
      result.setRow(row, to: Array(repeating: start, count: K))
    }
    for _ in 0..<200 {
      let weights = expectedLogarithms(result)
      let pass = ReadPass(
        counts, rows: all, weights: weights, topics: topics, wantsLikelihood: false)
      var moved = 0.0
      for row in 0..<result.rowCount {
        for topic in 0..<K {
          let value =
            configuration.topicPrior + weights[row, topic] * pass.sampleSums[row, topic]
          moved = max(moved, abs(value - result[row, topic]))
          result[row, topic] = value
        }
      }
      if moved < 1e-3 { break }
    }
    return result
  }

  /// Genotypes, their log-likelihood, that of ancestry alone.
  private func genotypeScore(
    _ lane: TBLDALane, _ sources: Matrix<Double>, alpha: Double
  ) -> [Double] {
    guard cohort.genotypes.hasHeldOut else { return [0, 0, 0] }
    let held = cohort.genotypes.heldOut(lane.variants)
    let counted = lane.saved.alleles.counted
    var means = lane.saved.alleles
    for row in 0..<counted.rowCount {
      for topic in 0..<topicCount {
        let (a, b) = (counted[row, topic], lane.saved.alleles.other[row, topic])
        means.counted[row, topic] = a / (a + b)
        means.other[row, topic] = b / (a + b)
      }
    }
    let constant = Double(held.count { $0 == 1 }) * 0.693_147_180_559_945_3
    func logLikelihood(_ alpha: Double) -> Double {
      constant
        + AllelePass(
          genotypes: held, frequencies: lane.frequencies, weights: means, sources: sources,
          alpha: alpha, wantsLikelihood: true
        ).logLikelihood
    }
    return [Double(held.count { $0 < 3 }), logLikelihood(alpha), logLikelihood(1)]
  }
}

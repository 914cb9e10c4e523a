package import LinearAlgebra
package import Modeling
import Optimization
import Probability

/// What one iteration found in one lane.
private struct LanePass {
  let samples: Matrix<Double>
  let sampleSums: Matrix<Double>
  let alleles: AllelePair
}

extension TBLDA {
  /// The sums of the second message of an iteration.
  private enum Part: Int { case genes, donors, ancestry, bound }

  /// One iteration of coordinate ascent: every read and every allele copy has a latent source, whose
  /// distribution is brought up to date first, then all of σ̂, ξ̂, ζ̂, γ̂ and α.
  ///
  ///     σ̂_lk = σ + Φ̃_lk (P_lk + M_k,d(l) / n_d(l))      ξ̂ = ξ + Ψ̃ ∘ G
  ///     ζ̂ = ζ + N¹,  γ̂ = γ + N⁰                         α = Σ N_ancestry / (2 · observed), within [δ, μ]
  ///
  /// For P, G: ``ReadPass``; M, N: ``AllelePass``. Never lowers the bound.
  ///
  /// Collective: two messages, of donors × topics and of topics × genes + donors × topics numbers.
  /// - Returns: the bound before the iteration, if it was asked for; NaN where a sum is not finite.
  package func coordinateIteration<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], wantsBound: Bool,
    with everyone: borrowing Everyone, on workers: Workers
  ) -> Double? {
    let weights = mapConcurrently(lanes.count, on: workers) {
      expectedLogarithms(lanes[$0].saved.samples)
    }
    let sources = sources(donorMeans(of: weights, lanes, with: everyone))
    let topics = expectedLogarithms(shared.genes)
    let alpha = shared.alpha
    let groupCount = min(lanes.count, 4 * workers.threadCount)
    let groups = mapConcurrently(groupCount, on: workers) { group in
      var sums = iterationSums()
      let own = lanes.count * group / groupCount..<lanes.count * (group + 1) / groupCount
      let passes = own.map { lane in
        pass(
          lanes[lane], weights: weights[lane], topics: topics, sources: sources, alpha: alpha,
          wantsBound: wantsBound, adding: &sums)
      }
      return (sums, passes)
    }
    var sums = iterationSums()
    for group in groups.indices { sums.add(groups[group].0) }
    everyone.sum(&sums)
    guard sums.fault == nil else { return .nan }
    let donorSums = sums.values(of: Part.donors.rawValue)
    let passes = groups.flatMap(\.1)
    let updated = mapConcurrently(lanes.count, on: workers) { index in
      samples(of: lanes[index], passes[index], donorSums: donorSums)
    }
    for index in lanes.indices {
      lanes[index].saved.samples = updated[index]
      lanes[index].saved.alleles = passes[index].alleles
    }
    var bound: Double?
    if wantsBound {
      bound =
        sums.value(of: Part.bound.rawValue)
        - dirichletDivergence(shared.genes, prior: configuration.genePrior)
    }
    let geneSums = sums.values(of: Part.genes.rawValue)
    shared.genes = Matrix(
      rowCount: topicCount, columnCount: geneCount,
      elements: geneSums.indices.map {
        configuration.genePrior + topics.elements[$0] * geneSums[$0]
      })
    if cohort.observedCount > 0 {
      let share = sums.value(of: Part.ancestry.rawValue) / Double(2 * cohort.observedCount)
      shared.alpha = min(max(share, configuration.alphaMinimum), configuration.alphaMaximum)
    }
    return bound
  }

  private func iterationSums() -> PartialSums {
    PartialSums([
      .wide("reads by topic and gene", count: topicCount * geneCount),
      .wide("allele copies by topic and donor", count: topicCount * cohort.donors.count),
      .wide("allele copies of ancestry", count: 1), .wide("bound", count: 1, unitExponent: 10),
    ])
  }

  /// The means of these samples' rows over each donor's samples, topics × donors.
  ///
  /// Collective.
  package func donorMeans<Everyone: Team & ~Copyable>(
    of rows: [Matrix<Double>], _ lanes: [TBLDALane], with everyone: borrowing Everyone
  ) -> [Double] {
    let (K, I) = (topicCount, cohort.donors.count)
    var sums = PartialSums([.wide("topics of donors", count: K * I)])
    for (matrix, lane) in zip(rows, lanes) {
      var part = [Double](repeating: 0, count: K * I)
      for (row, donor) in lane.donors.enumerated() where donor >= 0 {
        for topic in 0..<K { part[topic * I + donor] += matrix[row, topic] }
      }
      sums.add(part, to: 0)
    }
    everyone.sum(&sums)
    var means = sums.values(of: 0)
    for index in means.indices { means[index] /= cohort.sampleCounts[index % I] }
    return means
  }

  private func pass(
    _ lane: TBLDALane, weights: Matrix<Double>, topics: Matrix<Double>, sources: Matrix<Double>,
    alpha: Double, wantsBound: Bool, adding sums: inout PartialSums
  ) -> LanePass {
    let reads = ReadPass(
      lane.counts, uses: lane.donors.map { $0 >= 0 }, weights: weights, topics: topics,
      wantsLikelihood: wantsBound)
    let alleles = AllelePass(
      genotypes: lane.genotypes, frequencies: lane.frequencies,
      weights: expectedLogarithms(lane.saved.alleles), sources: sources, alpha: alpha,
      wantsLikelihood: wantsBound)
    sums.add(reads.geneSums.elements, to: Part.genes.rawValue)
    let ofPopulations = cohort.populationCount * cohort.donors.count
    alleles.donorSums.withUnsafeElements {
      sums.add(
        UnsafeBufferPointer(rebasing: $0[ofPopulations...]), to: Part.donors.rawValue, at: 0)
    }
    sums.add(alleles.ancestryCopies, to: Part.ancestry.rawValue)
    if wantsBound {
      sums.add(
        lane.constant + reads.logLikelihood + alleles.logLikelihood - divergence(of: lane),
        to: Part.bound.rawValue)
    }
    let posterior = AllelePair(
      counted: alleles.copies.counted.map { $0 + configuration.allelePrior },
      other: alleles.copies.other.map { $0 + configuration.otherAllelePrior })
    return LanePass(samples: weights, sampleSums: reads.sampleSums, alleles: posterior)
  }

  /// KL of a lane's samples and variants from their priors.
  func divergence(of lane: TBLDALane) -> Double {
    let K = topicCount
    let own = lane.donors.indices.filter { lane.donors[$0] >= 0 }
    let samples =
      own.count == lane.donors.count
      ? lane.saved.samples
      : Matrix(
        rowCount: own.count, columnCount: K, elements: own.flatMap { lane.saved.samples.row($0) })
    return dirichletDivergence(samples, prior: configuration.topicPrior)
      + betaDivergence(
        lane.saved.alleles, priorA: configuration.allelePrior,
        priorB: configuration.otherAllelePrior)
  }

  /// σ̂ of a lane after the iteration; σ where a sample is not in the fit.
  private func samples(
    of lane: TBLDALane, _ pass: LanePass, donorSums: [Double]
  ) -> Matrix<Double> {
    let (K, I) = (topicCount, cohort.donors.count)
    var result = lane.saved.samples
    result.withUnsafeMutableElements { result in
      for (row, donor) in lane.donors.enumerated() {
        for topic in 0..<K {
          guard donor >= 0 else {
            result[row * K + topic] = configuration.topicPrior
            continue
          }
          let ofAlleles = donorSums[topic * I + donor] / cohort.sampleCounts[donor]
          result[row * K + topic] =
            configuration.topicPrior
            + pass.samples[row, topic] * (pass.sampleSums[row, topic] + ofAlleles)
        }
      }
    }
    return result
  }
}

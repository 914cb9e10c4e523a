import Concurrency
import LinearAlgebra
import Modeling
import Probability
import Sums

extension TBLDA {
  private enum GradientPart: Int { case genes, donors, alpha, evidence }

  /// A draw of ψ, φ and λ, keyed by its number, and the sources of alleles that follow from φ.
  ///
  /// Collective: one message.
  func posteriorDraw<Everyone: Team & ~Copyable>(
    _ index: Int, _ shared: TBLDAState, _ lanes: [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> PosteriorDraw {
    let K = topicCount
    let topics = DirichletDraw(shared.genes) { topic in
      random.stream("TBLDA gene draw", step: index, index: topic)
    }
    let draws = workers.map(lanes.count) { lane in
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
    let fitted = lanes.indices.map { draws[$0].0.points.selectingRows(lanes[$0].whole.rows) }
    let means = try donorMeans(of: fitted, lanes, with: everyone)
    return PosteriorDraw(
      topics: topics, samples: draws.map(\.0), alleles: draws.map(\.1), fitted: fitted,
      sources: sources(means, of: cohort.allDonors))
  }

  /// What the data say about one draw, by matrix products.
  ///
  /// Collective: one message.
  /// - Throws: `SumFault` where a draw is so small that a product vanishes or its inverse is out of range.
  func derivatives<Everyone: Team & ~Copyable>(
    at draw: PosteriorDraw, alpha: Double, _ lanes: [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> LikelihoodDerivatives {
    let K = topicCount
    let passes = workers.map(lanes.count) { index in
      let lane = lanes[index]
      let pair = AllelePair(
        interleaved: draw.alleles[index].points, rowCount: lane.variants.count, columnCount: K)
      return (
        ReadPass(
          lane.counts.loaded(lane.whole.rows), weights: draw.fitted[index],
          topics: draw.topics.points, wantsLikelihood: true),
        AllelePass(
          genotypes: lane.genotypes(of: cohort.allDonors), frequencies: lane.frequencies,
          weights: pair, sources: draw.sources, alpha: alpha, wantsLikelihood: true)
      )
    }
    var partials = derivativeSums
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
      add(
        ancestryExcess: alleles.ancestryCopies * (1 - alpha) - ofTopics * alpha,
        logLikelihood: lanes[index].constant + reads.logLikelihood + alleles.logLikelihood,
        of: lanes[index], index, draw, to: &partials)
    }
    let sums = try everyone.sum(consume partials)
    let donorSums = sums.values(of: GradientPart.donors.rawValue)
    let geneSums = sums.values(of: GradientPart.genes.rawValue)
    let samples = workers.map(lanes.count) { index in
      sampleData(
        lanes[index], draw.samples[index].points,
        passes[index].0.sampleSums.spread(
          to: lanes[index].whole.rows, of: lanes[index].donors.count), donorSums)
    }
    return LikelihoodDerivatives(
      evidence: sums.value(of: GradientPart.evidence.rawValue),
      genes: Matrix(
        rowCount: K, columnCount: geneCount,
        elements: zip(geneSums, draw.topics.points.elements).map { $0 * $1 }),
      ancestryExcess: sums.value(of: GradientPart.alpha.rawValue), samples: samples,
      alleles: passes.map { $1.copies.interleaved })
  }

  /// What the data say about one draw, source by source in logarithms (``ReadShares``, ``AlleleShares``): for draws
  /// that are too small for products.
  ///
  /// Collective: one message.
  func derivatives<Everyone: Team & ~Copyable>(
    byLogarithmsAt draw: PosteriorDraw, alpha: Double, _ lanes: [TBLDALane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> LikelihoodDerivatives {
    let K = topicCount
    let shares = workers.map(lanes.count) { index in
      let lane = lanes[index]
      return (
        ReadShares(
          lane.counts.loaded(lane.whole.rows),
          weights: draw.samples[index].logarithms.selectingRows(lane.whole.rows),
          topics: draw.topics.logarithms),
        AlleleShares(
          genotypes: lane.genotypes(of: cohort.allDonors), frequencies: lane.frequencies,
          weights: AllelePair(
            interleaved: draw.alleles[index].logarithms, rowCount: lane.variants.count,
            columnCount: K), sources: draw.sources, alpha: alpha)
      )
    }
    var partials = derivativeSums
    for (index, (reads, alleles)) in shares.enumerated() {
      partials.add(reads.byGene.elements, to: GradientPart.genes.rawValue)
      partials.add(alleles.byDonor.elements, to: GradientPart.donors.rawValue)
      let ofTopics = alleles.byDonor.elements.reduce(0, +)
      add(
        ancestryExcess: alleles.ofAncestry * (1 - alpha) - ofTopics * alpha,
        logLikelihood: lanes[index].constant + reads.logLikelihood + alleles.logLikelihood,
        of: lanes[index], index, draw, to: &partials)
    }
    let sums = try everyone.sum(consume partials)
    let copies = sums.values(of: GradientPart.donors.rawValue)
    let samples = workers.map(lanes.count) { index in
      let reads = shares[index].0.bySample.spread(
        to: lanes[index].whole.rows, of: lanes[index].donors.count)
      return sampleData(lanes[index], draw, index, reads: reads, copies: copies)
    }
    return LikelihoodDerivatives(
      evidence: sums.value(of: GradientPart.evidence.rawValue),
      genes: Matrix(
        rowCount: K, columnCount: geneCount, elements: sums.values(of: GradientPart.genes.rawValue)),
      ancestryExcess: sums.value(of: GradientPart.alpha.rawValue), samples: samples,
      alleles: shares.map { $1.copies.interleaved })
  }

  private var derivativeSums: PartialSums {
    PartialSums([
      .wide("derivative by topics", count: topicCount * geneCount),
      .wide("derivative by donors", count: topicCount * cohort.donors.count),
      .wide("derivative by alpha", count: 1), .wide("evidence", count: 1, unitExponent: 10),
    ])
  }

  /// Adds a lane's part of α's derivative, and of the evidence with the priors of its samples and variants.
  private func add(
    ancestryExcess: Double, logLikelihood: Double, of lane: TBLDALane, _ index: Int,
    _ draw: PosteriorDraw, to partials: inout PartialSums
  ) {
    partials.add(ancestryExcess, to: GradientPart.alpha.rawValue)
    let topicPrior = Array(repeating: configuration.topicPrior, count: topicCount)
    let allelePrior = [configuration.allelePrior, configuration.otherAllelePrior]
    partials.add(
      logLikelihood
        + draw.samples[index].logRatio(prior: topicPrior, uses: lane.donors.map { $0 >= 0 })
        + draw.alleles[index].logRatio(prior: allelePrior), to: GradientPart.evidence.rawValue)
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

  /// φ_lk ∂ log p/∂φ_lk from numbers of reads and copies: a sample's share of its donor's copies of a topic is its part
  /// of the donor's mean.
  private func sampleData(
    _ lane: TBLDALane, _ draw: PosteriorDraw, _ index: Int, reads: Matrix<Double>, copies: [Double]
  ) -> Matrix<Double> {
    let (K, I) = (topicCount, cohort.donors.count)
    let points = draw.samples[index].points
    var result = points
    for (row, donor) in lane.donors.enumerated() {
      for topic in 0..<K {
        guard donor >= 0 else {
          result[row, topic] = 0
          continue
        }
        let all = draw.sources[cohort.populationCount + topic, donor] * cohort.sampleCounts[donor]
        let ofAlleles = all > 0 ? copies[topic * I + donor] * (points[row, topic] / all) : 0
        result[row, topic] = reads[row, topic] + ofAlleles
      }
    }
    return result
  }
}

/// ψ, φ and λ of one draw, with what their distributions' derivatives need.
struct PosteriorDraw {
  let topics: DirichletDraw
  /// Of each lane.
  let samples: [DirichletDraw]
  /// λ and 1 − λ of each lane's variants and topics, side by side.
  let alleles: [DirichletDraw]
  /// φ of the samples in the fit, of each lane.
  let fitted: [Matrix<Double>]
  /// B = [τ; Θ] (``AllelePass``).
  let sources: Matrix<Double>
}

/// What the data say about a draw: p ∂ log p(data | p)/∂p of all its numbers p.
struct LikelihoodDerivatives {
  /// The estimate of the evidence without the topics' prior.
  let evidence: Double
  let genes: Matrix<Double>
  let ancestryExcess: Double
  /// Of each lane.
  let samples: [Matrix<Double>]
  let alleles: [Matrix<Double>]
}

package import Concurrency
package import LinearAlgebra
import Modeling
import Optimization
import Probability
package import Sums

/// What one iteration found in one lane.
private struct LanePass {
  /// Φ̃ of the samples that it went over.
  let weights: Matrix<Double>
  let sampleSums: Matrix<Double>
  let alleles: AllelePair
}

/// How far shared parameters move in an iteration.
struct TBLDAMove {
  /// ρ: 1 to the new values, less to a mean of old and new ones.
  let rate: Double
  /// What sums over the samples and over the donors of the iteration are multiplied by.
  let samples: Double
  let donors: Double

  /// All the way, by sums over everyone.
  static let whole = TBLDAMove(rate: 1, samples: 1, donors: 1)
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
  /// - Returns: the bound before the iteration, if it was asked for.
  /// - Throws: `SumFault` where a sum or the bound is not finite; then nothing has moved.
  package func coordinateIteration<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], wantsBound: Bool,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Double? {
    try iteration(
      over: cohort.allDonors, .whole, &shared, &lanes, wantsBound: wantsBound, with: everyone,
      on: workers)
  }

  /// One iteration of coordinate ascent over some donors; with ρ < 1 what is shared moves by
  /// natural gradients.
  ///
  ///     ξ̂ ← (1 − ρ) ξ̂ + ρ (ξ + f Ψ̃ ∘ G),  ζ̂, γ̂ and α likewise
  ///
  /// Collective.
  func iteration<Everyone: Team & ~Copyable>(
    over donors: TBLDADonors, _ move: TBLDAMove, _ shared: inout TBLDAState,
    _ lanes: inout [TBLDALane], wantsBound: Bool, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> Double? {
    let shares =
      donors.isWhole
      ? lanes.map(\.whole)
      : workers.map(lanes.count) { lanes[$0].share(of: donors) }
    let weights = workers.map(lanes.count) {
      expectedLogarithms(lanes[$0].saved.samples.selectingRows(shares[$0].rows))
    }
    let sources = sources(
      try donorMeans(of: weights, shares.map(\.donors), among: donors, with: everyone), of: donors)
    let topics = expectedLogarithms(shared.genes)
    let alpha = shared.alpha
    let groupCount = min(lanes.count, 4 * workers.threadCount)
    let groups = workers.map(groupCount) { group in
      var sums = iterationSums(donors)
      let own = lanes.count * group / groupCount..<lanes.count * (group + 1) / groupCount
      let passes = own.map { lane in
        pass(
          lanes[lane], shares[lane], donors, weights: weights[lane], topics: topics,
          sources: sources, alpha: alpha, move, wantsBound: wantsBound, adding: &sums)
      }
      return (sums, passes)
    }
    var partials = iterationSums(donors)
    for group in groups.indices { partials.add(groups[group].0) }
    let sums = try everyone.sum(consume partials)
    let bound = wantsBound ? bound(shared, sums) : nil
    if let bound, !bound.isFinite { throw SumFault(block: "bound") }
    let donorSums = sums.values(of: Part.donors.rawValue)
    let passes = groups.flatMap(\.1)
    let updated = workers.map(lanes.count) { index in
      samples(shares[index], passes[index], donorSums: donorSums, donors)
    }
    for index in lanes.indices {
      lanes[index].saved.samples.setRows(shares[index].rows, to: updated[index])
      lanes[index].saved.alleles = passes[index].alleles
    }
    moveTopics(&shared, topics, sums, donors, move)
    return bound
  }

  private func bound(_ shared: TBLDAState, _ sums: Sums) -> Double {
    sums.value(of: Part.bound.rawValue)
      - dirichletDivergence(shared.genes, prior: configuration.genePrior)
  }

  /// Moves ξ̂ and α.
  private func moveTopics(
    _ shared: inout TBLDAState, _ topics: Matrix<Double>, _ sums: Sums,
    _ donors: TBLDADonors, _ move: TBLDAMove
  ) {
    let geneSums = sums.values(of: Part.genes.rawValue)
    let (weights, old) = (topics.elements, shared.genes.elements)
    let (rest, prior, factor) = (1 - move.rate, configuration.genePrior, move.samples)
    shared.genes = Matrix(
      rowCount: topicCount, columnCount: geneCount,
      elements: geneSums.indices.map {
        rest * old[$0] + move.rate * (prior + factor * weights[$0] * geneSums[$0])
      })
    guard donors.observedCount > 0 else { return }
    let share = sums.value(of: Part.ancestry.rawValue) / Double(2 * donors.observedCount)
    shared.alpha =
      rest * shared.alpha
      + move.rate * min(max(share, configuration.alphaMinimum), configuration.alphaMaximum)
  }

  private func iterationSums(_ donors: TBLDADonors) -> PartialSums {
    PartialSums([
      .wide("reads by topic and gene", count: topicCount * geneCount),
      .wide("allele copies by topic and donor", count: topicCount * donors.count),
      .wide("allele copies of ancestry", count: 1), .wide("bound", count: 1, unitExponent: 10),
    ])
  }

  /// The means over each donor's samples of a matrix's rows, topics × donors; a matrix for each lane, with rows for
  /// all of its samples or for those in the fit.
  ///
  /// Collective.
  package func donorMeans<Everyone: Team & ~Copyable>(
    of rows: [Matrix<Double>], _ lanes: [TBLDALane], with everyone: borrowing Everyone
  ) throws(SumFault) -> [Double] {
    try donorMeans(
      of: zip(rows, lanes).map { $0.selectingRows($1.whole.rows) }, lanes.map(\.whole.donors),
      among: cohort.allDonors, with: everyone)
  }

  /// The means over each donor's samples of a matrix's rows, topics × donors, for some donors.
  ///
  /// Collective.
  /// - Parameters:
  ///   - rows: a matrix for each lane.
  ///   - places: for each row the place of its donor.
  func donorMeans<Everyone: Team & ~Copyable>(
    of rows: [Matrix<Double>], _ places: [[Int]], among donors: TBLDADonors,
    with everyone: borrowing Everyone
  ) throws(SumFault) -> [Double] {
    let (K, I) = (topicCount, donors.count)
    // donors × topics, so that a lane adds the few donors that it has
    var partials = PartialSums([.wide("topics of donors", count: I * K)])
    for (matrix, places) in zip(rows, places) {
      var own: [Int: [Double]] = [:]
      for (row, place) in places.enumerated() {
        let values = matrix.row(row)
        if let known = own[place] {
          own[place] = zip(known, values).map { $0 + $1 }
        } else {
          own[place] = Array(values)
        }
      }
      for (place, part) in own {
        part.withUnsafeBufferPointer { partials.add($0, to: 0, at: place * K) }
      }
    }
    let sums = try everyone.sum(consume partials)
    let totals = Matrix(rowCount: I, columnCount: K, elements: sums.values(of: 0))
    var means = totals.transposed().elements
    for topic in 0..<K {
      for place in 0..<I { means[topic * I + place] /= donors.sampleCounts[place] }
    }
    return means
  }

  private func pass(
    _ lane: TBLDALane, _ share: TBLDALaneShare, _ donors: TBLDADonors, weights: Matrix<Double>,
    topics: Matrix<Double>, sources: Matrix<Double>, alpha: Double, _ move: TBLDAMove,
    wantsBound: Bool, adding sums: inout PartialSums
  ) -> LanePass {
    let reads = ReadPass(
      lane.counts.loaded(share.rows), weights: weights, topics: topics, wantsLikelihood: wantsBound)
    let old = lane.saved.alleles
    let alleles = AllelePass(
      genotypes: lane.genotypes(of: donors), frequencies: lane.frequencies,
      weights: expectedLogarithms(old),
      sources: sources, alpha: alpha, wantsLikelihood: wantsBound)
    sums.add(reads.geneSums.elements, to: Part.genes.rawValue)
    let ofPopulations = (sources.rowCount - topicCount) * sources.columnCount
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
    return LanePass(
      weights: weights, sampleSums: reads.sampleSums,
      alleles: AllelePair(
        counted: moved(
          old.counted, to: alleles.copies.counted, prior: configuration.allelePrior, move),
        other: moved(
          old.other, to: alleles.copies.other, prior: configuration.otherAllelePrior, move)))
  }

  /// (1 − ρ) old + ρ (prior + f copies).
  private func moved(
    _ old: Matrix<Double>, to copies: Matrix<Double>, prior: Double, _ move: TBLDAMove
  ) -> Matrix<Double> {
    var result = copies
    let (rest, rate, factor) = (1 - move.rate, move.rate, move.donors)
    result.withUnsafeMutableElements { result in
      old.withUnsafeElements { old in
        for index in result.indices {
          result[index] = rest * old[index] + rate * (prior + factor * result[index])
        }
      }
    }
    return result
  }

  /// KL of a lane's samples and variants from their priors.
  func divergence(of lane: TBLDALane) -> Double {
    dirichletDivergence(
      lane.saved.samples.selectingRows(lane.whole.rows), prior: configuration.topicPrior)
      + betaDivergence(
        lane.saved.alleles, priorA: configuration.allelePrior,
        priorB: configuration.otherAllelePrior)
  }

  /// σ̂ of the samples that an iteration went over.
  private func samples(
    _ share: TBLDALaneShare, _ pass: LanePass, donorSums: [Double], _ donors: TBLDADonors
  ) -> Matrix<Double> {
    let (K, I) = (topicCount, donors.count)
    let prior = configuration.topicPrior
    var result = pass.weights
    result.withUnsafeMutableElements { result in
      pass.sampleSums.withUnsafeElements { sampleSums in
        donorSums.withUnsafeBufferPointer { donorSums in
          for (row, place) in share.donors.enumerated() {
            let each = 1 / donors.sampleCounts[place]
            for topic in 0..<K {
              let index = row * K + topic
              let ofAlleles = donorSums[topic * I + place] * each
              result[index] = prior + result[index] * (sampleSums[index] + ofAlleles)
            }
          }
        }
      }
    }
    return result
  }
}

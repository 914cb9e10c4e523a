package import Concurrency
package import LinearAlgebra
import Modeling
package import Sums

extension TBLDA {
  /// ξ̂ of the first start: half the mean profile, half that of a sample each, samples that differ most.
  ///
  ///     v_l = (x_l/C_l − c) / √(m + 1/C̄)        next is the sample with the largest C_l ‖v_l‖²
  ///     ξ̂_kg = ξ + total/K · (½ m_g + ½ x_kg/C_k)
  ///
  /// m is the mean profile, C̄ the mean of the C_l: every gene with its noise, every sample by what it can tell.
  /// c is m for the first sample and that sample's profile for the others; after each the v_l lose their component
  /// along its own. Where all samples are told, further topics begin at random (``startingGenes(restart:)``).
  ///
  /// Source: U. M. B. Araújo et al., The successive projections algorithm for variable selection in spectroscopic
  /// multicomponent analysis, Chemometrics and Intelligent Laboratory Systems 57:65–73, 2001; for separable topics
  /// N. Gillis, S. A. Vavasis, IEEE TPAMI 36:698–714, 2014.
  ///
  /// Collective: three messages a topic.
  package func distinctGenes<Everyone: Team & ~Copyable>(
    _ lanes: [TBLDALane], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Matrix<Double> {
    var genes = startingGenes(restart: 0)
    let total = geneTotals.reduce(0, +)
    let sampleCount = Double(max(1, cohort.uses.count { $0 == .fit }))
    guard total > 0 else { return genes }
    let mean = geneTotals.map { $0 / total }
    var profiles = SampleProfiles(
      center: mean, scales: mean.map { ($0 + sampleCount / total).squareRoot() })
    func squaredLengths() -> [[Double]] {
      workers.map(lanes.count) { profiles.squaredLengths(lanes[$0]) }
    }
    var scores = squaredLengths()
    var basis: [[Double]] = []
    var first = 0.0
    for topic in 0..<topicCount {
      let best = largest(scores, lanes, with: everyone)
      if topic == 0 { first = best.score }
      guard best.score > 1e-9 * first else { break }
      let shares = try profile(ofRow: best.row, lanes, with: everyone)
      genes.setRow(
        topic,
        to: mean.indices.map { gene in
          configuration.genePrior
            + total / Double(topicCount) * 0.5 * (mean[gene] + shares[gene])
        })
      guard topic > 0 else {
        profiles.center = shares
        scores = squaredLengths()
        continue
      }
      let direction = profiles.direction(shares, besides: basis)
      basis.append(direction)
      let removed = workers.map(lanes.count) {
        profiles.lengths(lanes[$0], along: direction)
      }
      for lane in lanes.indices {
        for row in scores[lane].indices { scores[lane][row] -= removed[lane][row] }
      }
    }
    return genes
  }

  /// The largest score and the first row of the fit that has it.
  private func largest<Everyone: Team & ~Copyable>(
    _ scores: [[Double]], _ lanes: [TBLDALane], with everyone: borrowing Everyone
  ) -> (score: Double, row: Int) {
    let score = everyone.maximum(scores.joined().max() ?? -.infinity)
    var row = -Double.infinity
    for (lane, own) in zip(lanes, scores) {
      for (index, value) in zip(lane.whole.rows, own) where value == score {
        row = max(row, -Double(lane.rows.lowerBound + index))
      }
    }
    let first = everyone.maximum(row)
    return (score, first.isFinite ? Int(-first) : 0)
  }

  /// Each gene's share of a sample's reads.
  private func profile<Everyone: Team & ~Copyable>(
    ofRow row: Int, _ lanes: [TBLDALane], with everyone: borrowing Everyone
  ) throws(SumFault) -> [Double] {
    var partials = PartialSums([.wide("reads of a sample", count: geneCount)])
    for lane in lanes where lane.rows.contains(row) {
      var reads = [Double](repeating: 0, count: geneCount)
      let (counts, own) = lane.counts.loaded([row - lane.rows.lowerBound])
      counts.forEachNonZero(inRow: own[0]) { reads[$0] = Double($1) }
      partials.add(reads, to: 0)
    }
    let sums = try everyone.sum(consume partials)
    let reads = sums.values(of: 0)
    let total = reads.reduce(0, +)
    return total > 0 ? reads.map { $0 / total } : reads
  }
}

/// How samples' profiles differ from one.
private struct SampleProfiles {
  /// c, the profile that the others are compared with.
  var center: [Double]
  /// √(m + 1/C̄).
  let scales: [Double]

  /// C_l ‖v_l‖² of a lane's samples in the fit.
  func squaredLengths(_ lane: TBLDALane) -> [Double] {
    let ofCenter = center.indices.reduce(0.0) { $0 + square(center[$1] / scales[$1]) }
    let (counts, rows) = lane.counts.loaded(lane.whole.rows)
    return zip(rows, lane.whole.rows).map { row, sample in
      let reads = lane.totals[sample]
      guard reads > 0 else { return 0 }
      var sum = ofCenter
      counts.forEachNonZero(inRow: row) { gene, count in
        sum += square((Double(count) / reads - center[gene]) / scales[gene])
        sum -= square(center[gene] / scales[gene])
      }
      return reads * sum
    }
  }

  /// C_l (v_l · q)².
  func lengths(_ lane: TBLDALane, along direction: [Double]) -> [Double] {
    let scaled = center.indices.map { direction[$0] / scales[$0] }
    let ofCenter = center.indices.reduce(0.0) { $0 + center[$1] * scaled[$1] }
    let (counts, rows) = lane.counts.loaded(lane.whole.rows)
    return zip(rows, lane.whole.rows).map { row, sample in
      let reads = lane.totals[sample]
      guard reads > 0 else { return 0 }
      var sum = 0.0
      counts.forEachNonZero(inRow: row) { sum += Double($1) * scaled[$0] }
      return reads * square(sum / reads - ofCenter)
    }
  }

  /// The direction of a profile at right angles to others, of length 1; twice against rounding.
  func direction(_ shares: [Double], besides basis: [[Double]]) -> [Double] {
    var result = center.indices.map { (shares[$0] - center[$0]) / scales[$0] }
    for _ in 0..<2 {
      for other in basis {
        let length = zip(result, other).reduce(0) { $0 + $1.0 * $1.1 }
        for gene in result.indices { result[gene] -= length * other[gene] }
      }
    }
    let length = result.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? result.map { $0 / length } : result
  }

  private func square(_ x: Double) -> Double { x * x }
}

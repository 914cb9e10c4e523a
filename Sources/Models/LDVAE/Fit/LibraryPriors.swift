import Foundation
import Sums

/// Mean and variance of the log library of each batch, over some cells of each lane:
///
///     m_b = Σ log s / n      v_b = Σ log² s / n − m_b²      of the cells with counts
///
/// A batch of one cell has the variance within the others, and none is below 10⁻⁴.
///
/// Collective.
func libraryPriors<Everyone: Team & ~Copyable>(
  of lanes: [AutoencoderLane], _ positions: [[Int]], batchCount: Int,
  with everyone: borrowing Everyone
) throws(SumFault) -> [NormalPrior] {
  var partials = PartialSums([.wide("libraries", count: 3 * batchCount)])
  for (lane, positions) in zip(lanes, positions) {
    for position in positions where lane.totals[position] > 0 {
      let batch = max(Int(lane.batches[position]), 0)
      let library = log(lane.totals[position])
      partials.add(1, to: 0, at: 3 * batch)
      partials.add(library, to: 0, at: 3 * batch + 1)
      partials.add(library * library, to: 0, at: 3 * batch + 2)
    }
  }
  let sums = try everyone.sum(consume partials).values(of: 0)
  func count(_ batch: Int) -> Double { sums[3 * batch] }
  func mean(_ batch: Int) -> Double { sums[3 * batch + 1] / max(count(batch), 1) }
  func variance(_ batch: Int) -> Double {
    max(sums[3 * batch + 2] / max(count(batch), 1) - mean(batch) * mean(batch), 0)
  }
  let batches = 0..<batchCount
  let known = max(batches.reduce(0) { $0 + count($1) }, 1)
  let within = batches.reduce(0) { $0 + count($1) * variance($1) } / known
  let overall = batches.reduce(0) { $0 + sums[3 * $1 + 1] } / known
  return batches.map { batch in
    NormalPrior(
      mean: count(batch) > 0 ? mean(batch) : overall,
      variance: max(count(batch) > 1 ? variance(batch) : within, 1e-4))
  }
}

import Concurrency
import Modeling
import Probability
import RealModule
import Sums

extension TBLDA {
  /// Minibatches of donors in one pass over them; nil: every iteration goes over all.
  var batchCount: Int? {
    configuration.batch.flatMap { size in
      let count = (cohort.donors.count + size - 1) / size
      return count > 1 ? count : nil
    }
  }

  /// Iterations from one that looks at the bound to the next: with minibatches those of `check` passes, and the
  /// one over everyone.
  var window: Int { batchCount.map { configuration.check * $0 + 1 } ?? configuration.check }

  /// One minibatch: stochastic natural gradients.
  ///
  /// Each pass deals all donors out at random. The topics of a minibatch's samples are brought up to date
  /// first; then what is shared moves by ρ = (t + τ)^−κ towards what the minibatch, taken for all, asks for.
  ///
  /// Collective: four messages.
  func batchIteration<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], batchCount: Int,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) {
    // Iterations over everyone, at the start of each window, do not count.
    let step = shared.iteration - 1 - shared.iteration / window
    var stream = random.stream(
      "TBLDA minibatches", step: shared.restart, index: step / batchCount)
    let I = cohort.donors.count
    let order = stream.permutation(count: I)
    let (first, last) = (step % batchCount, step % batchCount + 1)
    let donors = TBLDADonors(
      order[first * I / batchCount..<last * I / batchCount].map { Int($0) }.sorted(), of: cohort)
    let samples = donors.sampleCounts.reduce(0, +)
    let still = TBLDAMove(rate: 0, samples: 1, donors: 1)
    let move = TBLDAMove(
      rate: Double.pow(
        Double(step + 1) + configuration.batchDelay, -configuration.batchForgetting),
      samples: cohort.sampleCounts.reduce(0, +) / samples,
      donors: Double(I) / Double(donors.count))
    for move in [still, move] {
      _ = try iteration(
        over: donors, move, &shared, &lanes, wantsBound: false, with: everyone, on: workers)
    }
  }
}

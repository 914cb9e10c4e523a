package import Concurrency
import Kernels
import LinearAlgebra
import Modeling
package import Sums

extension TBLDA {
  /// One iteration of coordinate ascent F with momentum along the logarithms of all concentrations.
  ///
  ///     x_t = F(y_t)        y_{t+1} = x_t (x_t / x_{t−1})^{k/(k+3)}, at least the prior
  ///
  /// k counts iterations since momentum began anew: wherever the bound at y_t has fallen below that at y_{t−1} the
  /// iteration is thrown away, and the next one goes on from x_{t−1}, whose bound is not below. So the bound never
  /// falls, as without momentum, and topics that reads tell apart but slowly take a tenth of the iterations.
  ///
  /// Source: Y. Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), Soviet
  /// Mathematics Doklady 27:372–376, 1983; B. O'Donoghue, E. Candès, Adaptive restart for accelerated gradient
  /// schemes, Foundations of Computational Mathematics 15:715–732, 2015.
  ///
  /// Collective: two messages, as an iteration.
  /// - Returns: the bound where it began, or where the one before it did if that is above.
  /// - Throws: `SumFault` where a sum or the bound is not finite; then nothing has moved.
  package func acceleratedIteration<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> Double {
    let bound = try coordinateIteration(
      &shared, &lanes, wantsBound: true, with: everyone, on: workers)
    guard let bound else { preconditionFailure("an iteration without the bound it was asked for") }
    if let last = shared.momentum, bound < last.bound {
      returnToReached(&shared, &lanes)
      shared.momentum?.count = 0
      return last.bound
    }
    let reached = TBLDAState.Momentum(
      genes: shared.genes, alpha: shared.alpha, bound: bound,
      count: (shared.momentum?.count ?? -1) + 1)
    let points = lanes.map { $0.reachedNow }
    if let last = shared.momentum, reached.count > 0 {
      let weight = Double(reached.count - 1) / Double(reached.count + 2)
      shared.genes.extrapolate(from: last.genes, by: weight, atLeast: configuration.genePrior)
      shared.alpha = min(
        max(shared.alpha + weight * (shared.alpha - last.alpha), configuration.alphaMinimum),
        configuration.alphaMaximum)
      let moved = workers.map(lanes.count) { lane in
        extrapolated(lanes[lane].saved, by: weight)
      }
      for lane in lanes.indices {
        (lanes[lane].saved.samples, lanes[lane].saved.alleles) = moved[lane]
      }
    }
    for lane in lanes.indices { lanes[lane].saved.reached = points[lane] }
    shared.momentum = reached
    return bound
  }

  private func extrapolated(
    _ saved: TBLDALane.Saved, by weight: Double
  ) -> (Matrix<Double>, AllelePair) {
    var (samples, alleles) = (saved.samples, saved.alleles)
    guard let last = saved.reached else { return (samples, alleles) }
    samples.extrapolate(from: last.samples, by: weight, atLeast: configuration.topicPrior)
    alleles.counted.extrapolate(
      from: last.alleles.counted, by: weight, atLeast: configuration.allelePrior)
    alleles.other.extrapolate(
      from: last.alleles.other, by: weight, atLeast: configuration.otherAllelePrior)
    return (samples, alleles)
  }

  /// Takes up what the last good iteration led to.
  private func returnToReached(_ shared: inout TBLDAState, _ lanes: inout [TBLDALane]) {
    guard let last = shared.momentum else { return }
    (shared.genes, shared.alpha) = (last.genes, last.alpha)
    for lane in lanes.indices {
      guard let point = lanes[lane].saved.reached else { continue }
      (lanes[lane].saved.samples, lanes[lane].saved.alleles) = (point.samples, point.alleles)
    }
  }

  /// Takes up what the last good iteration of a start led to, and forgets momentum.
  package func loseMomentum(_ shared: inout TBLDAState, _ lanes: inout [TBLDALane]) {
    returnToReached(&shared, &lanes)
    shared.momentum = nil
    shared.hasSettled = false
    for lane in lanes.indices { lanes[lane].saved.reached = nil }
  }
}

extension TBLDALane {
  fileprivate var reachedNow: Point { Point(samples: saved.samples, alleles: saved.alleles) }
}

extension Matrix<Double> {
  /// A step further along the logarithms from another matrix to this one: `extrapolateLogarithms`.
  fileprivate mutating func extrapolate(
    from other: Matrix<Double>, by weight: Double, atLeast least: Double
  ) {
    let count = elements.count
    guard count > 0, weight > 0 else { return }
    withUnsafeMutableBase { point in
      other.withUnsafeBase { previous in
        Kernels.current.topics.extrapolate(
          point, from: previous, by: weight, atLeast: least, count: count)
      }
    }
  }
}

import Concurrency
import LinearAlgebra
import Modeling
import Optimization
import RealModule
import Sums

extension TBLDA {
  /// Moments before the first stochastic step.
  func startingStochastic(_ lane: TBLDALane) -> StochasticLane {
    StochasticLane(
      samples: adam(lane.saved.samples.elements.count),
      alleles: adam(2 * lane.saved.alleles.counted.elements.count))
  }

  /// Moments of the shared parameters before the first stochastic step.
  func startingStochastic() -> StochasticState {
    StochasticState(
      genes: adam(topicCount * geneCount), alpha: adam(1),
      stopping: WindowedChange(
        minimum: configuration.minimumSteps, tolerance: configuration.stopTolerance,
        denominator: configuration.stopRule == .paper ? .olderWindow : .bothWindows))
  }

  /// The published optimiser works on the loss times 10⁻⁶: for Adam that is a larger ε.
  private func adam(_ count: Int) -> Adam<Double> {
    Adam(
      parameterCount: count, learningRate: configuration.rate,
      epsilon: 1e-8 / configuration.lossScale)
  }

  /// One step of Adam along one draw's gradient.
  ///
  /// Collective.
  /// - Parameter rate: the learning rate of this step.
  /// - Returns: the loss, −ELBO of the draw.
  /// - Throws: `SumFault` where a sum is not finite; then nothing has moved.
  func stochasticIteration<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], draw: Int, rate: Double,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> Double {
    let gradient = try evidenceGradient(draw, shared, lanes, with: everyone, on: workers)
    var state = shared.stochastic ?? startingStochastic()
    state.genes.learningRate = rate
    state.alpha.learningRate = rate
    move(
      &shared.genes, along: gradient.genes, by: &state.genes, prior: configuration.genePrior)
    let (lower, upper) = (configuration.alphaMinimum, configuration.alphaMaximum)
    if upper > lower {
      // α = δ + (μ − δ)/(1 + e^{−u}),  dα/du = (α − δ)(μ − α)/(μ − δ)
      let inside = min(max(shared.alpha, lower.nextUp), upper.nextDown)
      let slope = (inside - lower) * (upper - inside) / (upper - lower)
      var logit = [Double.log(inside - lower) - .log(upper - inside)]
      // The other order where α is so near 0 or 1 that the derivative by α itself is no number.
      let product = gradient.byAlpha(inside) * slope
      let byLogit =
        product.isFinite ? product : gradient.ancestryExcess * (slope / (inside * (1 - inside)))
      state.alpha.update(&logit, along: [-byLogit])
      shared.alpha = lower + (upper - lower) / (1 + .exp(-logit[0]))
    }
    shared.stochastic = state
    for index in lanes.indices {
      var own = lanes[index].saved.stochastic ?? startingStochastic(lanes[index])
      own.samples.learningRate = rate
      own.alleles.learningRate = rate
      move(
        &lanes[index].saved.samples, along: gradient.samples[index], by: &own.samples,
        prior: configuration.topicPrior)
      var alleles = lanes[index].saved.alleles.interleaved
      move(
        &alleles, along: gradient.alleles[index], by: &own.alleles,
        prior: min(configuration.allelePrior, configuration.otherAllelePrior))
      lanes[index].saved.alleles = AllelePair(
        interleaved: alleles, rowCount: lanes[index].variants.count, columnCount: topicCount)
      lanes[index].saved.stochastic = own
    }
    return -gradient.evidence
  }

  /// log a ← log a − Adam's step along −gradient, a at least a billionth of the prior or of 1.
  ///
  /// Smaller ones say nothing more, and log p ~ −1/a of their draws would leave the range of the sums.
  private func move(
    _ concentrations: inout Matrix<Double>, along gradient: Matrix<Double>,
    by adam: inout Adam<Double>, prior: Double
  ) {
    let least = 1e-9 * min(prior, 1)
    var logarithms = concentrations.elements.map { Double.log($0) }
    adam.update(&logarithms, along: gradient.elements.map { -$0 })
    concentrations = Matrix(
      rowCount: concentrations.rowCount, columnCount: concentrations.columnCount,
      elements: logarithms.map { max(.exp($0), least) })
  }
}

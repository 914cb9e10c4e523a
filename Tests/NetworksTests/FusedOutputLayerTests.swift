import Concurrency
import Networks
import Probability
import Testing

/// A batch for the output layer alone, in numbers that single precision holds exactly.
struct OutputProblem {
  let specification: OutputSpecification
  let parameters: OutputParameters<Float>
  let dispersionGroups: [Int32]
  let hidden: [Float]
  let scales: [Float]
  let rows: [[(column: Int, value: Float)]]
  let groups: LaneGroups

  init(
    _ likelihood: Likelihood, _ link: Link, dispersion: Dispersion = Dispersion(),
    genes: Int = 600, inputs: Int = 11, groupSizes: [Int] = [16, 7, 0, 20, 1], seed: UInt64 = 3,
    density: Double = 0.15, largestCount: Int = 30, dispersionSpread: Double = 1,
    logitSpread: Double = 0.5, products: OutputSpecification.Products = .float32
  ) {
    var stream = RandomSource(seed: seed).stream("output problem")
    func normals(_ count: Int, _ scale: Double) -> [Float] {
      (0..<count).map { _ in Float(scale * stream.normal()) }
    }
    let groups = LaneGroups(sizes: groupSizes)
    self.groups = groups
    specification = OutputSpecification(
      likelihood, link, outputCount: genes, inputCount: inputs, products: products
    ).with(dispersion)
    parameters = OutputParameters(
      weights: normals(genes * inputs, logitSpread), biases: normals(genes, 1),
      logDispersions: normals(genes * dispersion.groupCount, dispersionSpread),
      inflation: likelihood.isInflated
        ? DenseWeights(weights: normals(genes * inputs, logitSpread), biases: normals(genes, 1))
        : nil)
    hidden = normals(groups.rowCount * inputs, 1).map { max($0, 0) }
    dispersionGroups =
      dispersion.groupCount > 1
      ? (0..<groups.rowCount).map { Int32(($0 / 3) % dispersion.groupCount) } : []
    let isCount = likelihood.hasDispersion || likelihood == .poisson
    let size = link == .softmax ? 2000.0 : 5
    scales = (0..<groups.rowCount).map { _ in
      isCount ? Float(size * (0.5 + stream.uniform())) : 1.5
    }
    rows = (0..<groups.rowCount).map { row in
      // One row without entries.
      if row == 2 { return [] }
      return (0..<genes).compactMap { gene in
        guard stream.uniform() < density else { return nil }
        switch likelihood {
        case .negativeBinomial, .zeroInflatedNegativeBinomial, .poisson:
          // Mostly short counts.
          let power = stream.uniform()
          let count = 1 + Double(largestCount) * power * power * power * power
          return (gene, Float(count.rounded(.down)))
        case .gaussian: return (gene, Float(stream.normal()))
        case .bernoulli: return (gene, Float(stream.uniform()))
        }
      }
    }
  }

  func batch<Scalar: NetworkScalar>(_ type: Scalar.Type) -> OutputBatch<Scalar> {
    var values = SparseBatch<Scalar>(columnCount: specification.outputCount)
    for row in rows {
      values.appendRow(columns: row.map(\.column), values: row.map { Scalar($0.value) })
    }
    var batch = OutputBatch(
      hidden: hidden.map { Scalar($0) }, scales: scales.map { Scalar($0) }, values: values,
      groups: groups)
    batch.dispersionGroups = dispersionGroups
    return batch
  }

  /// The layer by kernels.
  var fused: OutputHead { OutputHead(specification, parameters) }

  /// The layer as formulas.
  var plain: PlainOutput<Double> {
    PlainOutput(
      specification,
      OutputParameters(
        weights: parameters.weights.map(Double.init), biases: parameters.biases.map(Double.init),
        logDispersions: parameters.logDispersions.map(Double.init),
        inflation: parameters.inflation.map {
          DenseWeights(weights: $0.weights.map(Double.init), biases: $0.biases.map(Double.init))
        }))
  }
}

/// The largest difference, as a part of the largest entry of the oracle, or of `all` if given.
func relativeDifference(
  _ values: [Float], _ oracle: [Double], ofLargest all: [Double]? = nil
) -> Double {
  precondition(values.count == oracle.count)
  let largest = (all ?? oracle).reduce(0) { max($0, abs($1)) }
  var difference = 0.0
  for (value, exact) in zip(values, oracle) {
    guard value.isFinite else { return .infinity }
    difference = max(difference, abs(Double(value) - exact))
  }
  return difference / max(largest, 1e-30)
}

struct FusedOutputLayerTests {
  /// Every likelihood and link that there are kernels for, dispersions in both forms, by gene and by group.
  static let kinds: [OutputSpecification] = Likelihood.allCases.flatMap { likelihood in
    Link.allCases.flatMap { link in
      [Dispersion(), Dispersion(.exponential), Dispersion(.exponential, groupCount: 3)].map {
        OutputSpecification(likelihood, link, outputCount: 600, inputCount: 11).with($0)
      }
    }
  }.filter {
    OutputSpecification.refusal($0.likelihood, $0.link, dispersion: $0.dispersion) == nil
      && ($0.likelihood.hasDispersion || $0.dispersion == Dispersion())
  }

  /// With both kinds of products, where they are offered.
  static let kindsAndProducts = kinds.flatMap { kind in
    OutputSpecification.Products.allCases.map {
      OutputSpecification(
        kind.likelihood, kind.link, outputCount: kind.outputCount, inputCount: kind.inputCount,
        products: $0
      ).with(kind.dispersion)
    }
  }

  /// Those of counts.
  static let countKinds = kinds.filter { $0.likelihood.hasDispersion || $0.likelihood == .poisson }

  /// Those that are computed with products in bfloat16.
  static let reducedKinds = kindsAndProducts.filter { $0.products == .bfloat16 }

  /// Loss, hidden gradient and all weight gradients against the formulas in double precision.
  private func expectAgreement(
    _ problem: OutputProblem, loss: Double = 1e-6, gradient: Double = 1e-5,
    threads: Int = 2
  ) {
    let workers = Workers(threadCount: threads)
    let plain = problem.plain
    var exactLimbs = [Int64](repeating: 0, count: plain.limbCount)
    let exact = exactLimbs.withUnsafeMutableBufferPointer {
      plain.train(problem.batch(Double.self), into: $0, on: workers)
    }
    let exactGradient = exactLimbs.withUnsafeBufferPointer { plain.gradient(of: $0) }

    let fused = problem.fused
    var limbs = [Int64](repeating: 0, count: fused.limbCount)
    let result = limbs.withUnsafeMutableBufferPointer {
      fused.train(problem.batch(Float.self), into: $0, on: workers)
    }
    let sums = limbs.withUnsafeBufferPointer { fused.gradient(of: $0) }
    #expect(result.faultCount == 0)
    for (row, (value, oracle)) in zip(result.losses, exact.losses).enumerated() {
      #expect(abs(value - oracle) <= loss * abs(oracle), "row \(row): \(value), oracle \(oracle)")
    }
    let H = problem.specification.inputCount
    for row in 0..<problem.groups.rowCount {
      let part = row * H..<(row + 1) * H
      // Without counts a softmax's derivatives cancel, those of a Poisson row to nothing.
      let difference = relativeDifference(
        Array(result.hiddenGradient[part]), Array(exact.hiddenGradient[part]),
        ofLargest: problem.rows[row].isEmpty ? exact.hiddenGradient : nil)
      #expect(difference <= gradient, "hidden gradient of row \(row)")
    }
    #expect(relativeDifference(sums.weights, exactGradient.weights) <= gradient)
    #expect(relativeDifference(sums.biases, exactGradient.biases) <= gradient)
    if problem.specification.likelihood.hasDispersion {
      #expect(relativeDifference(sums.logDispersions, exactGradient.logDispersions) <= gradient)
    }
    if let inflation = sums.inflation, let exact = exactGradient.inflation {
      #expect(relativeDifference(inflation.weights, exact.weights) <= gradient)
      #expect(relativeDifference(inflation.biases, exact.biases) <= gradient)
    }
  }

  @Test(arguments: kinds)
  func everyKindAgreesWithItsFormulas(kind: OutputSpecification) {
    expectAgreement(OutputProblem(kind.likelihood, kind.link, dispersion: kind.dispersion))
  }

  @Test(arguments: reducedKinds)
  func productsInBFloat16AgreeToTheirDigits(kind: OutputSpecification) {
    // A relu whose logit is near zero may fall on its other side.
    let spread = kind.link == .relu ? 0.02 : 0.5
    let problem = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion, logitSpread: spread,
      products: .bfloat16)
    expectAgreement(problem, loss: 5e-3, gradient: 2e-2)
    let workers = Workers(threadCount: 1)
    // Outside training products are in single precision.
    let exact = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion, logitSpread: spread)
    let batch = problem.batch(Float.self)
    let (reduced, full) = (
      problem.fused, exact.fused
    )
    #expect(reduced.losses(batch, on: workers) == full.losses(batch, on: workers))
    var limbs = [Int64](repeating: 0, count: full.limbCount)
    let trained = limbs.withUnsafeMutableBufferPointer {
      reduced.train(batch, into: $0, on: workers)
    }
    #expect(trained.losses != full.losses(batch, on: workers))
  }

  @Test(arguments: countKinds)
  func hugeCountsAgree(kind: OutputSpecification) {
    expectAgreement(
      OutputProblem(
        kind.likelihood, kind.link, dispersion: kind.dispersion, seed: 5, largestCount: 1_000_000))
  }

  @Test(arguments: countKinds)
  func extremeLogitsAgree(kind: OutputSpecification) {
    expectAgreement(
      OutputProblem(
        kind.likelihood, kind.link, dispersion: kind.dispersion, seed: 7, logitSpread: 12),
      loss: 3e-6,
      gradient: 3e-5)
  }

  @Test(arguments: countKinds)
  func dispersionsFromNearlyOneToTenThousandAgree(kind: OutputSpecification) {
    expectAgreement(
      OutputProblem(
        kind.likelihood, kind.link, dispersion: kind.dispersion, seed: 9, dispersionSpread: 4))
  }

  @Test(arguments: kinds)
  func backpropagationAndLossesAreThoseOfTraining(kind: OutputSpecification) {
    let problem = OutputProblem(kind.likelihood, kind.link, dispersion: kind.dispersion)
    let workers = Workers(threadCount: 1)
    let fused = problem.fused
    let batch = problem.batch(Float.self)
    var limbs = [Int64](repeating: 0, count: fused.limbCount)
    let trained = limbs.withUnsafeMutableBufferPointer { fused.train(batch, into: $0, on: workers) }
    let result = fused.backpropagate(batch, on: workers)
    #expect(result.losses == trained.losses)
    #expect(result.hiddenGradient == trained.hiddenGradient)
    #expect(fused.losses(batch, on: workers) == trained.losses)
  }

  @Test(arguments: kinds)
  func rowsThatShareTheirHiddenActivationsHaveTheLossesTheyHaveAlone(kind: OutputSpecification) {
    let problem = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion, genes: 600,
      groupSizes: [5, 16, 90, 70, 40])
    let workers = Workers(threadCount: 2)
    let fused = problem.fused
    var batch = problem.batch(Float.self)
    let hidden = Array(problem.hidden[..<problem.specification.inputCount])
    batch.hidden = (0..<batch.groups.rowCount).flatMap { _ in hidden }
    let alone = fused.losses(batch, on: workers)
    batch.rowsShareHidden = true
    #expect(fused.losses(batch, on: workers) == alone)
  }

  @Test(arguments: kinds)
  func meansAgree(kind: OutputSpecification) {
    let problem = OutputProblem(kind.likelihood, kind.link, dispersion: kind.dispersion)
    let workers = Workers(threadCount: 2)
    let exact = problem.plain.means(
      hidden: problem.hidden.map(Double.init), scales: problem.scales.map(Double.init), on: workers)
    let means = problem.fused.means(
      hidden: problem.hidden, scales: problem.scales, on: workers)
    #expect(relativeDifference(means, exact) <= 2e-6)
  }
}

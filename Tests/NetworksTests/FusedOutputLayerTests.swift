import LinearAlgebra
import Networks
import Probability
import Testing

/// A batch for the output layer alone, in numbers that single precision holds exactly.
struct OutputProblem {
  let specification: OutputSpecification
  let weights: [Float]
  let biases: [Float]
  let logDispersions: [Float]
  let hidden: [Float]
  let scales: [Float]
  let rows: [[(column: Int, value: Float)]]
  let groups: LaneGroups

  init(
    _ likelihood: OutputSpecification.Likelihood, _ activation: OutputSpecification.Activation,
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
      likelihood, activation, outputCount: genes, inputCount: inputs, products: products)
    weights = normals(genes * inputs, logitSpread)
    biases = normals(genes, 1)
    logDispersions = normals(genes, dispersionSpread)
    hidden = normals(groups.rowCount * inputs, 1).map { max($0, 0) }
    let isCount = likelihood == .negativeBinomial
    let size = activation == .softmax ? 2000.0 : 5
    scales = (0..<groups.rowCount).map { _ in
      isCount ? Float(size * (0.5 + stream.uniform())) : 1.5
    }
    rows = (0..<groups.rowCount).map { row in
      // One row without entries.
      if row == 2 { return [] }
      return (0..<genes).compactMap { gene in
        guard stream.uniform() < density else { return nil }
        switch likelihood {
        case .negativeBinomial:
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
    return OutputBatch(
      hidden: hidden.map { Scalar($0) }, scales: scales.map { Scalar($0) }, values: values,
      groups: groups)
  }

  func layer<Layer: OutputLayer>(_ type: Layer.Type) -> Layer {
    Layer(
      specification, weights: weights.map { Layer.Scalar($0) },
      biases: biases.map { Layer.Scalar($0) },
      logDispersions: logDispersions.map { Layer.Scalar($0) })
  }
}

/// The largest difference, as a part of the largest entry of the oracle.
func relativeDifference(_ values: [Float], _ oracle: [Double]) -> Double {
  precondition(values.count == oracle.count)
  let largest = oracle.reduce(0) { max($0, abs($1)) }
  var difference = 0.0
  for (value, exact) in zip(values, oracle) {
    guard value.isFinite else { return .infinity }
    difference = max(difference, abs(Double(value) - exact))
  }
  return difference / max(largest, 1e-30)
}

struct FusedOutputLayerTests {
  typealias Kind = (OutputSpecification.Likelihood, OutputSpecification.Activation)

  static let kinds: [OutputSpecification] = [
    (.negativeBinomial, .softplus), (.negativeBinomial, .sigmoid), (.negativeBinomial, .softmax),
    (.gaussian, .identity), (.gaussian, .relu), (.gaussian, .sigmoid), (.gaussian, .softplus),
    (.bernoulli, .sigmoid),
  ].map { (kind: Kind) in
    OutputSpecification(kind.0, kind.1, outputCount: 600, inputCount: 11)
  }

  /// The same, with both kinds of products.
  static let kindsAndProducts = kinds.flatMap { kind in
    OutputSpecification.Products.allCases.map {
      OutputSpecification(
        kind.likelihood, kind.activation, outputCount: kind.outputCount,
        inputCount: kind.inputCount, products: $0)
    }
  }

  /// Loss, hidden gradient and all weight gradients against the formulas in double precision.
  private func expectAgreement(
    _ problem: OutputProblem, loss: Double = 1e-6, gradient: Double = 1e-5,
    threads: Int = 2
  ) {
    let workers = Workers(threadCount: threads)
    let plain = problem.layer(PlainOutputLayer<Double>.self)
    var exactLimbs = [Int64](repeating: 0, count: plain.limbCount)
    let exact = exactLimbs.withUnsafeMutableBufferPointer {
      plain.train(problem.batch(Double.self), into: $0, on: workers)
    }
    let exactGradient = exactLimbs.withUnsafeBufferPointer { plain.gradient(of: $0) }

    let fused = problem.layer(FusedOutputLayer.self)
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
      let difference = relativeDifference(
        Array(result.hiddenGradient[part]), Array(exact.hiddenGradient[part]))
      #expect(difference <= gradient, "hidden gradient of row \(row)")
    }
    #expect(relativeDifference(sums.weights, exactGradient.weights) <= gradient)
    #expect(relativeDifference(sums.biases, exactGradient.biases) <= gradient)
    if problem.specification.likelihood == .negativeBinomial {
      #expect(relativeDifference(sums.logDispersions, exactGradient.logDispersions) <= gradient)
    }
  }

  @Test(arguments: kinds)
  func everyKindAgreesWithItsFormulas(kind: OutputSpecification) {
    expectAgreement(OutputProblem(kind.likelihood, kind.activation))
  }

  @Test(arguments: kinds)
  func productsInBFloat16AgreeToTheirDigits(kind: OutputSpecification) {
    // A relu whose logit is near zero may fall on its other side.
    let spread = kind.activation == .relu ? 0.02 : 0.5
    let problem = OutputProblem(
      kind.likelihood, kind.activation, logitSpread: spread, products: .bfloat16)
    expectAgreement(problem, loss: 5e-3, gradient: 2e-2)
    let workers = Workers(threadCount: 1)
    // Outside training products are in single precision.
    let exact = OutputProblem(kind.likelihood, kind.activation, logitSpread: spread)
    let batch = problem.batch(Float.self)
    let (reduced, full) = (
      problem.layer(FusedOutputLayer.self), exact.layer(FusedOutputLayer.self)
    )
    #expect(reduced.losses(batch, on: workers) == full.losses(batch, on: workers))
    var limbs = [Int64](repeating: 0, count: full.limbCount)
    let trained = limbs.withUnsafeMutableBufferPointer {
      reduced.train(batch, into: $0, on: workers)
    }
    #expect(trained.losses != full.losses(batch, on: workers))
  }

  @Test(arguments: [OutputSpecification.Activation.softplus, .sigmoid, .softmax])
  func hugeCountsAgree(activation: OutputSpecification.Activation) {
    expectAgreement(
      OutputProblem(.negativeBinomial, activation, seed: 5, largestCount: 1_000_000))
  }

  @Test(arguments: [OutputSpecification.Activation.softplus, .sigmoid, .softmax])
  func extremeLogitsAgree(activation: OutputSpecification.Activation) {
    expectAgreement(
      OutputProblem(.negativeBinomial, activation, seed: 7, logitSpread: 12), loss: 3e-6,
      gradient: 3e-5)
  }

  @Test(arguments: [OutputSpecification.Activation.softplus, .sigmoid, .softmax])
  func dispersionsFromNearlyOneToTenThousandAgree(activation: OutputSpecification.Activation) {
    expectAgreement(
      OutputProblem(.negativeBinomial, activation, seed: 9, dispersionSpread: 4))
  }

  @Test(arguments: kinds)
  func backpropagationAndLossesAreThoseOfTraining(kind: OutputSpecification) {
    let problem = OutputProblem(kind.likelihood, kind.activation)
    let workers = Workers(threadCount: 1)
    let fused = problem.layer(FusedOutputLayer.self)
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
      kind.likelihood, kind.activation, genes: 600, groupSizes: [5, 16, 90, 70, 40])
    let workers = Workers(threadCount: 2)
    let fused = problem.layer(FusedOutputLayer.self)
    var batch = problem.batch(Float.self)
    let hidden = Array(problem.hidden[..<problem.specification.inputCount])
    batch.hidden = (0..<batch.groups.rowCount).flatMap { _ in hidden }
    let alone = fused.losses(batch, on: workers)
    batch.rowsShareHidden = true
    #expect(fused.losses(batch, on: workers) == alone)
  }

  @Test(arguments: kinds)
  func meansAgree(kind: OutputSpecification) {
    let problem = OutputProblem(kind.likelihood, kind.activation)
    let workers = Workers(threadCount: 2)
    let exact = problem.layer(PlainOutputLayer<Double>.self).means(
      hidden: problem.hidden.map(Double.init), scales: problem.scales.map(Double.init), on: workers)
    let means = problem.layer(FusedOutputLayer.self).means(
      hidden: problem.hidden, scales: problem.scales, on: workers)
    #expect(relativeDifference(means, exact) <= 2e-6)
  }
}

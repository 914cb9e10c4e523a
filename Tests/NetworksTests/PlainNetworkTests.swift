import Concurrency
import Foundation
import Networks
import Optimization
import TestSupport
import Testing

private let alone = Workers(threadCount: 1)

@Suite struct PlainNetworkTests {
  /// Links that go with the values of each likelihood; derivatives of max(·, 0) have no differences where it bends.
  static let links: [Likelihood: [Link]] = [
    .negativeBinomial: [.softplus, .sigmoid, .softmax],
    .zeroInflatedNegativeBinomial: [.softplus, .sigmoid, .softmax],
    .poisson: [.softplus, .sigmoid, .softmax], .gaussian: [.identity, .softplus, .sigmoid],
    .bernoulli: [.sigmoid],
  ]

  static let combinations: [OutputSpecification] = Likelihood.allCases.flatMap { likelihood in
    (links[likelihood] ?? []).flatMap { link in
      [Dispersion(), Dispersion(.exponential, groupCount: 3)].map {
        OutputSpecification(likelihood, link, outputCount: 21, inputCount: 4).with($0)
      }
    }
  }

  /// Representations, hidden layers, output layer: one vector of parameters.
  private func flat(_ problem: NetworkProblem) -> [Double] {
    problem.representations + problem.layers.flatMap { $0.weights + $0.biases }
      + flat(problem.parameters)
  }

  private func flat(_ parameters: OutputParameters<Double>) -> [Double] {
    parameters.weights + parameters.biases + parameters.logDispersions
      + (parameters.inflation.map { $0.weights + $0.biases } ?? [])
  }

  /// The loss of everything at these parameters.
  private func loss(_ problem: NetworkProblem, at parameters: [Double]) -> Double {
    var rest = parameters[...]
    func take(_ count: Int) -> [Double] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    let representations = take(problem.representations.count)
    let layers = problem.layers.map {
      DenseWeights(weights: take($0.weights.count), biases: take($0.biases.count))
    }
    let hidden = Network(inputCount: problem.latent, layers: layers, activation: .relu)
    let old = problem.parameters
    let output = PlainOutput(
      problem.specification,
      OutputParameters(
        weights: take(old.weights.count), biases: take(old.biases.count),
        logDispersions: take(old.logDispersions.count),
        inflation: old.inflation.map {
          DenseWeights(weights: take($0.weights.count), biases: take($0.biases.count))
        }))
    let activations = hidden.forward(representations, rowCount: problem.rowCount, on: alone)
    return output.losses(problem.batch(hidden: activations.output), on: alone).reduce(0, +)
  }

  @Test(arguments: combinations)
  func gradientsEqualFiniteDifferences(specification: OutputSpecification) {
    let problem = NetworkProblem(
      specification.likelihood, specification.link, dispersion: specification.dispersion,
      stabilizer: 1e-10)
    let (hidden, output) = (problem.hidden, problem.output)
    let activations = hidden.forward(
      problem.representations, rowCount: problem.rowCount, on: alone)
    var outputLimbs = [Int64](repeating: 0, count: output.limbCount)
    var hiddenLimbs = [Int64](repeating: 0, count: hidden.limbCount)
    let result = outputLimbs.withUnsafeMutableBufferPointer {
      output.train(problem.batch(hidden: activations.output), into: $0, on: alone)
    }
    let back = hiddenLimbs.withUnsafeMutableBufferPointer {
      hidden.backward(
        activations, result.hiddenGradient, groups: problem.groups, into: $0, on: alone)
    }
    #expect(result.faultCount == 0)
    #expect(back.faultCount == 0)
    let layers = hiddenLimbs.withUnsafeBufferPointer { hidden.gradient(of: $0) }
    let outer = outputLimbs.withUnsafeBufferPointer { output.gradient(of: $0) }
    let gradient =
      back.inputGradient + layers.flatMap { $0.weights + $0.biases } + flat(outer)
    let check = GradientCheck(at: flat(problem), gradient: gradient) { loss(problem, at: $0) }
    #expect(check.passes(), "\(check)")
  }

  @Test func aRowsResultDoesNotDependOnItsNeighbours() {
    let problem = NetworkProblem(.negativeBinomial, .softmax)
    let output = problem.output
    let hidden = problem.hidden
    let all = hidden.forward(problem.representations, rowCount: problem.rowCount, on: alone)
    let together = output.backpropagate(problem.batch(hidden: all.output), on: alone)
    for row in 0..<problem.rowCount {
      let single = hidden.forward(
        Array(problem.representations[row * 3..<row * 3 + 3]), rowCount: 1, on: alone)
      var values = SparseBatch<Double>(columnCount: 21)
      values.appendRow(
        columns: problem.values[row].map(\.column), values: problem.values[row].map(\.value))
      let batch = OutputBatch(
        hidden: single.output, scales: [problem.scales[row]], values: values,
        groups: LaneGroups(sizes: [1]))
      let result = output.backpropagate(batch, on: alone)
      #expect(result.losses[0] == together.losses[row])
      #expect(result.hiddenGradient == Array(together.hiddenGradient[row * 4..<row * 4 + 4]))
    }
  }

  @Test func publishedLogProbabilities() {
    // The likelihood itself (ε = 0).
    for (count, mean, dispersion, expected) in [
      (3.0, 2.5, 2.0, -1.998_926_065_6), (0, 1e-3, 2, -0.000_999_750_18),
      (1000, 800, 50, -7.165_750_861_8),
    ] {
      let specification = OutputSpecification(
        .negativeBinomial, .softmax, outputCount: 1, inputCount: 1)
      let layer = PlainOutput<Double>(
        specification, weights: [0], biases: [0], logDispersions: [log(dispersion - 1)])
      var values = SparseBatch<Double>(columnCount: 1)
      values.appendRow(columns: count > 0 ? [0] : [], values: count > 0 ? [count] : [])
      let batch = OutputBatch(
        hidden: [0], scales: [mean], values: values, groups: LaneGroups(sizes: [1]))
      let loss = layer.losses(batch, on: alone)[0]
      // The table includes stabilisers of 10⁻¹⁰ inside logarithms, which change it by up to 10⁻¹⁰ x/A.
      #expect((-loss - expected).magnitude < 2e-10 * max(1, count))
    }
  }

  @Test func adamFollowsTheReferenceTable() {
    // torch.optim.Adam: θ₀ = 1, gradient 2θ, rate 0.01, betas 0.5 and 0.7, weight decay 1e-4.
    var theta = [1.0]
    var first = [0.0]
    var second = [0.0]
    for (index, expected) in [0.990_000_000_05, 0.980_008_012_1, 0.970_028_136_5, 0.960_062_955_4]
      .enumerated()
    {
      let step = AdamStep(
        index + 1, learningRate: 0.01, beta1: 0.5, beta2: 0.7, weightDecay: 1e-4)
      step.move(&theta, &first, &second, along: [2 * theta[0]])
      #expect(Tolerance.golden.accepts(theta[0], expected))
    }
  }

  @Test func limbsHoldTheSumOfTheirNumbers() {
    var limbs = [Int64](repeating: 0, count: 4)
    for _ in 0..<3 {
      let faults = limbs.withUnsafeMutableBufferPointer { limbs in
        [0.1, -12345.678].withUnsafeBufferPointer { FixedPoint.add($0, to: limbs) }
      }
      #expect(faults == 0)
    }
    let sums: [Double] = limbs.withUnsafeBufferPointer { FixedPoint.values(of: $0) }
    #expect((sums[0] - 0.3).magnitude < 1e-16)
    #expect((sums[1] + 3 * 12345.678).magnitude < 1e-11)
    let faults = limbs.withUnsafeMutableBufferPointer { limbs in
      [Double.nan, 1e300].withUnsafeBufferPointer { FixedPoint.add($0, to: limbs) }
    }
    #expect(faults == 2)
  }
}

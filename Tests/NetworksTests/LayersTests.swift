import Concurrency
import Networks
import Optimization
import Probability
import Sums
import TestSupport
import Testing

private let alone = Workers(threadCount: 1)

/// Rows in lanes, a network on them, and a loss of its outputs: Σ (c_o y_io + y_io²/2).
private struct LayersProblem<Scalar: NetworkScalar> {
  let groups = LaneGroups(sizes: [3, 0, 4, 1, 5])
  let inputCount = 4
  let network: Network<Scalar>
  let inputs: [Scalar]

  init(_ layers: (inout RandomStream) -> [Layer<Scalar>]) {
    var stream = RandomSource(seed: 11).stream("layers problem")
    inputs = (0..<groups.rowCount * inputCount).map { _ in Scalar(stream.normal()) }
    network = Network(inputCount: inputCount, layers(&stream))
  }

  /// What one pass over everyone gives.
  struct Outcome: Equatable, Sendable {
    var loss = 0.0
    var outputs: [Scalar] = []
    var inputGradient: [Scalar] = []
    var gradients: [[Scalar]] = []
    var runningMeans: [Double] = []
  }

  func pass(_ lanes: Range<Int>) -> TrainingPass {
    let rows = groups.bounds[lanes.lowerBound]..<groups.bounds[lanes.upperBound]
    return TrainingPass(
      groups: LaneGroups(sizes: lanes.map { groups[$0].count }), rows: Array(rows), epoch: 2,
      random: RandomSource(seed: 3))
  }

  /// A member of a team with some lanes goes forward and backward.
  func outcome<Everyone: Team & ~Copyable>(
    _ network: Network<Scalar>, _ inputs: [Scalar], lanes: Range<Int>,
    with everyone: borrowing Everyone
  ) throws -> Outcome {
    let pass = pass(lanes)
    let places = groups.bounds[lanes.lowerBound]..<groups.bounds[lanes.upperBound]
    let own = Array(inputs[places.lowerBound * inputCount..<places.upperBound * inputCount])
    let activations = try network.forward(own, pass, with: everyone, on: alone)
    var partials = PartialSums([
      .scaled("gradient", count: network.limbCount), .wide("loss", count: 1),
    ])
    for (index, y) in activations.output.enumerated() {
      partials.add(Double(weight(index) * y + y * y / 2), to: 1, at: 0)
    }
    let ahead = activations.output.enumerated().map { weight($0.offset) + $0.element }
    let limbs = UnsafeMutableBufferPointer<Int64>.allocate(capacity: network.limbCount)
    limbs.initialize(repeating: 0)
    defer { limbs.deallocate() }
    let result = try network.backward(
      activations, ahead, pass.groups, into: limbs, with: everyone, on: alone)
    #expect(result.faultCount == 0)
    partials.withLimbs(of: 0) { for index in $0.indices { $0[index] = limbs[index] } }
    var sums = try everyone.sum(partials)
    var moved = network
    moved.follow(activations)
    return Outcome(
      loss: sums.value(of: 1), outputs: activations.output, inputGradient: result.inputGradient,
      gradients: sums.withLimbs(of: 0) { network.gradients(of: UnsafeBufferPointer($0)) },
      runningMeans: moved.layers.flatMap(\.runningMeans))
  }

  private func weight(_ index: Int) -> Scalar { Scalar(index % network.outputCount) - 1 }

  /// The loss with other inputs and parameters, in one vector.
  func loss(_ point: [Double]) throws -> Double {
    var rest = point[...]
    func take(_ count: Int) -> [Scalar] {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).map { Scalar($0) }
    }
    let inputs = take(inputs.count)
    let changed = network.withParameters { take($0.count) }
    return try outcome(changed, inputs, lanes: 0..<groups.count, with: Alone()).loss
  }
}

struct LayersTests {
  /// Every kind of layer.
  private func everyKind<Scalar: NetworkScalar>(_ stream: inout RandomStream) -> [Layer<Scalar>] {
    func dense(_ inputs: Int, _ outputs: Int) -> Layer<Scalar> {
      .dense(
        Dense(
          DenseWeights(
            weights: (0..<inputs * outputs).map { _ in Scalar(0.6 * stream.normal()) },
            biases: (0..<outputs).map { _ in Scalar(0.3 * stream.normal()) })))
    }
    return [
      dense(4, 5), .normalization(BatchNormalization(unitCount: 5, momentum: 0.01, epsilon: 1e-3)),
      .activation(.swish), .dropout(Dropout(0.3, key: 1)), dense(5, 6), .activation(.softplus),
      dense(6, 3), .normalization(BatchNormalization(unitCount: 3)), .activation(.tanh),
    ]
  }

  @Test func gradientsThroughEveryKindEqualFiniteDifferences() throws {
    let problem = LayersProblem<Double> { everyKind(&$0) }
    let outcome = try problem.outcome(
      problem.network, problem.inputs, lanes: 0..<problem.groups.count, with: Alone())
    let point = problem.inputs + problem.network.layers.flatMap { $0.parameters?.values ?? [] }
    let gradient = outcome.inputGradient + outcome.gradients.flatMap(\.self)
    let check = GradientCheck(at: point, gradient: gradient) { (try? problem.loss($0)) ?? .nan }
    #expect(check.passes(), "\(check)")
  }

  @Test(arguments: Activation.allCases)
  func gradientsThroughActivationsEqualFiniteDifferences(activation: Activation) throws {
    let problem = LayersProblem<Double> { _ in [.activation(activation)] }
    let outcome = try problem.outcome(
      problem.network, problem.inputs, lanes: 0..<problem.groups.count, with: Alone())
    let check = GradientCheck(at: problem.inputs, gradient: outcome.inputGradient) {
      (try? problem.loss($0)) ?? .nan
    }
    #expect(check.passes(), "\(activation): \(check)")
  }

  @Test func everySplitOfTheLanesGivesTheSameBits() throws {
    let problem = LayersProblem<Float> { everyKind(&$0) }
    let whole = try problem.outcome(
      problem.network, problem.inputs, lanes: 0..<problem.groups.count, with: Alone())
    for split in SimulatedTeam.splits(ofLanes: problem.groups.count) {
      let outcomes = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        try problem.outcome(
          problem.network, problem.inputs, lanes: split[member], with: everyone)
      }
      #expect(outcomes.flatMap(\.outputs) == whole.outputs, "\(split)")
      #expect(outcomes.flatMap(\.inputGradient) == whole.inputGradient, "\(split)")
      for outcome in outcomes {
        #expect(outcome.loss == whole.loss && outcome.gradients == whole.gradients, "\(split)")
        #expect(outcome.runningMeans == whole.runningMeans, "\(split)")
      }
    }
  }

  @Test func singlePrecisionAgreesWithDouble() throws {
    let single = LayersProblem<Float> { everyKind(&$0) }
    let double = LayersProblem<Double> { everyKind(&$0) }
    let lanes = 0..<single.groups.count
    let computed = try single.outcome(single.network, single.inputs, lanes: lanes, with: Alone())
    let exact = try double.outcome(double.network, double.inputs, lanes: lanes, with: Alone())
    // Rounding of single precision, carried through six layers and the statistics of thirteen rows.
    #expect(relativeDifference(computed.outputs, exact.outputs) < 1e-5)
    #expect(relativeDifference(computed.inputGradient, exact.inputGradient) < 1e-5)
    #expect(
      relativeDifference(computed.gradients.flatMap(\.self), exact.gradients.flatMap(\.self)) < 1e-5
    )
  }

  @Test func evaluationUsesRunningStatisticsAndDropsNothing() throws {
    let problem = LayersProblem<Double> { everyKind(&$0) }
    let pass = problem.pass(0..<problem.groups.count)
    var network = problem.network
    for _ in 0..<3000 {
      network.follow(try network.forward(problem.inputs, pass, with: Alone(), on: alone))
    }
    // The same minibatch again and again: the first running mean is the minibatch's.
    guard case .normalization(let first) = network.layers[1] else {
      Issue.record("the second layer is no batch normalisation")
      return
    }
    let dense = network.forward(problem.inputs, rowCount: 13, on: alone).values[1]
    for unit in 0..<5 {
      let column = stride(from: unit, to: dense.count, by: 5).map { dense[$0] }
      let mean = column.reduce(0, +) / 13
      #expect(first.runningMeans[unit].isClose(to: mean, .publishedFit))
      let squares = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      #expect(first.runningVariances[unit].isClose(to: squares / 12, .publishedFit))
    }
    // A row by itself has the outputs that it has in company.
    let all = network.forward(problem.inputs, rowCount: 13, on: alone).output
    for row in 0..<13 {
      let one = network.forward(
        Array(problem.inputs[row * 4..<row * 4 + 4]), rowCount: 1, on: alone)
      #expect(one.output == Array(all[row * 3..<row * 3 + 3]))
    }
  }

  @Test func theMaskOfARowDependsOnItsNumberAlone() throws {
    let network = Network<Float>(inputCount: 400, [.dropout(Dropout(0.25, key: 0))])
    let ones = [Float](repeating: 1, count: 3 * 400)
    func outputs(rows: [Int], epoch: Int) throws -> [Float] {
      let pass = TrainingPass(
        groups: LaneGroups(sizes: [rows.count]), rows: rows, epoch: epoch,
        random: RandomSource(seed: 5))
      return try network.forward(
        Array(ones.prefix(rows.count * 400)), pass, with: Alone(), on: alone
      ).output
    }
    let three = try outputs(rows: [7, 1000, 12], epoch: 1)
    let one = try outputs(rows: [1000], epoch: 1)
    #expect(Array(three[400..<800]) == one)
    #expect(try outputs(rows: [1000], epoch: 2) != one)
    let kept = three.filter { $0 != 0 }
    #expect(kept.allSatisfy { $0 == Float(1 / 0.75) })
    // Of 1200 draws with probability 3/4, five standard deviations of 15.
    #expect(abs(kept.count - 900) < 75)
  }

  @Test func headsOnATrunkAddTheirGradients() {
    let problem = LayersProblem<Double> { stream in
      [
        .dense(
          Dense(DenseWeights(weights: (0..<8).map { _ in stream.normal() }, biases: [0.1, 0.2])))
      ]
    }
    let first = Network(
      inputCount: 2, layers: [DenseWeights(weights: [1, -2], biases: [0.5])], activation: .identity)
    let second = Network(
      inputCount: 2, layers: [DenseWeights(weights: [0.3, 1, 2, -1], biases: [0, 1])],
      activation: .tanh)
    func loss(_ inputs: [Double]) -> Double {
      let trunk = problem.network.forward(inputs, rowCount: 13, on: alone).output
      return [first, second].reduce(0) {
        $0 + $1.forward(trunk, rowCount: 13, on: alone).output.reduce(0, +)
      }
    }
    let trunk = problem.network.forward(problem.inputs, rowCount: 13, on: alone)
    var gradient: [Double] = []
    for head in [first, second] {
      let activations = head.forward(trunk.output, rowCount: 13, on: alone)
      let back = head.backward(
        activations, activations.output.map { _ in 1 }, groups: problem.groups, into: nil, on: alone
      )
      addGradient(&gradient, back.inputGradient)
    }
    let back = problem.network.backward(
      trunk, gradient, groups: problem.groups, into: nil, on: alone)
    let check = GradientCheck(at: problem.inputs, gradient: back.inputGradient, of: loss)
    #expect(check.passes(), "\(check)")
  }

  @Test func publishedBatchNormalisation() throws {
    // torch.nn.BatchNorm1d, momentum 0.01, ε 1e-3, from running statistics 0 and 1.
    let layer = BatchNormalization<Double>(unitCount: 2, momentum: 0.01, epsilon: 1e-3)
    var network = Network(inputCount: 2, [.normalization(layer)])
    let pass = TrainingPass(
      groups: LaneGroups(sizes: [1, 3]), rows: [0, 1, 2, 3], epoch: 0, random: RandomSource(seed: 1)
    )
    let activations = try network.forward(
      [1, 2, 3, 5, 2, -1, 0, 4], pass, with: Alone(), on: alone)
    let expected = [
      -0.447_034_817_3, -0.218_197_110_5, 1.341_104_452, 1.090_985_552_7, 0.447_034_817_3,
      -1.527_379_773_8, -1.341_104_452, 0.654_591_331_6,
    ]
    #expect(activations.output.areClose(to: expected, .golden))
    network.follow(activations)
    guard case .normalization(let moved) = network.layers[0] else { return }
    #expect(moved.runningMeans.areClose(to: [0.015, 0.025], .golden))
    #expect(moved.runningVariances.areClose(to: [1.006_666_666_7, 1.06], .golden))
  }
}

extension Network {
  /// The network with other numbers in the place of each layer's parameters.
  fileprivate func withParameters(
    _ values: (_ old: [Scalar]) -> [Scalar]
  ) -> Network {
    Network(
      inputCount: inputCount,
      layers.map { layer in
        switch layer {
        case .dense(var dense):
          dense.parameters = dense.parameters.replaced(by: values(dense.parameters.values))
          return .dense(dense)
        case .normalization(var layer):
          layer.parameters = layer.parameters.replaced(by: values(layer.parameters.values))
          return .normalization(layer)
        case .activation, .dropout: return layer
        }
      })
  }
}

extension Layer {
  fileprivate var runningMeans: [Double] {
    guard case .normalization(let layer) = self else { return [] }
    return layer.runningMeans
  }

  fileprivate var parameters: Parameters<Scalar>? {
    switch self {
    case .dense(let layer): layer.parameters
    case .normalization(let layer): layer.parameters
    case .activation, .dropout: nil
    }
  }
}

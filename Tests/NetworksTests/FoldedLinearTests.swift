import Concurrency
import Networks
import Probability
import Sums
import TestSupport
import Testing

private let alone = Workers(threadCount: 1)

/// A folded output under a negative binomial with softmax, as a function of inputs and parameters.
private struct FoldedProblem {
  let groups = LaneGroups(sizes: [3, 0, 4, 1, 5])
  let inputCount = 4
  let geneCount = 9
  let inputs: [Double]
  let layer: FoldedLinear<Double>
  let logDispersions: [Double]
  let values: SparseBatch<Double>
  let scales: [Double]

  init(isNormalized: Bool = true) {
    var stream = RandomSource(seed: 21).stream("folded problem")
    inputs = (0..<groups.rowCount * inputCount).map { _ in 0.4 + stream.normal() }
    let weights = (0..<geneCount * inputCount).map { _ in 0.7 * stream.normal() }
    var layer = FoldedLinear(inputCount: inputCount, weights: weights, isNormalized: isNormalized)
    if isNormalized {
      let H = inputCount
      layer.parameters = Parameters(outputCount: geneCount, width: H + 2) { g, k in
        k < H ? weights[g * H + k] : 0.5 + stream.uniform()
      }
    }
    self.layer = layer
    logDispersions = (0..<geneCount).map { _ in stream.normal() }
    var values = SparseBatch<Double>(columnCount: geneCount)
    for _ in 0..<groups.rowCount {
      let columns = (0..<geneCount).filter { _ in stream.uniform() < 0.5 }
      values.appendRow(
        columns: columns, values: columns.map { _ in Double(1 + stream.integer(below: 9)) })
    }
    self.values = values
    scales = (0..<groups.rowCount).map { _ in 5 + 10 * stream.uniform() }
  }

  /// The rows of some lanes.
  func rows(_ lanes: Range<Int>) -> Range<Int> {
    groups.bounds[lanes.lowerBound]..<groups.bounds[lanes.upperBound]
  }

  func batch(_ inputs: [Double], _ lanes: Range<Int>) -> OutputBatch<Double> {
    let rows = rows(lanes)
    var own = SparseBatch<Double>(columnCount: geneCount)
    for row in rows {
      let entries = values.entries(ofRow: row)
      own.appendRow(
        columns: values.columns[entries].map { Int($0) }, values: values.values[entries])
    }
    return OutputBatch(
      hidden: Array(inputs[rows.lowerBound * inputCount..<rows.upperBound * inputCount]),
      scales: Array(scales[rows]), values: own,
      groups: LaneGroups(sizes: lanes.map { groups[$0].count }))
  }

  func output(_ effective: [Double]) -> PlainOutput<Double> {
    PlainOutput(
      OutputSpecification(
        .negativeBinomial, .softmax, outputCount: geneCount, inputCount: inputCount),
      weights: (0..<geneCount).flatMap { g in
        (0..<inputCount).map { effective[g * (inputCount + 1) + $0] }
      },
      biases: (0..<geneCount).map { effective[$0 * (inputCount + 1) + inputCount] },
      logDispersions: logDispersions)
  }

  struct Outcome: Equatable, Sendable {
    var loss = 0.0
    var inputGradient: [Double] = []
    var parameters: [Double] = []
    var runningVariances: [Double] = []
  }

  /// Forward and backward as a member of a team with some lanes; evaluating, by running statistics.
  func outcome<Everyone: Team & ~Copyable>(
    _ layer: FoldedLinear<Double>, _ inputs: [Double], lanes: Range<Int>, isTraining: Bool,
    with everyone: borrowing Everyone
  ) throws -> Outcome {
    let batch = batch(inputs, lanes)
    let stride = inputCount + 1
    var moments: InputMoments?
    if isTraining {
      moments = try InputMoments(
        of: batch.hidden, width: inputCount, groups: batch.groups, with: everyone)
    }
    let statistics = moments.map { layer.statistics(for: $0) }
    var effective = [Double](repeating: 0, count: geneCount * stride)
    layer.fold(by: statistics, into: &effective, stride: stride)
    let output = output(effective)
    var partials = PartialSums([
      .scaled("gradient", count: output.limbCount), .wide("loss", count: 1),
    ])
    let result = partials.withLimbs(of: 0) { output.train(batch, into: $0, on: alone) }
    for loss in result.losses { partials.add(loss, to: 1, at: 0) }
    var sums = try everyone.sum(partials)
    let gradient = sums.withLimbs(of: 0) { output.gradient(of: UnsafeBufferPointer($0)) }
    let unfolded = layer.unfold(
      (0..<geneCount).flatMap { g in
        gradient.weights[g * inputCount..<(g + 1) * inputCount] + [gradient.biases[g]]
      }, stride: stride, by: statistics, moments)
    var byInputs = result.hiddenGradient
    if let moments { unfolded.propagate(to: &byInputs, inputs: batch.hidden, through: moments) }
    var moved = layer
    if let statistics { moved.follow(statistics) }
    return Outcome(
      loss: sums.value(of: 1), inputGradient: byInputs, parameters: unfolded.parameters,
      runningVariances: moved.runningVariances)
  }

  func check(isTraining: Bool) throws -> GradientCheck {
    let lanes = 0..<groups.count
    let outcome = try outcome(layer, inputs, lanes: lanes, isTraining: isTraining, with: Alone())
    return GradientCheck(
      at: inputs + layer.parameters.values, gradient: outcome.inputGradient + outcome.parameters
    ) { point in
      var changed = layer
      changed.parameters = layer.parameters.replaced(by: Array(point.dropFirst(inputs.count)))
      let there = try? self.outcome(
        changed, Array(point.prefix(inputs.count)), lanes: lanes, isTraining: isTraining,
        with: Alone())
      return there?.loss ?? .nan
    }
  }
}

struct FoldedLinearTests {
  @Test(arguments: [true, false])
  func gradientsThroughTheStatisticsEqualFiniteDifferences(isTraining: Bool) throws {
    let check = try FoldedProblem().check(isTraining: isTraining)
    #expect(check.passes(), "\(check)")
  }

  @Test func withoutNormalisationTheWeightsAreTheLayers() throws {
    let problem = FoldedProblem(isNormalized: false)
    let check = try problem.check(isTraining: true)
    #expect(check.passes(), "\(check)")
    #expect(problem.layer.runningMeans.isEmpty)
  }

  @Test func everySplitOfTheLanesGivesTheSameBits() throws {
    let problem = FoldedProblem()
    let whole = try problem.outcome(
      problem.layer, problem.inputs, lanes: 0..<problem.groups.count, isTraining: true,
      with: Alone())
    for split in SimulatedTeam.splits(ofLanes: problem.groups.count) {
      let outcomes = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        try problem.outcome(
          problem.layer, problem.inputs, lanes: split[member], isTraining: true, with: everyone)
      }
      #expect(outcomes.flatMap(\.inputGradient) == whole.inputGradient, "\(split)")
      for outcome in outcomes {
        #expect(outcome.loss == whole.loss && outcome.parameters == whole.parameters, "\(split)")
        #expect(outcome.runningVariances == whole.runningVariances, "\(split)")
      }
    }
  }

  @Test func theFoldedLogitsAreThoseOfABatchNormalisation() throws {
    let problem = FoldedProblem()
    let (G, H) = (problem.geneCount, problem.inputCount)
    let moments = try InputMoments(
      of: problem.inputs, width: H, groups: problem.groups, with: Alone())
    var effective = [Double](repeating: 0, count: G * (H + 1))
    problem.layer.fold(
      by: problem.layer.statistics(for: moments), into: &effective, stride: H + 1)
    let folded = Network(
      inputCount: H, [.dense(Dense(rows(effective, G, H)))]
    ).forward(problem.inputs, rowCount: 13, on: alone).output

    let values = problem.layer.parameters.values
    let stride = problem.layer.parameters.stride
    let plain = (0..<G).flatMap { g in values[g * stride..<g * stride + H] + [0] }
    var normalization = BatchNormalization<Double>(unitCount: G, momentum: 0.01, epsilon: 1e-3)
    normalization.parameters = Parameters(outputCount: G, width: 2) {
      values[$0 * stride + H + $1]
    }
    let network = Network(
      inputCount: H, [.dense(Dense(rows(plain, G, H))), .normalization(normalization)])
    let pass = TrainingPass(
      groups: problem.groups, rows: Array(0..<13), epoch: 0, random: RandomSource(seed: 1))
    let expected = try network.forward(problem.inputs, pass, with: Alone(), on: alone).output
    // Both are sums of some ten products in double precision, whose cancellation the scale 1/√v raises.
    #expect(folded.areClose(to: expected, Tolerance(relative: 1e-12, absolute: 1e-12)))
  }

  private func rows(_ numbers: [Double], _ G: Int, _ H: Int) -> DenseWeights<Double> {
    DenseWeights(
      weights: (0..<G).flatMap { numbers[$0 * (H + 1)..<$0 * (H + 1) + H] },
      biases: (0..<G).map { numbers[$0 * (H + 1) + H] })
  }
}

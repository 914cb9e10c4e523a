import Concurrency
public import Modeling
import Networks
import Probability
import Sums

extension DGD: CheckableModel {
  /// Derivatives of the loss of a few cells along random directions, block by block of the parameters, in double
  /// precision against central differences; and the production layers against these.
  ///
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: DGDConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try DGD(configuration, for: data)
    return model.check([try model.lane(from: rows)])
  }

  /// Compares the gradients of these lanes with differences, for models with several kinds of data
  /// or latent spaces.
  package func check(_ lanes: [DGDLane]) -> [GradientComparison] {
    let problem = DGDCheck(architecture, lanes, architecture.initialSpaces(random), random)
    return problem.comparisons(
      single: problem.gradients(of: architecture.initialDecoder(random)))
  }
}

/// The loss of some cells as a function of all parameters of decoder, representations and mixtures.
private struct DGDCheck {
  typealias Block = (name: String, values: [Double])

  let architecture: DGDArchitecture
  let lanes: [DGDLane]
  let spaces: [LatentSpace]
  /// Parameters of every block, where derivatives are taken.
  private(set) var blocks: [Block] = []
  let workers = Workers(threadCount: 1)

  init(
    _ architecture: DGDArchitecture, _ lanes: [DGDLane], _ spaces: [LatentSpace],
    _ random: RandomSource
  ) {
    self.architecture = architecture
    self.lanes = lanes
    self.spaces = spaces
    let drawn: DGDArchitecture.InitialLayers<Double> = architecture.initialLayers(random)
    var stream = RandomSource(seed: 7).stream("checked representations")
    let count = rowCount * architecture.inputCount
    blocks = [("representations", (0..<count).map { _ in 0.5 * stream.normal() })]
    if !drawn.trunk.isEmpty { blocks.append(("trunk", Self.flat(drawn.trunk))) }
    for (h, head) in architecture.heads.enumerated() {
      let suffix = head.name.isEmpty ? "" : " of \(head.name)"
      blocks += [
        ("hidden layers\(suffix)", Self.flat(drawn.hidden[h])),
        ("output weights\(suffix)", drawn.outputs[h].weights),
        ("output biases\(suffix)", drawn.outputs[h].biases),
        (
          "dispersions\(suffix)",
          Array(repeating: head.initialLogDispersion, count: head.columnCount)
        ),
      ]
    }
    for (s, space) in spaces.enumerated() {
      blocks.append((s == 0 ? "mixture" : "mixture \(s + 1)", space.mixture?.parameters ?? []))
    }
  }

  private var rowCount: Int { lanes.reduce(0) { $0 + $1.rows.count } }
  private var hasTrunk: Bool { !architecture.trunk.isEmpty }

  private static func flat<Scalar: NetworkScalar>(_ layers: [DenseWeights<Scalar>]) -> [Double] {
    layers.flatMap { $0.weights + $0.biases }.map { Double($0) }
  }

  /// Layers of these widths with numbers in the order of `flat`.
  private func network(
    _ widths: [Int], from inputs: Int, _ values: [Double]
  ) -> Networks.Network<Double> {
    var rest = values[...]
    func take(_ count: Int) -> [Double] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    return Networks.Network(
      inputCount: inputs,
      layers: zip([inputs] + widths, widths).map { from, to in
        DenseWeights(weights: take(from * to), biases: take(to))
      }, activation: .relu)
  }

  private func decoder(_ blocks: [[Double]]) -> ExactDecoder {
    let first = hasTrunk ? 2 : 1
    return ExactDecoder(
      trunk: network(
        architecture.trunk, from: architecture.inputCount, hasTrunk ? blocks[1] : []),
      heads: architecture.heads.enumerated().map { h, head in
        ExactDecoder.Head(
          hidden: network(head.hidden, from: architecture.headInputCount, blocks[first + 4 * h]),
          output: PlainOutput(
            architecture.specification(head), weights: blocks[first + 4 * h + 1],
            biases: blocks[first + 4 * h + 2], logDispersions: blocks[first + 4 * h + 3]))
      })
  }

  /// The cells with these representations.
  private func batch<Scalar: NetworkScalar>(_ inputs: [Double]) -> DecoderBatch<Scalar> {
    DecoderBatch(
      inputs: inputs.map { Scalar($0) }, groups: LaneGroups(sizes: lanes.map(\.rows.count)),
      heads: architecture.heads.enumerated().map { h, head in
        HeadBatch(
          lanes.map { lane in
            let values = lane.values[h]
            return HeadBatch.Piece(
              matrix: values.matrix, scales: head.scales(of: values.matrix).map { Scalar($0) },
              places: (0..<lane.rows.count).map(values.place))
          }, columnCount: head.columnCount)
      })
  }

  /// Losses and gradients of the mixtures with their priors.
  private func mixtureTerms(
    _ blocks: [[Double]]
  ) -> (loss: Double, byRows: [Double], byParameters: [[Double]]) {
    let width = architecture.inputCount
    var byRows = [Double](repeating: 0, count: blocks[0].count)
    var byParameters: [[Double]] = []
    var (loss, column) = (0.0, 0)
    let labels = spaces.indices.map { s in
      lanes.flatMap { lane in
        lane.labels[s].isEmpty ? Array(repeating: -1, count: lane.rows.count) : lane.labels[s]
      }
    }
    for (s, space) in spaces.enumerated() {
      defer { column += space.dimension }
      guard var mixture = space.mixture else {
        byParameters.append([])
        continue
      }
      mixture.parameters = blocks[blocks.count - spaces.count + s]
      var gradient = GaussianMixtureGradient(of: mixture)
      for row in 0..<rowCount {
        let start = row * width + column
        let label = labels[s][row] < 0 ? nil : Int(labels[s][row])
        let byRow = gradient.add(
          Array(blocks[0][start..<start + space.dimension]), of: mixture, label: label,
          factor: architecture.spaces[s].training.supervisionFactor
        ).byRow
        for (l, value) in byRow.enumerated() { byRows[start + l] = value }
      }
      loss += gradient.loss - space.prior.logDensity(mixture)
      byParameters.append(
        zip(gradient.parameters, space.prior.negativeGradient(mixture)).map { $0 + $1 })
    }
    return (loss, byRows, byParameters)
  }

  /// The loss at these blocks.
  private func loss(_ blocks: [[Double]]) -> Double {
    decoder(blocks).losses(batch(blocks[0]), on: workers).reduce(0, +) + mixtureTerms(blocks).loss
  }

  /// The gradient in double precision, block by block.
  private func exactGradients() -> [[Double]] {
    let values = blocks.map(\.values)
    let found = decoder(values).gradient(batch(values[0]), on: workers)
    let mixtures = mixtureTerms(values)
    var result = [zip(found.inputs, mixtures.byRows).map { $0 + $1 }]
    if hasTrunk { result.append(Self.flat(found.trunk)) }
    for (hidden, output) in zip(found.hidden, found.outputs) {
      result += [Self.flat(hidden), output.weights, output.biases, output.logDispersions]
    }
    return result + mixtures.byParameters
  }

  /// The gradient that the production layers find, block by block.
  func gradients(of decoder: DecoderNetwork) -> [[Double]] {
    let values = blocks.map(\.values)
    var batch: DecoderBatch<Float> = batch(values[0])
    var sums = PartialSums(decoder.sumBlocks)
    let found = decoder.train(&batch, into: &sums, on: workers)
    let mixtures = mixtureTerms(values)
    var result = [zip(found.inputGradient, mixtures.byRows).map { Double($0) + $1 }]
    if hasTrunk {
      sums.withLimbs(of: 2 * decoder.heads.count) {
        result.append(Self.flat(decoder.trunk.gradient(of: UnsafeBufferPointer($0))))
      }
    }
    for (h, head) in decoder.heads.enumerated() {
      sums.withLimbs(of: 2 * h + 1) {
        result.append(Self.flat(head.hidden.gradient(of: UnsafeBufferPointer($0))))
      }
      sums.withLimbs(of: 2 * h) {
        let parts = head.output.gradient(of: UnsafeBufferPointer($0))
        for part in [parts.weights, parts.biases, parts.logDispersions] {
          result.append(part.map { Double($0) })
        }
      }
    }
    return result + mixtures.byParameters
  }

  /// Formulas against central differences, then single precision against the formulas.
  func comparisons(single: [[Double]]) -> [GradientComparison] {
    let exact = exactGradients()
    let differences = comparedDerivatives(of: blocks, gradients: exact, value: loss)
    let precisions = blocks.indices.filter { !blocks[$0].values.isEmpty }.map { block in
      let direction = checkedDirection(block: block, count: blocks[block].values.count)
      func along(_ gradient: [Double]) -> Double {
        zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return GradientComparison(
        "\(blocks[block].name), single precision", derivative: along(single[block]),
        difference: along(exact[block]), tolerance: 1e-3)
    }
    return differences + precisions
  }
}

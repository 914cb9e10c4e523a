import Foundation
import LinearAlgebra
public import Modeling
import Networks
import Probability

extension DGDModel: CheckableModel {
  /// Derivatives of the loss of a few cells along random directions, block by block of the parameters, in double
  /// precision against central differences; and the production layers against these.
  ///
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: DGDConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    typealias Exact = DGDModel<PlainHiddenLayers<Double>, PlainOutputLayer<Double>>
    let exact = try Exact(configuration, for: data)
    let problem = DGDCheck(exact, try exact.lane(from: rows), exact.start())
    let production = try DGDModel(configuration, for: data)
    let computed = DGDCheck(production, try production.lane(from: rows), production.start())
    return problem.comparisons() + computed.comparisons(with: problem)
  }
}

/// The loss of some cells as a function of all parameters of decoder, representations and mixture.
private struct DGDCheck<Hidden: HiddenLayers, Output: OutputLayer>
where Hidden.Scalar == Output.Scalar {
  typealias Scalar = Output.Scalar
  let model: DGDModel<Hidden, Output>
  let lane: DGDLane<Scalar>
  let shared: DGDShared<Hidden, Output>
  let blocks: [(name: String, values: [Double])]
  let workers = Workers(threadCount: 1)

  init(
    _ model: DGDModel<Hidden, Output>, _ lane: DGDLane<Scalar>,
    _ shared: DGDShared<Hidden, Output>
  ) {
    self.model = model
    self.lane = lane
    self.shared = shared
    var stream = RandomSource(seed: 7).stream("checked representations")
    let count = lane.rows.count * model.configuration.latent
    blocks = [
      ("representations", (0..<count).map { _ in 0.5 * stream.normal() }),
      (
        "hidden layers",
        shared.hidden.dense.flatMap { $0.weights + $0.biases }.map { Double($0) }
      ),
      ("output weights", shared.output.weights.map { Double($0) }),
      ("output biases", shared.output.biases.map { Double($0) }),
      ("dispersions", shared.output.logDispersions.map { Double($0) }),
      ("mixture", shared.mixture?.parameters ?? []),
    ]
  }

  private func layers(_ values: [Double]) -> Hidden {
    var start = 0
    func take(_ count: Int) -> [Scalar] {
      defer { start += count }
      return values[start..<start + count].map { Scalar($0) }
    }
    return Hidden(
      inputCount: model.configuration.latent,
      layers: shared.hidden.dense.map {
        HiddenLayer(weights: take($0.weights.count), biases: take($0.biases.count))
      })
  }

  private func rows(_ representations: [Double]) -> DGDRows<Scalar> {
    let L = model.configuration.latent
    var rows = DGDRows<Scalar>(
      groups: LaneGroups(sizes: [lane.rows.count]), columnCount: model.data.columnCount)
    for position in 0..<lane.rows.count {
      rows.append(
        position, of: lane,
        representation: representations[position * L..<(position + 1) * L].map { Scalar($0) }[...])
    }
    return rows
  }

  private func mixtureGradient(
    _ parameters: [Double], _ representations: [Double]
  ) -> (loss: Double, byRows: [Double], byParameters: [Double]) {
    guard var mixture = shared.mixture else { return (0, representations.map { _ in 0 }, []) }
    mixture.parameters = parameters
    let L = model.configuration.latent
    var gradient = GaussianMixtureGradient(of: mixture)
    let byRows = (0..<lane.rows.count).flatMap {
      gradient.add(Array(representations[$0 * L..<($0 + 1) * L]), of: mixture).byRow
    }
    let prior = shared.mixturePrior
    return (
      gradient.loss - prior.logDensity(mixture), byRows,
      zip(gradient.parameters, prior.negativeGradient(mixture)).map { $0 + $1 }
    )
  }

  /// The loss at these blocks.
  private func loss(_ blocks: [[Double]]) -> Double {
    let hidden = layers(blocks[1])
    let output = Output(
      model.specification, weights: blocks[2].map { Scalar($0) },
      biases: blocks[3].map { Scalar($0) }, logDispersions: blocks[4].map { Scalar($0) })
    var rows = rows(blocks[0])
    let activations = hidden.forward(rows.inputs, rowCount: lane.rows.count, on: workers)
    let losses = output.losses(rows.takeBatch(activations.output, on: workers), on: workers)
    return losses.reduce(0, +) + mixtureGradient(blocks[5], blocks[0]).loss
  }

  /// The gradient at the start, block by block.
  func gradients() -> [[Double]] {
    var rows = rows(blocks[0].values)
    let groups = rows.groups
    let activations = shared.hidden.forward(rows.inputs, rowCount: lane.rows.count, on: workers)
    var outer = [Int64](repeating: 0, count: shared.output.limbCount)
    var inner = [Int64](repeating: 0, count: shared.hidden.limbCount)
    let result = outer.withUnsafeMutableBufferPointer {
      shared.output.train(rows.takeBatch(activations.output, on: workers), into: $0, on: workers)
    }
    let back = inner.withUnsafeMutableBufferPointer {
      shared.hidden.backward(
        activations, result.hiddenGradient, groups: groups, into: $0, on: workers)
    }
    let layers = inner.withUnsafeBufferPointer { shared.hidden.gradient(of: $0) }
    let output = outer.withUnsafeBufferPointer { shared.output.gradient(of: $0) }
    let mixture = mixtureGradient(blocks[5].values, blocks[0].values)
    return [
      zip(back.inputGradient, mixture.byRows).map { Double($0) + $1 },
      layers.flatMap { $0.weights + $0.biases }.map { Double($0) },
      output.weights.map { Double($0) }, output.biases.map { Double($0) },
      output.logDispersions.map { Double($0) }, mixture.byParameters,
    ]
  }

  /// Formulas against central differences.
  func comparisons() -> [GradientComparison] {
    comparedDerivatives(of: blocks, gradients: gradients(), value: loss)
  }

  /// This precision's derivatives against the exact ones.
  func comparisons<ExactHidden: HiddenLayers, ExactOutput: OutputLayer>(
    with exact: DGDCheck<ExactHidden, ExactOutput>
  ) -> [GradientComparison] {
    let (mine, theirs) = (gradients(), exact.gradients())
    return blocks.indices.filter { !blocks[$0].values.isEmpty }.map { block in
      let direction = checkedDirection(block: block, count: blocks[block].values.count)
      func along(_ gradient: [Double]) -> Double {
        zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return GradientComparison(
        "\(blocks[block].name), single precision", derivative: along(mine[block]),
        difference: along(theirs[block]), tolerance: 1e-3)
    }
  }
}

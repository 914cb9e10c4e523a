import Modeling
import Networks
import Probability
import RealModule

extension Autoencoder {
  /// The state before the first step: random networks.
  public func start() -> AutoencoderState {
    AutoencoderState(network: initialNetwork())
  }

  /// What the output layer computes.
  var specification: OutputSpecification {
    let inputCount: Int
    switch configuration.decoder {
    case .linear: inputCount = settings.latent + batchInputs
    case .network(let widths): inputCount = widths.last ?? settings.latent + batchInputs
    }
    return OutputSpecification(
      settings.likelihood.network, .softmax, outputCount: data.columnCount, inputCount: inputCount
    ).with(Dispersion(.exponential, groupCount: dispersionGroups.names.count))
  }

  /// Numbers that tell the decoder the batch: none where there is one.
  var batchInputs: Int { batches.names.count > 1 ? batches.names.count : 0 }

  /// Random networks: torch's default, uniform in ±1/√inputs; ρ ~ N(0, 1).
  func initialNetwork<Scalar: NetworkScalar>() -> AutoencoderNetwork<Scalar> {
    var draw = LayerDraw<Scalar>(random: random)
    let encoder = draw.encoder(
      geneCount: data.columnCount, hidden: settings.hidden, layers: settings.layers,
      outputs: settings.latent, dropout: settings.dropout, key: 0)
    let library =
      settings.library == .latent
      ? draw.encoder(
        geneCount: data.columnCount, hidden: settings.hidden, layers: 1, outputs: 1,
        dropout: settings.dropout, key: 1) : nil
    let specification = specification
    return AutoencoderNetwork(
      batchCount: batchInputs, isLogisticNormal: settings.latents == .logisticNormal,
      encoder: encoder, libraryEncoder: library, hidden: hiddenLayers(&draw),
      output: FoldedOutput(
        specification, mean: head(&draw),
        inflation: specification.likelihood.isInflated ? head(&draw) : nil,
        logDispersions: draw.normals(data.columnCount * dispersionGroups.names.count)))
  }

  private func hiddenLayers<Scalar: NetworkScalar>(
    _ draw: inout LayerDraw<Scalar>
  ) -> Networks.Network<Scalar> {
    var inputCount = settings.latent + batchInputs
    var layers: [Layer<Scalar>] = []
    if case .network(let widths) = configuration.decoder {
      for width in widths {
        layers += [
          .dense(Dense(draw.dense(inputCount, width))),
          .normalization(
            BatchNormalization(unitCount: width, momentum: 0.01, epsilon: 1e-3)),
          .activation(.relu),
        ]
        inputCount = width
      }
    }
    return Networks.Network(inputCount: settings.latent + batchInputs, layers)
  }

  /// The map to the logits.
  private func head<Scalar: NetworkScalar>(
    _ draw: inout LayerDraw<Scalar>
  ) -> FoldedLinear<Scalar> {
    let (G, H) = (data.columnCount, specification.inputCount)
    let drawn = draw.dense(H, G)
    switch configuration.decoder {
    case .linear(.batch): return FoldedLinear(inputCount: H, weights: drawn.weights)
    case .linear(.none):
      return FoldedLinear(inputCount: H, weights: drawn.weights, isNormalized: false)
    case .linear(.intercept), .network:
      return FoldedLinear(inputCount: H, weights: drawn.weights, biases: drawn.biases)
    }
  }
}

/// Draws the parameters of layer after layer.
private struct LayerDraw<Scalar: NetworkScalar> {
  let random: RandomSource
  var number = 0

  init(random: RandomSource) { self.random = random }

  mutating func dense(_ inputs: Int, _ outputs: Int) -> DenseWeights<Scalar> {
    let bound = 1 / Double(inputs).squareRoot()
    var stream = random.stream("autoencoder weights", index: number)
    number += 1
    func numbers(_ count: Int) -> [Scalar] {
      (0..<count).map { _ in Scalar(stream.uniform(in: -bound..<bound)) }
    }
    return DenseWeights(weights: numbers(inputs * outputs), biases: numbers(outputs))
  }

  mutating func normals(_ count: Int) -> [Scalar] {
    var stream = random.stream("autoencoder dispersions", index: number)
    number += 1
    return (0..<count).map { _ in Scalar(stream.normal()) }
  }

  mutating func encoder(
    geneCount: Int, hidden: Int, layers: Int, outputs: Int, dropout: Double, key: Int
  ) -> CountEncoder<Scalar> {
    let first = SparseDense(dense(geneCount, hidden))
    let further = (1..<max(layers, 1)).map { _ in dense(hidden, hidden) }
    return CountEncoder(
      first: first,
      rest: CountEncoder.rest(
        hidden: further, heads: dense(hidden, 2 * outputs), dropout: dropout, key: key))
  }
}

extension AutoencoderNetwork {
  /// Puts the decoder at the mean profile with its dispersions, the library's encoder at the mean library, and makes
  /// what the latents do small.
  mutating func adopt(_ profile: MeanProfile, _ library: [NormalPrior]) {
    let (G, H) = (output.specification.outputCount, output.specification.inputCount)
    let C = output.specification.dispersion.groupCount
    let small: Scalar = 0.3
    let batchColumns = hidden.layers.isEmpty ? batchCount : 0
    let columns = H - batchColumns
    for g in 0..<G {
      let level = Scalar(Double.log(profile.shares[g]))
      for c in 0..<C { output.logDispersions[g, c] = Scalar(profile.logDispersions[g]) }
      for h in 0..<batchColumns {
        output.mean.parameters[g, columns + h] =
          output.mean.isNormalized || output.mean.hasBiases ? 0 : level
      }
      if output.mean.isNormalized {
        output.mean.parameters[g, H] = small
        output.mean.parameters[g, H + 1] = level
      } else {
        for h in 0..<columns { output.mean.parameters[g, h] *= small }
        if output.mean.hasBiases { output.mean.parameters[g, H] = level }
      }
      guard let inflation = output.inflation else { continue }
      if inflation.isNormalized {
        output.inflation?.parameters[g, H] = small
        output.inflation?.parameters[g, H + 1] = -3
      } else if inflation.hasBiases {
        output.inflation?.parameters[g, H] = -3
      }
    }
    guard libraryEncoder != nil else { return }
    let mean = library.reduce(0) { $0 + $1.mean } / Double(max(library.count, 1))
    libraryEncoder?.rest.withLastParameters { parameters in
      parameters[0, parameters.width - 1] = Scalar(mean)
      parameters[1, parameters.width - 1] = -4
    }
  }
}

extension AutoencoderSettings.Counts {
  /// The likelihood of the output layer.
  var network: Likelihood {
    switch self {
    case .negativeBinomial: .negativeBinomial
    case .zeroInflated: .zeroInflatedNegativeBinomial
    case .poisson: .poisson
    }
  }
}

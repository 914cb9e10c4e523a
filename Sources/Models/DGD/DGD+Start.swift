import Modeling
import Networks
import Probability

extension DGD {
  /// The state before the first step: random decoder, mixtures at their priors' centre.
  public func start() -> DGDShared {
    DGDShared(
      phase: configuration.start == .spectral
        ? .starting : configuration.estimatesDispersions ? .profiling : .training,
      decoder: architecture.initialDecoder(random), spaces: architecture.initialSpaces(random),
      epochSums: emptySums)
  }

  /// No losses yet.
  var emptySums: DGDLossSums { DGDLossSums(lossLayout) }

  /// Where losses stand in a block of sums.
  var lossLayout: DGDLossSums.Layout {
    DGDLossSums.Layout(headCount: architecture.heads.count, spaceCount: architecture.spaces.count)
  }
}

extension DGDArchitecture {
  /// Weights and biases of all layers before the first step.
  struct InitialLayers<Scalar: NetworkScalar> {
    var trunk: [DenseWeights<Scalar>] = []
    /// Hidden layers of each head.
    var hidden: [[DenseWeights<Scalar>]] = []
    /// The output layer of each head.
    var outputs: [DenseWeights<Scalar>] = []
  }

  /// torch's default: weights and biases uniform in ±1/√inputs.
  ///
  /// Layers are numbered through, trunk first, then head by head, and drawn by their number.
  func initialLayers<Scalar: NetworkScalar>(_ random: RandomSource) -> InitialLayers<Scalar> {
    var number = 0
    func layer(_ inputs: Int, _ outputs: Int) -> DenseWeights<Scalar> {
      let bound = 1 / Double(inputs).squareRoot()
      var stream = random.stream("decoder weights", index: number)
      number += 1
      func draw(_ count: Int) -> [Scalar] {
        (0..<count).map { _ in Scalar(stream.uniform(in: -bound..<bound)) }
      }
      return DenseWeights(weights: draw(outputs * inputs), biases: draw(outputs))
    }
    func layers(_ widths: [Int], from inputs: Int) -> [DenseWeights<Scalar>] {
      zip([inputs] + widths, widths).map { layer($0, $1) }
    }
    var result = InitialLayers<Scalar>()
    result.trunk = layers(trunk, from: inputCount)
    for head in heads {
      result.hidden.append(layers(head.hidden, from: headInputCount))
      var output = layer(head.hidden.last ?? headInputCount, head.columnCount)
      for index in head.absentWeights { output.weights[index] = 0 }
      result.outputs.append(output)
    }
    return result
  }

  /// A random decoder; dispersions r = 2.
  func initialDecoder(_ random: RandomSource) -> DecoderNetwork {
    let drawn: InitialLayers<Float> = initialLayers(random)
    return DecoderNetwork(
      trunk: Networks.Network(
        inputCount: inputCount, layers: drawn.trunk, activation: .relu),
      heads: heads.indices.map { index in
        DecoderNetwork.Head(
          hidden: Networks.Network(
            inputCount: headInputCount, layers: drawn.hidden[index], activation: .relu),
          output: OutputHead(
            specification(heads[index]), weights: drawn.outputs[index].weights,
            biases: drawn.outputs[index].biases,
            logDispersions: Array(
              repeating: Float(heads[index].initialLogDispersion),
              count: heads[index].columnCount)))
      })
  }

  /// Spaces with means drawn from the softball, widths and weights at the prior's centre.
  func initialSpaces(_ random: RandomSource) -> [LatentSpace] {
    spaces.enumerated().map { index, space in
      let (K, L) = (space.componentCount, space.dimension)
      guard K > 0 else { return LatentSpace(dimension: L, mixture: nil, prior: space.prior) }
      var stream = random.stream("mixture means", index: index)
      let mixture = GaussianMixture(
        dimension: L, isIsotropic: space.isIsotropic,
        means: space.prior.drawMeans(K, dimension: L, from: &stream),
        logPrecisions: (0..<(space.isIsotropic ? K : K * L)).map(space.prior.logPrecision),
        weightLogits: Array(repeating: 1, count: K),
        classes: space.owners.map { owners in
          (0..<K).map { $0 / owners.componentsPerClass }
        } ?? [])
      return LatentSpace(dimension: L, mixture: mixture, prior: space.prior)
    }
  }
}

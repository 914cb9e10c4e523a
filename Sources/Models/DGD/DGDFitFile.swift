import Modeling
import Networks
import Probability

/// A DGD fit read back from `uns/distfit`: settings, decoder, mixture.
struct DGDFitFile {
  let configuration: DGDConfiguration
  let decoder: DGDDecoderFile
  let mixture: GaussianMixture?
  let prior: GaussianMixturePrior?
  let componentNames: [String]
  let projection: SpectralProjection?
  let profile: MeanProfile?
  let lossRatio: Double?

  /// - Throws: `ModelError` or `StoredTreeError` naming what is wrong.
  init(_ fit: StoredTree) throws {
    guard case .string(let name)? = fit["model"], name == "dgd" else {
      throw ModelError("this is not a fit of model dgd: uns/distfit/model says so")
    }
    configuration = try DGDConfiguration(storedTree: fit["settings"] ?? .group([:]))
    decoder = try DGDDecoderFile(fit["decoder"])
    projection = SpectralProjection(storedTree: fit["projection"])
    profile = MeanProfile(storedTree: fit["null"])
    if case .number(let ratio)? = fit["loss_ratio"], ratio.isFinite {
      lossRatio = ratio
    } else {
      lossRatio = nil
    }
    guard let tree = fit["mixture"], case .doubles(let means, _)? = tree["means"],
      case .doubles(let precisions, _)? = tree["log_precisions"],
      case .doubles(let logits, _)? = tree["weight_logits"]
    else {
      (mixture, prior, componentNames) = (nil, nil, [])
      return
    }
    var classes: [Int] = []
    if case .integers(let values, _)? = tree["classes"] { classes = values.map { Int($0) } }
    let L = configuration.latent
    guard means.count == logits.count * L else {
      throw StoredTreeError(
        path: "uns/distfit/mixture/means",
        problem: "\(means.count) numbers, expected \(logits.count) × \(L)")
    }
    mixture = GaussianMixture(
      dimension: L, isIsotropic: precisions.count == logits.count && L > 1, means: means,
      logPrecisions: precisions, weightLogits: logits, classes: classes)
    prior = try tree["prior"].map { try TreeDecoder.decode(GaussianMixturePrior.self, from: $0) }
    if case .strings(let names)? = tree["names"] {
      componentNames = names
    } else {
      componentNames = logits.indices.map(String.init)
    }
  }

  /// The decoder, ready for use.
  func network() -> DecoderNetwork {
    let hidden = Networks.Network(
      inputCount: configuration.latent, layers: decoder.hidden, activation: .relu)
    let output = OutputHead(
      OutputSpecification(
        configuration.likelihood.network, configuration.output.network,
        outputCount: decoder.biases.count, inputCount: decoder.weights.count / decoder.biases.count
      ).with(decoder.dispersion),
      weights: decoder.weights, biases: decoder.biases, logDispersions: decoder.logDispersions)
    return DecoderNetwork(
      trunk: Networks.Network(inputCount: configuration.latent, []),
      heads: [DecoderNetwork.Head(hidden: hidden, output: output)])
  }

  /// The latent space of the fit.
  var space: LatentSpace {
    LatentSpace(
      dimension: configuration.latent, mixture: mixture,
      prior: prior
        ?? GaussianMixturePrior(radius: 1, hardness: 1, sigma: 1, spread: 1, concentration: 1))
  }
}

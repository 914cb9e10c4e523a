import Modeling
import Networks
import Probability

/// A multiDGD fit read back from `uns/distfit`: settings, decoder, latent spaces.
struct MultiDGDFitFile {
  /// A latent space as it was written.
  struct Space {
    /// The covariate's name; empty for the space of the cells.
    let name: String
    /// The mixture and its prior.
    let space: LatentSpace
    /// What its components are called: of a covariate its classes.
    let componentNames: [String]
  }

  let configuration: MultiDGDConfiguration
  let decoder: MultiDGDDecoderFile
  let spaces: [Space]
  let projection: SpectralProjection?
  /// The model without latents of each modality; empty where the fit has none.
  let profiles: [MeanProfile]
  /// What the fit's training cells lose as a part of what they lose by that; nil where it is not known.
  let lossRatio: Double?

  /// - Throws: `ModelError` or `StoredTreeError` naming what is wrong.
  init(_ fit: StoredTree) throws {
    guard case .string(let name)? = fit["model"], name == MultiDGD.name else {
      throw ModelError("this is not a fit of model multidgd: uns/distfit/model says so")
    }
    configuration = try MultiDGDConfiguration(storedTree: fit["settings"] ?? .group([:]))
    decoder = try MultiDGDDecoderFile(fit["decoder"])
    projection = SpectralProjection(storedTree: fit["projection"])
    profiles = decoder.names.indices.compactMap {
      MeanProfile(storedTree: fit.node(at: "null/\($0)"))
    }
    if case .number(let ratio)? = fit["loss_ratio"] { lossRatio = ratio } else { lossRatio = nil }
    var spaces: [Space] = []
    while let tree = fit.node(at: "spaces/\(spaces.count)") {
      spaces.append(try Space(tree, "uns/distfit/spaces/\(spaces.count)"))
    }
    self.spaces = spaces
    guard let first = decoder.trunk.first?.inputCount ?? decoder.heads[0].inputCount,
      first == spaces.reduce(0, { $0 + $1.space.dimension })
    else {
      throw StoredTreeError(
        path: "uns/distfit/spaces",
        problem: "their dimensions do not add up to the decoder's inputs")
    }
  }

  /// The decoder, ready for use.
  func network() -> DecoderNetwork {
    let inputs = spaces.reduce(0) { $0 + $1.space.dimension }
    let trunk = Networks.Network<Float>(
      inputCount: inputs, layers: decoder.trunk, activation: .relu)
    return DecoderNetwork(
      trunk: trunk, heads: decoder.heads.map { $0.head(inputCount: trunk.outputCount) })
  }

  /// The `obsm` matrices that are the decoder's inputs side by side.
  var representationNames: [String] {
    spaces.map { $0.name.isEmpty ? "X_multidgd" : "X_multidgd_\($0.name)" }
  }

  /// Where the cells' space and the covariates stand in a row of the decoder's inputs.
  var columns: [Range<Int>] {
    var first = 0
    return spaces.map { space in
      defer { first += space.space.dimension }
      return first..<first + space.space.dimension
    }
  }
}

extension MultiDGDFitFile.Space {
  /// - Throws: `StoredTreeError` where numbers do not go together.
  init(_ tree: StoredTree, _ path: String) throws {
    guard case .integer(let dimension)? = tree["dimension"], dimension > 0,
      case .string(let name)? = tree["name"]
    else { throw StoredTreeError(path: path, problem: "has no name or dimension") }
    self.name = name
    let L = Int(dimension)
    let none = GaussianMixturePrior(
      radius: 1, hardness: 1, sigma: 1, spread: 1, concentration: 1)
    guard case .doubles(let means, _)? = tree["means"],
      case .doubles(let precisions, _)? = tree["log_precisions"],
      case .doubles(let logits, _)? = tree["weight_logits"]
    else {
      space = LatentSpace(dimension: L, mixture: nil, prior: none)
      componentNames = []
      return
    }
    guard means.count == logits.count * L else {
      throw StoredTreeError(
        path: "\(path)/means",
        problem: "\(means.count) numbers, expected \(logits.count) × \(L)")
    }
    var classes: [Int] = []
    if case .integers(let values, _)? = tree["classes"] { classes = values.map { Int($0) } }
    let prior = try tree["prior"].map {
      try TreeDecoder.decode(GaussianMixturePrior.self, from: $0)
    }
    var isIsotropic = precisions.count == logits.count && L > 1
    if case .flag(let flag)? = tree["isotropic"] { isIsotropic = flag }
    space = LatentSpace(
      dimension: L,
      mixture: GaussianMixture(
        dimension: L, isIsotropic: isIsotropic, means: means, logPrecisions: precisions,
        weightLogits: logits, classes: classes), prior: prior ?? none)
    if case .strings(let names)? = tree["names"] {
      componentNames = names
    } else {
      componentNames = logits.indices.map(String.init)
    }
  }
}

extension DGDDecoderFile {
  /// Inputs of the first layer; nil without any output.
  var inputCount: Int? {
    hidden.first?.inputCount ?? (biases.isEmpty ? nil : weights.count / biases.count)
  }

  /// A head of counts and a softmax, ready for use.
  func head(inputCount: Int) -> DecoderNetwork.Head {
    DecoderNetwork.Head(
      hidden: Networks.Network(inputCount: inputCount, layers: hidden, activation: .relu),
      output: OutputHead(
        OutputSpecification(
          .negativeBinomial, .softmax, outputCount: biases.count,
          inputCount: weights.count / biases.count
        ).with(dispersion),
        weights: weights, biases: biases, logDispersions: logDispersions))
  }
}

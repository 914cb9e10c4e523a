import Modeling
import Networks

/// A decoder as a fit file keeps it: plain arrays that any program can read.
///
///     decoder/hidden/<n>/weights  outputs × inputs        decoder/hidden/<n>/biases  outputs
///     decoder/output/weights      genes × inputs          decoder/output/biases, log_dispersions  genes
///     decoder/output/dispersion_form    r of a log dispersion ρ: exponential (e^ρ) or onePlusExponential (1 + e^ρ, also
///                                       where nothing is said)
struct DGDDecoderFile {
  let hidden: [DenseWeights<Float>]
  let weights: [Float]
  let biases: [Float]
  let logDispersions: [Float]
  let dispersion: Dispersion

  /// A head as it is written.
  init(_ head: DecoderNetwork.Head) {
    hidden = head.hidden.dense
    weights = head.output.weights
    biases = head.output.biases
    logDispersions = head.output.logDispersions
    dispersion = head.output.specification.dispersion
  }

  /// The decoder of a fit file.
  ///
  /// - Throws: `StoredTreeError` naming what is missing or has another shape.
  init(_ tree: StoredTree?) throws {
    hidden = try Self.layers("hidden", of: tree)
    let output = try Self.floats("output/weights", of: tree)
    biases = try Self.floats("output/biases", of: tree).values
    logDispersions = try Self.floats("output/log_dispersions", of: tree).values
    var form = Dispersion.Form.onePlusExponential
    if case .string(let name)? = tree?.node(at: "output/dispersion_form") {
      guard let known = Dispersion.Form(rawValue: name) else {
        throw StoredTreeError(
          path: "uns/distfit/decoder/output/dispersion_form",
          problem: "\"\(name)\" is unknown; is the fit of a newer distfit?")
      }
      form = known
    }
    dispersion = Dispersion(form)
    guard output.shape.count == 2, output.shape[0] == biases.count,
      logDispersions.count == biases.count
    else {
      throw StoredTreeError(
        path: "uns/distfit/decoder/output",
        problem:
          "weights of shape \(output.shape) do not go with \(biases.count) biases and \(logDispersions.count) dispersions"
      )
    }
    weights = output.values
  }

  /// r of each gene.
  var dispersions: [Double] { logDispersions.map { dispersion.value(Double($0)) } }

  /// Numbers of a decoder at a place.
  ///
  /// - Throws: `StoredTreeError` where there are none.
  private static func floats(
    _ path: String, of tree: StoredTree?
  ) throws -> (values: [Float], shape: [Int]) {
    guard case .floats(let values, let shape)? = tree?.node(at: path) else {
      throw StoredTreeError(
        path: "uns/distfit/decoder/\(path)",
        problem:
          "expected single-precision numbers, found \(tree?.node(at: path)?.kind ?? "nothing"); is this a DGD fit?"
      )
    }
    return (values, shape)
  }

  /// Dense layers numbered from 0 below a place of a decoder.
  ///
  /// - Throws: `StoredTreeError` naming a layer that is damaged.
  static func layers(_ place: String, of tree: StoredTree?) throws -> [DenseWeights<Float>] {
    var layers: [DenseWeights<Float>] = []
    while tree?.node(at: "\(place)/\(layers.count)") != nil {
      let weights = try floats("\(place)/\(layers.count)/weights", of: tree)
      let biases = try floats("\(place)/\(layers.count)/biases", of: tree)
      guard weights.shape.count == 2, weights.shape[0] == biases.values.count,
        !biases.values.isEmpty
      else {
        throw StoredTreeError(
          path: "uns/distfit/decoder/\(place)/\(layers.count)",
          problem: "weights of shape \(weights.shape) do not go with \(biases.values.count) biases")
      }
      layers.append(DenseWeights(weights: weights.values, biases: biases.values))
    }
    return layers
  }

  /// Dense layers as a fit file keeps them, numbered from 0.
  static func storedTree(layers: [DenseWeights<Float>]) -> StoredTree {
    let layers = layers.enumerated().map { index, layer in
      (
        String(index),
        StoredTree.group([
          "weights": .floats(layer.weights, shape: [layer.biases.count, layer.inputCount]),
          "biases": .floats(layer.biases, shape: [layer.biases.count]),
        ])
      )
    }
    return .group(Dictionary(uniqueKeysWithValues: layers))
  }

  var storedTree: StoredTree {
    .group([
      "hidden": Self.storedTree(layers: hidden),
      "output": .group([
        "weights": .floats(weights, shape: [biases.count, weights.count / biases.count]),
        "biases": .floats(biases, shape: [biases.count]),
        "log_dispersions": .floats(logDispersions, shape: [biases.count]),
        "dispersion_form": .string(dispersion.form.rawValue),
      ]),
    ])
  }
}

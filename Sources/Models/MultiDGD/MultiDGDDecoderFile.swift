import Modeling
import Networks

/// A decoder of several modalities as a fit file keeps it: plain arrays that any program can read.
///
///     decoder/trunk/<n>/weights  outputs × inputs        decoder/trunk/<n>/biases  outputs
///     decoder/heads/<m>/…        as the decoder of dgd   decoder/modalities        names of the heads
struct MultiDGDDecoderFile {
  let trunk: [DenseWeights<Float>]
  let heads: [DGDDecoderFile]
  /// Names of the modalities.
  let names: [String]

  /// A decoder as it is written.
  init(_ decoder: DecoderNetwork, names: [String]) {
    trunk = decoder.trunk.dense
    heads = decoder.heads.map(DGDDecoderFile.init)
    self.names = names
  }

  /// The decoder of a fit file.
  ///
  /// - Throws: `StoredTreeError` naming what is missing or has another shape.
  init(_ tree: StoredTree?) throws {
    guard case .strings(let names)? = tree?["modalities"], !names.isEmpty else {
      throw StoredTreeError(
        path: "uns/distfit/decoder/modalities",
        problem: "names no modality; is this a multiDGD fit?")
    }
    self.names = names
    trunk = try DGDDecoderFile.layers("trunk", of: tree)
    heads = try names.indices.map { try DGDDecoderFile(tree?.node(at: "heads/\($0)")) }
  }

  var storedTree: StoredTree {
    .group([
      "modalities": .strings(names), "trunk": DGDDecoderFile.storedTree(layers: trunk),
      "heads": .group(
        Dictionary(
          uniqueKeysWithValues: heads.enumerated().map { (String($0), $1.storedTree) })),
    ])
  }
}

import Modeling
import Networks

/// A decoder of several modalities as a fit file keeps it: plain arrays that any program can read.
///
///     decoder/trunk/<n>/weights  outputs × inputs        decoder/trunk/<n>/biases  outputs
///     decoder/heads/<m>/…        as the decoder of dgd   decoder/modalities        names of the heads
///     decoder/mean_totals        mean total of the cells in each modality, for cells that lack it
struct MultiDGDDecoderFile {
  let trunk: [DenseWeights<Float>]
  let heads: [DGDDecoderFile]
  /// Names of the modalities.
  let names: [String]
  /// Mean total of the cells that have each modality.
  let meanTotals: [Double]

  /// A decoder of these data as it is written.
  init(_ decoder: DecoderNetwork, of data: DataSummary) {
    trunk = decoder.trunk.dense
    heads = decoder.heads.map(DGDDecoderFile.init)
    names = data.modalities.map(\.name)
    meanTotals = data.modalities.map { modality in
      let count = (0..<data.rowCount).count { modality.isPresent($0) }
      return modality.columnTotals.reduce(0, +) / Double(max(count, 1))
    }
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
    guard case .doubles(let totals, _)? = tree?["mean_totals"], totals.count == names.count else {
      throw StoredTreeError(
        path: "uns/distfit/decoder/mean_totals", problem: "expected a number for each modality")
    }
    meanTotals = totals
    trunk = try DGDDecoderFile.layers("trunk", of: tree)
    heads = try names.indices.map { try DGDDecoderFile(tree?.node(at: "heads/\($0)")) }
  }

  var storedTree: StoredTree {
    .group([
      "modalities": .strings(names),
      "mean_totals": .doubles(meanTotals, shape: [meanTotals.count]),
      "trunk": DGDDecoderFile.storedTree(layers: trunk),
      "heads": .group(
        Dictionary(
          uniqueKeysWithValues: heads.enumerated().map { (String($0), $1.storedTree) })),
    ])
  }
}

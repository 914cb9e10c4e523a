import Foundation
import LinearAlgebra
public import Modeling
import Networks
import Probability

extension Autoencoder: DecodingModel {
  /// The decoder of a fit.
  public static func decoder(of fit: StoredTree) throws -> any RowDecoder {
    AutoencoderDecoder(
      file: try AutoencoderFile(of: fit, model: name),
      settings: try Kind.Configuration(storedTree: fit["settings"] ?? .group([:])).common,
      modelName: name)
  }
}

/// Latents to expected counts: μ = s · softmax(out([z; batch])), without zero inflation.
private struct AutoencoderDecoder: RowDecoder {
  let file: AutoencoderFile
  let settings: AutoencoderSettings
  let modelName: String
  /// The batch of every row; empty: the mean of all.
  var batches: [Int32] = []
  let workers = Workers(threadCount: 1)

  var representationName: String { "X_\(modelName)" }
  var scaleName: String { "\(modelName)_library" }
  var latentCount: Int { settings.latent }

  func preparing(for rows: Table, asBatch batch: String?) throws -> any RowDecoder {
    var result = self
    if let batch {
      guard settings.batchKey != nil else {
        throw ModelError("--as-batch: the fit was made without --batch-key and knows no batches")
      }
      guard let code = file.batches.firstIndex(of: batch) else {
        let hint = nearestName(to: batch, among: file.batches).map { "; did you mean \($0)?" } ?? ""
        throw ModelError(
          "--as-batch: the fit has no batch \(batch)\(hint) It has: \(file.batches.prefix(8).joined(separator: ", "))"
        )
      }
      result.batches = Array(repeating: Int32(code), count: rows.count)
    } else {
      result.batches = try file.batchCodes(of: rows, settings)
    }
    return result
  }

  func expectedValues(
    ofRows rows: Range<Int>, representations: [Float], scales: [Float]
  ) -> [Float] {
    let codes = batches.isEmpty ? rows.map { _ in -1 } : Array(batches[rows])
    let network = file.network
    let hidden = network.hidden.forward(
      network.decoderInputs(representations, batches: codes), rowCount: rows.count, on: workers
    ).output
    return network.output.means(
      hidden: hidden, scales: scales, at: network.output.fold(nil), on: workers)
  }

  func expectedValues(representations: [Float], scales: [Float]) -> [Float] {
    expectedValues(ofRows: 0..<scales.count, representations: representations, scales: scales)
  }
}

extension Autoencoder: SamplingModel {
  /// The column of `obs` with each cell's scale.
  public static var scaleName: String { "\(name)_library" }

  /// New cells: latents from their prior, a batch by its share, a scale of a fitted cell, counts from the decoder.
  public static func sampler(
    of fit: StoredTree, columns: Table, scales: [Double], seed: Int
  ) throws -> any RowSampler {
    AutoencoderSampler(
      file: try AutoencoderFile(of: fit, model: name), columns: columns, scales: scales,
      random: RandomSource(seed: UInt64(seed)), modelName: name)
  }
}

/// Cells from a fitted decoder, each keyed by its number.
private struct AutoencoderSampler: RowSampler {
  let file: AutoencoderFile
  let columns: Table
  let scales: [Double]
  let random: RandomSource
  let modelName: String
  let workers = Workers(threadCount: 1)

  func rows(_ range: Range<Int>) -> SimulatedRows {
    let network = file.network
    let L = network.latentCount
    let specification = network.output.specification
    let point = network.output.fold(nil)
    var made = DrawnCounts()
    var latents: [Float] = []
    var codes: [Int32] = []
    for row in range {
      var stream = random.stream("sampled cell", index: row)
      let z = network.latents(of: (0..<L).map { _ in Float(stream.normal()) })
      let batch = stream.index(weights: file.batchShares)
      let group =
        file.batchShares.count == file.dispersionShares.count
          && file.batches == file.dispersionGroups
        ? batch : stream.index(weights: file.dispersionShares)
      let scale = Float(scales[stream.integer(below: scales.count)])
      let hidden = network.hidden.forward(
        network.decoderInputs(z, batches: [Int32(batch)]), rowCount: 1, on: workers
      ).output
      var means = network.output.means(
        hidden: hidden, scales: [scale], at: point, on: workers
      ).map(Double.init)
      if let inflation = network.output.inflation {
        for (gene, logit) in inflation.logits(of: hidden).enumerated()
        where stream.uniform() < sigmoid(Double(logit)) { means[gene] = 0 }
      }
      made.append(
        means,
        specification.likelihood.hasDispersion
          ? means.indices.map { exp(Double(network.output.logDispersions[$0, group])) } : [],
        from: &stream)
      latents += z
      codes.append(Int32(batch))
    }
    return SimulatedRows(
      table: Table(
        names: range.map { "sample\($0)" },
        columns: [
          NamedColumn(
            "\(modelName)_batch",
            .categories(codes: codes, names: file.batches, isOrdered: false))
        ]),
      columnIndices: made.columns, counts: made.counts,
      matrices: [NamedMatrix("X_\(modelName)", width: L, elements: latents)])
  }
}

extension FoldedLinear<Float> {
  /// The outputs for one row of inputs, evaluating.
  fileprivate func logits(of inputs: [Float]) -> [Float] {
    let stride = inputCount + 1
    var effective = [Float](repeating: 0, count: outputCount * stride)
    fold(by: nil, into: &effective, stride: stride)
    return (0..<outputCount).map { g in
      inputs.indices.reduce(effective[g * stride + inputCount]) {
        $0 + effective[g * stride + $1] * inputs[$1]
      }
    }
  }
}

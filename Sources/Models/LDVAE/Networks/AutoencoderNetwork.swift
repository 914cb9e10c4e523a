package import Networks
import Probability
import RealModule

/// The networks of an autoencoder: from counts to the distributions of their latents, and from latents to the
/// distribution of counts.
///
///     z ~ q(z | x)      ℓ ~ q(ℓ | x), or the log total      h = hidden([z; batch])      x ~ p(x | e^ℓ softmax(out(h)))
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | L, B | latents, batches (0 where there is one) | | `latentCount`, `batchCount` |
/// | q(z \| x) | encoder of the latents | | `encoder` |
/// | q(ℓ \| x) | encoder of the log library; nil: observed | | `libraryEncoder` |
/// | hidden | hidden layers of the decoder; none: linear | | `hidden` |
/// | out | W, its normalisation or levels, dispersions | G × H | `output` |
package struct AutoencoderNetwork<Scalar: NetworkScalar>: Codable, Sendable {
  /// B, or 0 where there is one batch.
  package let batchCount: Int
  /// Whether z is the softmax of normal numbers.
  package let isLogisticNormal: Bool
  /// From counts to latents.
  package var encoder: CountEncoder<Scalar>
  /// From counts to the log library; nil: it is observed.
  package var libraryEncoder: CountEncoder<Scalar>?
  /// Hidden layers of the decoder.
  package var hidden: Networks.Network<Scalar>
  /// The output layer.
  package var output: FoldedOutput<Scalar>
  /// Steps of Adam.
  package var stepCount = 0

  /// Networks of these parts.
  package init(
    batchCount: Int, isLogisticNormal: Bool, encoder: CountEncoder<Scalar>,
    libraryEncoder: CountEncoder<Scalar>?, hidden: Networks.Network<Scalar>,
    output: FoldedOutput<Scalar>
  ) {
    self.batchCount = batchCount
    self.isLogisticNormal = isLogisticNormal
    self.encoder = encoder
    self.libraryEncoder = libraryEncoder
    self.hidden = hidden
    self.output = output
  }

  /// The number of latent dimensions, L.
  package var latentCount: Int { encoder.dimension }

  /// What the decoder takes: latents, then the batch as B numbers, all 1/B where it is not known.
  func decoderInputs(_ latents: [Scalar], batches: [Int32]) -> [Scalar] {
    guard batchCount > 0 else { return latents }
    let L = latentCount
    var inputs: [Scalar] = []
    inputs.reserveCapacity(batches.count * (L + batchCount))
    for (row, code) in batches.enumerated() {
      inputs += latents[row * L..<(row + 1) * L]
      for batch in 0..<batchCount {
        inputs.append(code < 0 ? 1 / Scalar(batchCount) : Int(code) == batch ? 1 : 0)
      }
    }
    return inputs
  }

  /// z of normal numbers.
  func latents(of normal: [Scalar]) -> [Scalar] {
    guard isLogisticNormal else { return normal }
    let L = latentCount
    return stride(from: 0, to: normal.count, by: L).flatMap { start in
      softmax(normal[start..<start + L].map { Double($0) }).map { Scalar($0) }
    }
  }

  /// ∂ loss/∂ normal numbers from ∂ loss/∂ z.
  func normalGradient(_ gradient: [Scalar], latents: [Scalar]) -> [Scalar] {
    guard isLogisticNormal else { return gradient }
    let L = latentCount
    var result = gradient
    for start in stride(from: 0, to: gradient.count, by: L) {
      var mean: Scalar = 0
      for k in start..<start + L { mean += gradient[k] * latents[k] }
      for k in start..<start + L { result[k] = latents[k] * (gradient[k] - mean) }
    }
    return result
  }

  /// The scale of each row: the total, or e to a log library.
  func scales(_ totals: [Scalar], _ logLibraries: [Scalar]?) -> [Scalar] {
    logLibraries.map { $0.map { Scalar.exp($0) } } ?? totals
  }

  /// The rows as the output layer takes them.
  func outputBatch(
    _ batch: CellBatch<Scalar>, hidden: [Scalar], scales: [Scalar]
  ) -> OutputBatch<Scalar> {
    var result = OutputBatch(
      hidden: hidden, scales: scales, values: batch.counts, groups: batch.groups)
    if output.specification.dispersion.groupCount > 1 {
      result.dispersionGroups = batch.dispersionGroups
    }
    return result
  }

  /// Lends the parameters of every part, in the order of `AutoencoderGradient.byParts`.
  package mutating func withEachParameters(
    _ body: (_ part: String, inout Parameters<Scalar>) -> Void
  ) {
    body("first layer of the encoder", &encoder.first.parameters)
    encoder.rest.withEachParameters { body("encoder", &$0) }
    if var library = libraryEncoder {
      body("first layer of the library's encoder", &library.first.parameters)
      library.rest.withEachParameters { body("library's encoder", &$0) }
      libraryEncoder = library
    }
    hidden.withEachParameters { body("hidden layers of the decoder", &$0) }
    body("output layer", &output.mean.parameters)
    if var inflation = output.inflation {
      body("zero inflation", &inflation.parameters)
      output.inflation = inflation
    }
    if output.specification.likelihood.hasDispersion {
      body("dispersions", &output.logDispersions)
    }
  }

  /// The networks without the moments of their optimiser.
  package var withoutMoments: AutoencoderNetwork {
    var result = self
    result.withEachParameters { $1 = $1.with(values: $1.values) }
    return result
  }
}

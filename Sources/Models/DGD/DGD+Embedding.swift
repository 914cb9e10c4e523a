import LinearAlgebra
public import Modeling
import Networks
import Probability

extension DGDModel: EmbeddingModel {
  /// A fitted model whose cells are all new: best component first, then gradient steps on representations.
  ///
  /// - Throws: where the fit is not of DGD, is damaged, or has other genes than the data.
  public init(fit: StoredTree, for data: DataSummary, steps: Int?) throws {
    let file = try DGDFitFile(fit)
    var configuration = file.configuration
    configuration.embeddingSteps = steps ?? configuration.embeddingSteps
    // The classes of the fit's cells say nothing about new cells.
    configuration.labels = nil
    configuration.supervised = false
    configuration.components = file.mixture?.componentCount ?? 0
    guard data.columnCount == file.decoder.biases.count else {
      throw ModelError(
        "the fit has \(file.decoder.biases.count) genes, the data \(data.columnCount)")
    }
    self.init(configuration, data: data, fit: file)
  }

  /// The state of a fitted model: its parameters, the new cells first in line.
  func fittedStart(_ file: DGDFitFile) -> DGDShared<Hidden, Output> {
    let prior =
      file.prior
      ?? GaussianMixturePrior(
        radius: 1, hardness: 1, sigma: 1, spread: 1, concentration: 1)
    var shared = DGDShared(
      phase: .testing(steps: 0), hidden: file.hidden(Hidden.self), output: file.output(Output.self),
      mixture: file.mixture, mixturePrior: prior, mixtureMoments: [[], []])
    shared.projection = file.projection
    return shared
  }
}

extension DGDModel: DecodingModel {
  /// The decoder of a fit.
  public static func decoder(of fit: StoredTree) throws -> any RowDecoder {
    let file = try DGDFitFile(fit)
    return FittedDecoder(
      hidden: file.hidden(Hidden.self), output: file.output(Output.self),
      latentCount: file.configuration.latent)
  }
}

/// Representations to expected counts: μ = s · activation(W h(z) + b).
private struct FittedDecoder<Hidden: HiddenLayers, Output: OutputLayer>: RowDecoder
where Hidden.Scalar == Output.Scalar {
  let hidden: Hidden
  let output: Output
  let latentCount: Int
  let workers = Workers(threadCount: 1)
  var representationName: String { "X_dgd" }
  var scaleName: String { "dgd_scale" }

  func expectedValues(representations: [Float], scales: [Float]) -> [Float] {
    let inputs = representations.map { Output.Scalar($0) }
    let activations = hidden.forward(inputs, rowCount: scales.count, on: workers)
    return output.means(
      hidden: activations.output, scales: scales.map { Output.Scalar($0) }, on: workers
    ).map { Float($0) }
  }
}

extension DGDModel: SamplingModel {
  /// New cells: a component by its weight, a representation from it, a scale of a fitted cell, counts from the
  /// decoder's negative binomial.
  public static func sampler(
    of fit: StoredTree, columns: Table, scales: [Double], seed: Int
  ) throws -> any RowSampler {
    let file = try DGDFitFile(fit)
    guard let mixture = file.mixture else {
      throw ModelError("a fit without a mixture (--components 0) has nothing to sample from")
    }
    guard file.configuration.likelihood == .negativeBinomial else {
      throw ModelError("only fits of counts can be sampled: this one has real values")
    }
    return MixtureSampler(
      mixture: mixture, names: file.componentNames, decoder: try decoder(of: fit),
      dispersions: file.decoder.logDispersions.map(Double.init), columns: columns,
      scales: scales, random: RandomSource(seed: UInt64(seed)))
  }
}

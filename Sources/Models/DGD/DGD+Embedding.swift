public import Concurrency
public import Modeling
import Networks
import Probability
import Sums

extension DGD: EmbeddingModel {
  /// What represents new cells by a fit: a place to start from, then gradient steps on representations.
  ///
  /// - Throws: where the fit is not of DGD, is damaged, or has other genes than the data.
  public static func embedding(
    of fit: StoredTree, for data: DataSummary, steps: Int?
  ) throws -> DGDRowEmbedding {
    let file = try DGDFitFile(fit)
    guard data.columnCount == file.decoder.biases.count else {
      throw ModelError(
        "the fit has \(file.decoder.biases.count) genes, the data \(data.columnCount)")
    }
    return try DGDRowEmbedding(file, data, steps: steps)
  }
}

/// Represents new cells by a fit of DGD.
public struct DGDRowEmbedding: RowEmbedding {
  private let configuration: DGDConfiguration
  private let architecture: DGDArchitecture
  private let embedding: DGDEmbedding
  /// Where cells start; nil: at the component that explains them best.
  private let projection: SpectralProjection?
  /// The fit's model without latents; nil where it has none.
  private let profile: MeanProfile?
  /// What the fit's training cells lose as a part of that; nil where it is not known.
  private let lossRatio: Double?
  private let componentNames: [String]

  init(_ file: DGDFitFile, _ data: DataSummary, steps: Int?) throws(ModelError) {
    var configuration = file.configuration
    configuration.embeddingSteps = steps ?? configuration.embeddingSteps
    // The classes of the fit's cells say nothing about new cells.
    configuration.labels = nil
    configuration.supervised = false
    configuration.componentsAreLabels = false
    configuration.components = file.mixture?.componentCount ?? 0
    self.configuration = configuration
    architecture = try DGDArchitecture(configuration, data)
    embedding = DGDEmbedding(
      decoder: file.network(), spaces: [file.space],
      optimizers: architecture.spaces.map(\.training.representations),
      rowLimit: configuration.batch)
    projection = file.projection
    profile = file.profile
    lossRatio = file.lossRatio
    componentNames = file.componentNames
  }

  /// The fit's settings, without what concerns the fitted cells alone.
  public var settings: StoredTree { configuration.storedTree }

  /// Cells with representations at zero.
  public func lane(from rows: RowData) throws(ModelError) -> DGDLane {
    var uses = DGDLane.Uses()
    uses.test = Array(0..<rows.rows.count)
    return architecture.lane(from: rows, uses: uses)
  }

  /// Represents the cells of some lanes, then measures their losses.
  ///
  /// Local.
  public func represent(
    _ lanes: inout [DGDLane], on workers: Workers, progress: (String) -> Void
  ) {
    let rows = lanes.map(\.uses.test)
    if configuration.embeddingStart == .best {
      let longest = rows.map(\.count).max() ?? 0
      for first in stride(from: 0, to: longest, by: 64) {
        progress("\(first) of \(longest) of a lane")
        _ = embedding.converge(
          &lanes, rows.map { Array($0.dropFirst(first).prefix(64)) }, from: projection,
          limit: configuration.embeddingSteps, on: workers)
      }
    } else {
      takeFixedSteps(&lanes, rows, on: workers, progress: progress)
    }
    embedding.measure(&lanes, on: workers)
  }

  /// As published: from one start, a number of steps of the training's optimiser.
  private func takeFixedSteps(
    _ lanes: inout [DGDLane], _ rows: [[Int]], on workers: Workers, progress: (String) -> Void
  ) {
    if let projection, configuration.embeddingStart == .projection {
      embedding.place(&lanes, rows, by: projection)
    } else {
      embedding.placeAtBestComponents(&lanes, rows, on: workers)
    }
    for step in 0..<configuration.embeddingSteps {
      progress("step \(step + 1) of \(configuration.embeddingSteps)")
      var sums = PartialSums([embedding.lossBlock])
      let outcome = embedding.differentiate(&lanes, rows, into: &sums, on: workers)
      embedding.move(&lanes, outcome.movable, steps: [step + 1])
    }
  }

  /// The component of each cell with its probability, its representation, its loss.
  public func output(_ lane: DGDLane) -> RowOutput {
    architecture.rowOutput(
      lane, embedding.spaces, componentNames: [componentNames],
      profiles: profile.map { [$0] } ?? [])
  }

  /// −log p(x | z) of each cell.
  public func losses(_ lane: DGDLane) -> [Double] { lane.saved.losses[0] }

  /// The losses by the model without latents, times the part of them that the training cells lose.
  public func expectedLosses(_ lane: DGDLane) -> [Double] {
    guard let profile, let lossRatio else { return [] }
    return lane.profileLosses(profile, ofHead: 0).map { $0 * lossRatio }
  }
}

extension DGD: DecodingModel {
  /// The decoder of a fit.
  public static func decoder(of fit: StoredTree) throws -> any RowDecoder {
    let file = try DGDFitFile(fit)
    return FittedDecoder(decoder: file.network(), latentCount: file.configuration.latent)
  }
}

/// Representations to expected counts: μ = s · activation(W h(z) + b).
private struct FittedDecoder: RowDecoder {
  let decoder: DecoderNetwork
  let latentCount: Int
  let workers = Workers(threadCount: 1)
  var representationName: String { "X_dgd" }
  var scaleName: String { "dgd_scale" }

  func expectedValues(representations: [Float], scales: [Float]) -> [Float] {
    let hidden = decoder.hidden(
      representations, rowCount: scales.count, head: 0, on: workers)
    return decoder.heads[0].output.means(hidden: hidden, scales: scales, on: workers)
  }
}

extension DGD: SamplingModel {
  /// The column of `obs` with what each cell's profile is multiplied by: `dgd_scale`.
  public static var scaleName: String { "dgd_scale" }

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
      dispersions: file.decoder.dispersions, columns: columns,
      scales: scales, random: RandomSource(seed: UInt64(seed)))
  }
}

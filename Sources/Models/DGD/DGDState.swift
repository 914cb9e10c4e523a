/// What everyone shares of a DGD fit between two steps.
public struct DGDShared: Codable, Sendable {
  /// What the next step does.
  public var phase: DGDPhase
  /// Epochs of training that are complete.
  public var epoch = 0
  /// Minibatches of this epoch that are done.
  public var batch = 0
  /// The networks with their Adam moments.
  public var decoder: DecoderNetwork
  /// The latent spaces; a row's representations in all of them side by side are the decoder's input.
  public var spaces: [LatentSpace]
  /// The spectral start on its way; nil before and after.
  public var start: SpectralStart?
  /// How cells outside training are placed; nil without a spectral start.
  public var projection: SpectralProjection?
  /// The model without latents of every head, one without genes for a head that has no counts; none before it is
  /// needed.
  var profiles: [MeanProfile] = []
  /// What the training cells lose at the end, as a part of what they lose by the model without latents; nil before,
  /// and without counts.
  public var lossRatio: Double?
  /// Sums over the epoch so far.
  public var epochSums: DGDLossSums
  /// The best validation loss per cell so far and its epoch.
  public var best: DGDBest?
}

/// The stages of a fit.
public enum DGDPhase: Codable, Sendable, Equatable {
  /// Principal components and the mixture fitted to them.
  case starting
  /// The model without latents, where dispersions start.
  case profiling
  /// A minibatch of training cells is next.
  case training
  /// Validation cells are next; the epoch ends.
  case validating
  /// Cells kept for the test get their representations: steps done.
  case testing(steps: Int)
  /// Losses of all cells, for the evaluation; then the fit is over.
  case measuring
}

/// Losses summed over some rows, with the number of rows.
public struct DGDLossSums: Codable, Sendable, Equatable {
  /// Σ −log p(x | z) for each head.
  public var data: [Double]
  /// Σ −log p(z) for each latent space.
  public var mixtures: [Double]
  /// How many rows the losses are of.
  public var rows = 0
  /// Rows that have the kind of data of each head.
  public var rowsOfHeads: [Int]

  /// Where the numbers stand in a block of sums: data, mixtures, rows, and with several heads the rows of each.
  struct Layout {
    let headCount: Int
    let spaceCount: Int

    var count: Int { headCount + spaceCount + 1 + (headCount > 1 ? headCount : 0) }
    var rows: Int { headCount + spaceCount }
    func mixture(_ space: Int) -> Int { headCount + space }
    func rows(ofHead head: Int) -> Int { headCount > 1 ? rows + 1 + head : rows }
  }

  /// Sums of no rows yet.
  init(_ layout: Layout) {
    self.init(Array(repeating: 0, count: layout.count), layout)
  }

  /// The sums of a block of that layout.
  init(_ values: [Double], _ layout: Layout) {
    data = Array(values[..<layout.headCount])
    mixtures = Array(values[layout.headCount..<layout.rows])
    rows = Int(values[layout.rows])
    rowsOfHeads = (0..<layout.headCount).map { Int(values[layout.rows(ofHead: $0)]) }
  }

  static func += (sums: inout DGDLossSums, other: DGDLossSums) {
    for index in sums.data.indices {
      sums.data[index] += other.data[index]
      sums.rowsOfHeads[index] += other.rowsOfHeads[index]
    }
    for index in sums.mixtures.indices { sums.mixtures[index] += other.mixtures[index] }
    sums.rows += other.rows
  }
}

/// The best epoch so far, and the last that was better by enough to go on for.
public struct DGDBest: Codable, Sendable {
  /// Validation loss per cell of the best epoch.
  public var loss: Double
  /// The best epoch, from 1.
  public var epoch: Int
  /// The loss that the next must be better than by enough.
  public var markLoss: Double
  /// The epoch, from 1, in which `markLoss` was reached.
  public var markEpoch: Int
  /// The decoder at the end of the best epoch; nil where the last epoch's is wanted.
  public var decoder: DecoderNetwork?
  /// The latent spaces there.
  public var spaces: [LatentSpace] = []
}

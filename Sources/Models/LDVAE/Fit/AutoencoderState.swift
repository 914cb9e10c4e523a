public import Modeling

/// One lane's cells.
public struct AutoencoderLane: LaneState {
  /// The rows of the whole data.
  public let rows: Range<Int>
  /// The counts of the lane's cells, cells × genes.
  let counts: CompressedCounts
  /// The total of each.
  let totals: [Double]
  /// The batch of each; −1: the mean of all.
  let batches: [Int32]
  /// Whose dispersions each has.
  let dispersionGroups: [Int32]
  /// Positions of the cells that train.
  let train: [Int]
  /// Positions of the cells that validate.
  let validation: [Int]
  /// What was measured at the end.
  public var saved = Saved()
  /// The order of the training cells in this epoch, made anew from keyed numbers when the epoch changes.
  var order: (epoch: Int, positions: [Int]) = (-1, [])

  /// What a checkpoint keeps: what the end of the fit has measured, nothing before.
  public struct Saved: Codable, Sendable {
    /// Means and variances of the latents, cells × L.
    var means: [Float] = []
    var variances: [Float] = []
    /// The scale of each cell.
    var libraries: [Double] = []
    /// Mean of −log p(x | z, ℓ) over draws, by cell.
    var reconstruction: [Double] = []
    /// KL of latents and library, by cell.
    var divergence: [Double] = []
    /// −log p(x) by importance sampling.
    var marginal: [Double] = []
    /// −log p(x) without latents: mean profile × total.
    var null: [Double] = []
  }
}

/// The stages of a fit.
public enum AutoencoderPhase: Codable, Sendable, Equatable {
  /// The mean profile, its dispersions, the libraries of the batches.
  case starting
  /// A minibatch is next.
  case training
  /// Validation cells are next; the epoch ends.
  case validating
  /// What each factor is worth; factors are put into order.
  case ordering
  /// Figures of all cells; then the fit is over.
  case measuring
}

/// What everyone shares of a fit between two steps.
public struct AutoencoderState: Codable, Sendable {
  /// What the next step does.
  var phase = AutoencoderPhase.starting
  /// Epochs that are complete.
  var epoch = 0
  /// Minibatches of this epoch that are done.
  var batch = 0
  /// The networks with their moments.
  var network: AutoencoderNetwork<Float>
  /// Prior of the log library of each batch.
  var libraryPriors: [NormalPrior] = []
  /// The model without latents; nil before the start.
  var null: MeanProfile?
  /// Sums over the epoch so far.
  var epochSums = AutoencoderLosses()
  /// The best validation bound so far.
  var best: AutoencoderBest?
  /// Deviance lost when each factor is zeroed, by cell, strongest first; empty before the end.
  var strengths: [Double] = []
}

/// The best epoch so far.
struct AutoencoderBest: Codable, Sendable {
  /// −ELBO a validation cell.
  var bound: Double
  /// Its epoch, from 1.
  var epoch: Int
  /// The networks then, without moments.
  var network: AutoencoderNetwork<Float>
}

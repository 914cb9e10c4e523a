public import Modeling
public import Networks
public import Probability

/// What everyone shares of a DGD fit between two steps.
public struct DGDShared<Hidden: HiddenLayers, Output: OutputLayer>: Codable, Sendable
where Hidden.Scalar == Output.Scalar {
  /// What the next step does.
  public var phase: DGDPhase
  /// Epochs of training that are complete.
  public var epoch = 0
  /// Minibatches of this epoch that are done.
  public var batch = 0
  /// Hidden layers with their Adam moments.
  public var hidden: Hidden
  /// Output layer with its Adam moments.
  public var output: Output
  /// Steps of the decoder's Adam.
  public var decoderSteps = 0
  /// The mixture over representations; nil without a prior.
  public var mixture: GaussianMixture?
  /// The mixture's prior.
  public var mixturePrior: GaussianMixturePrior
  /// Adam moments of the mixture: first, then second.
  public var mixtureMoments: [[Double]]
  /// Steps of the mixture's Adam.
  public var mixtureSteps = 0
  /// Steps of the representations' optimiser.
  public var representationSteps = 0
  /// The spectral start on its way; nil before and after.
  public var start: SpectralStart?
  /// How cells outside training are placed; nil without a spectral start.
  public var projection: SpectralProjection?
  /// Sums over the epoch so far: loss of the data, of the mixture, rows.
  public var epochSums = DGDEpochSums()
  /// The best validation loss per cell so far and its epoch.
  public var best: DGDBest?
}

/// The stages of a fit.
public enum DGDPhase: Codable, Sendable, Equatable {
  /// Principal components and the mixture fitted to them.
  case starting
  /// A minibatch of training cells is next.
  case training
  /// Validation cells are next; the epoch ends.
  case validating
  /// Cells kept for the test get their representations: steps done.
  case testing(steps: Int)
  /// Losses of all cells, for the evaluation; then the fit is over.
  case measuring
}

/// Sums over an epoch.
public struct DGDEpochSums: Codable, Sendable, Equatable {
  /// Σ −log p(x | z).
  public var data = 0.0
  /// Σ −log p(z).
  public var mixture = 0.0
  /// Training cells gone through.
  public var rows = 0
}

/// The best epoch so far.
public struct DGDBest: Codable, Sendable, Equatable {
  /// Validation loss per cell.
  public var loss: Double
  /// Its epoch, from 1.
  public var epoch: Int
}

/// One lane's cells: data, and representations with their optimiser's moments.
public struct DGDLane<Scalar: NetworkScalar>: LaneState {
  /// The rows of the whole data.
  public let rows: Range<Int>
  /// Values, one row a cell.
  public let matrix: RowMatrix
  /// s: what a cell's profile is multiplied by.
  public let scales: [Scalar]
  /// Positions within the lane of the cells of each use.
  public let trainRows: [Int]
  /// See `trainRows`.
  public let validationRows: [Int]
  /// See `trainRows`.
  public let testRows: [Int]
  /// Class of each cell, −1 without; empty when not supervised.
  public let labels: [Int32]
  /// Representations and moments.
  public var saved: Saved
  /// The order of the training cells in this epoch, made anew from keyed numbers when the epoch changes.
  var order: (epoch: Int, positions: [Int]) = (-1, [])

  /// A lane.
  package init(
    rows: Range<Int>, matrix: RowMatrix, scales: [Scalar], trainRows: [Int],
    validationRows: [Int], testRows: [Int], labels: [Int32], saved: Saved
  ) {
    self.rows = rows
    self.matrix = matrix
    self.scales = scales
    self.trainRows = trainRows
    self.validationRows = validationRows
    self.testRows = testRows
    self.labels = labels
    self.saved = saved
  }

  /// What a checkpoint keeps.
  public struct Saved: Codable, Sendable {
    /// z: cells × L, row-major.
    public var representations: [Scalar]
    /// Gradients of this epoch.
    public var gradients: [Scalar]
    /// First moments, or velocities.
    public var firstMoments: [Scalar]
    /// Second moments.
    public var secondMoments: [Scalar]
    /// −log p(x | z) of each cell at the end of the fit; NaN before.
    public var losses: [Double]
    /// Mean squared difference of counts and expected counts, likewise.
    public var squaredErrors: [Double]

    /// Zeros for so many cells.
    init(cells: Int, latent: Int) {
      representations = Array(repeating: 0, count: cells * latent)
      losses = Array(repeating: .nan, count: cells)
      squaredErrors = losses
      gradients = representations
      firstMoments = representations
      secondMoments = representations
    }
  }
}

public import Modeling

/// One lane's cells: data, and representations with their optimiser's moments.
public struct DGDLane: LaneState {
  /// One kind of data of the lane's cells.
  public struct Values: Sendable {
    /// The values of the cells that have it.
    public let matrix: RowMatrix
    /// s: what the profile of a row of the matrix is multiplied by.
    public let scales: [Float]
    /// The row of the matrix of each cell, −1 where this kind of data is missing; empty: row for row.
    let places: [Int32]

    /// Values; `places` as the property says.
    package init(matrix: RowMatrix, scales: [Float], places: [Int32] = []) {
      self.matrix = matrix
      self.scales = scales
      self.places = places
    }

    /// The values for a spectral start.
    var startBlock: StartValues.Block { StartValues.Block(matrix: matrix, places: places) }

    /// The row of the matrix of a cell; −1 where this kind of data is missing.
    func place(of position: Int) -> Int { places.isEmpty ? position : Int(places[position]) }
  }

  /// Which positions of a lane do what.
  package struct Uses: Sendable {
    /// Cells that train the decoder.
    package var train: [Int] = []
    /// Cells that tell when to stop.
    package var validation: [Int] = []
    /// Cells that are touched when all is trained; of a fit that is used, all.
    package var test: [Int] = []

    /// Nobody does anything.
    package init() {}

    /// Positions of the cells of one use.
    package subscript(use: RowUse) -> [Int] {
      switch use {
      case .train: train
      case .validation: validation
      case .test: test
      }
    }
  }

  /// The rows of the whole data.
  public let rows: Range<Int>
  /// The values, for each head of the decoder.
  public let values: [Values]
  /// What each cell is for.
  package let uses: Uses
  /// For each latent space the class of each cell, −1 without one; empty where no class owns components.
  package let labels: [[Int32]]
  /// Representations and moments.
  public var saved: Saved
  /// The order of the training cells in this epoch, made anew from keyed numbers when the epoch changes.
  var order: (epoch: Int, positions: [Int]) = (-1, [])

  /// A lane with its data and representations before the first step.
  package init(
    rows: Range<Int>, values: [Values], uses: Uses, labels: [[Int32]], saved: Saved
  ) {
    self.rows = rows
    self.values = values
    self.uses = uses
    self.labels = labels
    self.saved = saved
  }

  /// The values of all kinds for a spectral start.
  var startValues: StartValues { StartValues(blocks: values.map(\.startBlock)) }

  /// What a checkpoint keeps.
  public struct Saved: Codable, Sendable {
    /// Representations in each latent space.
    public var spaces: [Representations]
    /// Representations at the end of the best epoch; empty where the last epoch's are wanted.
    public var best: [[Float]] = []
    /// −log p(x | z) of each cell at the end of the fit, for each head; NaN before, and where it lacks the data.
    public var losses: [[Double]]
    /// Mean squared difference of values and expected values, likewise.
    public var squaredErrors: [[Double]]
    /// How counts lie about their expected values, likewise.
    public var calibrations: [CountCalibration]

    /// Zeros for so many cells.
    init(cells: Int, dimensions: [Int], headCount: Int) {
      spaces = dimensions.map { Representations(rowCount: cells, dimension: $0) }
      losses = Array(repeating: Array(repeating: .nan, count: cells), count: headCount)
      squaredErrors = losses
      calibrations = Array(repeating: CountCalibration(rowCount: cells), count: headCount)
    }
  }
}

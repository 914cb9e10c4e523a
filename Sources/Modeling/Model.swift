public import Concurrency
public import Optimization
public import Sums

/// A latent-variable or graphical model that can be fitted: a state that can take a step.
///
/// A model says what one lane of rows does and what everyone sums. It never learns of ranks; distribution,
/// checkpoints, files, flags and progress are done for it.
///
/// A *row* is an observation (cell, sample), a *column* a feature (gene), a *lane* a fixed contiguous share
/// of the rows that never depends on the number of ranks.
public protocol Model: Sendable {
  /// Every setting: a field with a default and a sentence.
  associatedtype Configuration: ModelConfiguration
  /// Parameters, their moments, counters: the same bits on every rank.
  associatedtype Shared: Codable & Sendable
  /// One lane's data and per-row parameters with their moments.
  associatedtype Lane: LaneState

  /// The published name in lower case: `dgd`. It stands in commands and files.
  static var name: String { get }
  /// What it is, in one sentence.
  static var summary: String { get }

  /// All arrays of floating-point numbers of the shared state, each once: what messages name.
  static var parameters: [ModelParameter] { get }

  /// A model of data of this shape.
  ///
  /// Local; the same on every rank.
  /// - Throws: `ModelError` where settings and data do not go together.
  init(_ configuration: Configuration, for data: DataSummary) throws(ModelError)

  /// The settings it was made with.
  var configuration: Configuration { get }

  /// How many lanes so many rows are cut into: the most ranks that can help. 64 unless the model says otherwise.
  static func laneCount(_ configuration: Configuration, rowCount: Int) -> Int
  /// What the model is fitted to. Counts unless the model says otherwise.
  static func values(_ configuration: Configuration) -> ValueKind
  /// How many modalities of the data it takes. One unless the model says otherwise.
  static func modalities(_ configuration: Configuration) -> ModalityRequest
  /// What is to be read besides the values. Nothing unless the model says otherwise.
  static func attachments(_ configuration: Configuration) -> Attachments

  /// Whether rows, and genotypes, stay outside of memory, to be read piece by piece. No, unless the model says otherwise.
  static func keepsDataOnDisk(_ configuration: Configuration) -> Bool

  /// The state of one lane before the first step.
  ///
  /// Local.
  /// - Throws: `ModelError` where a row cannot be modelled.
  func lane(from rows: RowData) throws(ModelError) -> Lane

  /// The state of one lane before the first step, its rows outside of memory (`keepsDataOnDisk`).
  /// Reads them all, unless the model says otherwise.
  func lane(rows: Range<Int>, from counts: StoredCounts) throws(ModelError) -> Lane

  /// The shared state before the first step.
  ///
  /// Local; the same on every rank.
  func start() -> Shared

  /// Takes one step: a minibatch, an EM iteration, an optimiser's step.
  ///
  /// Collective, through `everyone` only.
  /// - Parameter lanes: the lanes of this rank, possibly none.
  /// - Throws: the fault of a sum, before anything has moved that the sum is about: the fit ends with the last good
  ///   state.
  func step<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: inout [Lane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport

  /// What the fit says about the rows of one lane, in the lane's order.
  ///
  /// Local.
  func rowOutput(_ shared: Shared, _ lane: Lane) -> RowOutput

  /// What the fit says about columns and as a whole.
  ///
  /// Local; the same on every rank.
  func sharedOutput(_ shared: Shared) -> SharedOutput
}

/// What the values of the data are.
public enum ValueKind: Sendable {
  /// Whole numbers from 0 on.
  case counts
  /// Real numbers of either sign.
  case reals
}

extension Model {
  /// 64, or a lane a row.
  public static func laneCount(_ configuration: Configuration, rowCount: Int) -> Int {
    min(64, max(1, rowCount))
  }

  /// Whole numbers from 0 on, unless the model says otherwise.
  public static func values(_ configuration: Configuration) -> ValueKind { .counts }

  /// One modality, unless the model says otherwise.
  public static func modalities(_ configuration: Configuration) -> ModalityRequest { .one }

  /// No columns of `obs` and no matrices of `obsm`, unless the model says otherwise.
  public static func attachments(_ configuration: Configuration) -> Attachments { Attachments() }

  /// Reads the rows of the lane and keeps them in memory.
  public func lane(rows: Range<Int>, from counts: StoredCounts) throws(ModelError) -> Lane {
    try lane(
      from: RowData(rows: rows, matrix: .counts(counts.rows(Array(0..<counts.rowCount)))))
  }

  /// Data stay in memory, unless the model says otherwise.
  public static func keepsDataOnDisk(_ configuration: Configuration) -> Bool { false }
}

/// One lane's data and state.
public protocol LaneState: Sendable {
  /// What a checkpoint must keep: per-row parameters and moments, not data.
  associatedtype Saved: Codable & Sendable
  /// The rows of the lane, as indices into the whole data.
  var rows: Range<Int> { get }
  /// What a checkpoint keeps; setting it continues from there.
  var saved: Saved { get set }
}

/// What a step did.
public struct StepReport: Sendable {
  /// A number worth a place in the progress line and the history.
  public struct Measure: Sendable, Equatable {
    /// A short name: `loss`.
    public let name: String
    /// The number, as it stands in the history.
    public let value: Double

    /// A named number.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// Where the fit stands, for a person: `epoch 12 of 200`.
  public var stage: String
  /// How much of the plan is done, 0…1.
  public var progress: Double
  /// Rows that the step went through, over all ranks.
  public var rowsProcessed: Int
  /// Whether the step ended an epoch (or the like): measures are complete, the history grows by a line.
  public var endsEpoch: Bool
  /// Numbers of this epoch; empty between epochs.
  public var measures: [Measure]
  /// A remark worth a log line: what a phase found, a decision taken.
  public var remark: String?
  /// Set by the last step.
  public var termination: Termination?
  /// Set where the data turned out to be none that can be fitted, the same on every rank: the job ends with this
  /// line and writes no fit.
  public var failure: ModelError?

  /// A report of a step; measures, remark and ending where there are such.
  public init(
    stage: String, progress: Double, rowsProcessed: Int, endsEpoch: Bool,
    measures: [Measure] = [], remark: String? = nil, termination: Termination? = nil,
    failure: ModelError? = nil
  ) {
    self.stage = stage
    self.progress = progress
    self.rowsProcessed = rowsProcessed
    self.endsEpoch = endsEpoch
    self.measures = measures
    self.remark = remark
    self.termination = termination
    self.failure = failure
  }
}

/// What a fit says about rows: columns of `obs`, matrices of `obsm`.
public struct RowOutput: Sendable {
  /// New columns of `obs`.
  public var columns: [NamedColumn]
  /// New matrices of `obsm`.
  public var matrices: [NamedMatrix]

  /// Output for rows.
  public init(columns: [NamedColumn] = [], matrices: [NamedMatrix] = []) {
    self.columns = columns
    self.matrices = matrices
  }
}

/// What a fit says about the columns of one of several modalities.
public struct ColumnOutput: Sendable {
  /// New columns of its `var`.
  public var columns: [NamedColumn]
  /// New matrices of its `varm`.
  public var matrices: [NamedMatrix]

  /// Output for columns.
  public init(columns: [NamedColumn] = [], matrices: [NamedMatrix] = []) {
    self.columns = columns
    self.matrices = matrices
  }
}

/// What a fit says about columns and as a whole.
public struct SharedOutput: Sendable {
  /// New columns of `var`.
  public var columns: [NamedColumn]
  /// New matrices of `varm`.
  public var matrices: [NamedMatrix]
  /// What it says about pairs of rows or columns; nil for most models.
  public var networks: NetworkOutput?
  /// Members of `uns['distfit']` beside settings and history: all that is needed to use the fit.
  public var parameters: StoredTree
  /// What the fit says about another kind of observations, such as donors and variants; written where the
  /// fit file is a MuData file (`.h5mu`).
  public var modality: ModalityOutput?
  /// What the fit of several modalities says about the columns of each, in the order of the data; otherwise empty.
  public var ofModalities: [ColumnOutput] = []

  /// Output for columns and the whole.
  public init(
    columns: [NamedColumn] = [], matrices: [NamedMatrix] = [], networks: NetworkOutput? = nil,
    parameters: StoredTree, modality: ModalityOutput? = nil
  ) {
    self.columns = columns
    self.matrices = matrices
    self.networks = networks
    self.parameters = parameters
    self.modality = modality
  }
}

/// Data or settings that a model cannot take: what, where, what to do. One line.
public struct ModelError: SystemFailure, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, where, and what to do, in one line.
  public let description: String
  /// The operating system's number of the failure; 0 where it had no part in it.
  public let systemCode: Int32

  /// An error with its line.
  public init(_ description: String, systemCode: Int32 = 0) {
    self.description = description
    self.systemCode = systemCode
  }
}

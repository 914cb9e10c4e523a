public import Concurrency

/// A model whose fits give new rows their representation.
public protocol EmbeddingModel: Model {
  /// What represents them.
  associatedtype Embedding: RowEmbedding

  /// What represents rows by a fit.
  ///
  /// - Parameters:
  ///   - fit: `uns/distfit` of the fit file.
  ///   - data: the new rows, with the fit's columns.
  ///   - steps: gradient steps; nil: as the fit's settings say.
  /// - Throws: `ModelError` or `StoredTreeError` where the fit is not of this model or damaged.
  static func embedding(
    of fit: StoredTree, for data: DataSummary, steps: Int?
  ) throws -> Embedding
}

/// Represents rows by a fit whose parameters stand still. Every row is represented on its own: no bit of it depends
/// on which other rows there are, and a row that cannot be represented changes no other.
///
/// Nothing here is collective: a rank represents its own rows.
public protocol RowEmbedding: Sendable {
  /// Some rows with their representations.
  associatedtype Lane: Sendable

  /// The settings that the rows are represented with, as they stand in the written file.
  var settings: StoredTree { get }
  /// Rows before they are represented.
  ///
  /// - Throws: `ModelError` where a row cannot be modelled.
  func lane(from rows: RowData) throws(ModelError) -> Lane
  /// Represents the rows of some lanes.
  ///
  /// Local.
  /// - Parameter progress: told what is being done: `step 3 of 15`.
  func represent(_ lanes: inout [Lane], on workers: Workers, progress: (String) -> Void)
  /// What the fit says about the rows of a lane, in the lane's order.
  func output(_ lane: Lane) -> RowOutput
  /// −log p(x | z) of each row of a lane, for the log; not finite for a row that could not be represented.
  func losses(_ lane: Lane) -> [Double]
  /// What the rows of a lane would lose if they were like the fitted ones; empty where nothing is known of that.
  func expectedLosses(_ lane: Lane) -> [Double]
}

extension RowEmbedding {
  /// Nothing is known.
  public func expectedLosses(_ lane: Lane) -> [Double] { [] }
}

/// A model that turns representations into expected values.
public protocol DecodingModel: Model {
  /// What decodes, of a fit file's `uns/distfit`.
  ///
  /// - Throws: where the fit is not of this model or damaged.
  static func decoder(of fit: StoredTree) throws -> any RowDecoder
}

/// Turns representations into expected values.
public protocol RowDecoder: Sendable {
  /// The `obsm` matrix with the representations.
  var representationName: String { get }
  /// The `obs` column with each row's scale.
  var scaleName: String { get }
  /// Numbers in a representation.
  var latentCount: Int { get }
  /// Expected values, rows × columns, row-major.
  func expectedValues(representations: [Float], scales: [Float]) -> [Float]
}

/// A model that makes new rows from its fit.
public protocol SamplingModel: Model {
  /// The `obs` column with each row's scale.
  static var scaleName: String { get }
  /// What makes rows, of a fit file's `uns/distfit`.
  ///
  /// - Parameters:
  ///   - columns: `var` of the fit.
  ///   - scales: the scales of the fitted rows: each new row takes one of them.
  /// - Throws: where the fit is not of this model or damaged.
  static func sampler(
    of fit: StoredTree, columns: Table, scales: [Double], seed: Int
  ) throws -> any RowSampler
}

/// Makes rows, each from its own number.
public protocol RowSampler: Sendable {
  /// Some rows.
  ///
  /// Local; depends on the row numbers only.
  func rows(_ range: Range<Int>) -> SimulatedRows
}

/// A model that says how it is tested: what the list of models demands, so that no model is left out of the tests of
/// all models.
public protocol CheckableModel: Model {
  /// Small fits that together do all that the model can do.
  static var examples: [ModelExample] { get }
  /// How the model finds again what data were simulated from.
  static var recovery: ModelRecovery { get }

  /// Compares the model's derivatives with finite differences on a few rows, data terms and penalties alike;
  /// closed-form solutions compare their slopes with 0.
  ///
  /// Local.
  static func check(
    _ configuration: Configuration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison]
}

/// One line of a gradient check.
public struct GradientComparison: Sendable {
  /// The parameters that the direction moves, by the model's name for them.
  public let block: String
  /// The derivative along a random direction, by the model's formulas.
  public let derivative: Double
  /// The derivative along that direction by central differences of the objective.
  public let difference: Double
  /// |derivative − difference| / max(1, |derivative|).
  public var error: Double { abs(derivative - difference) / max(1, abs(derivative)) }
  /// Up to this error the two agree: the differences' own error.
  public let tolerance: Double
  /// Whether they agree; NaN never does.
  public var passes: Bool { error <= tolerance }

  /// A comparison of two derivatives of one block of parameters.
  public init(_ block: String, derivative: Double, difference: Double, tolerance: Double = 1e-5) {
    self.block = block
    self.derivative = derivative
    self.difference = difference
    self.tolerance = tolerance
  }
}

/// A model that can say beforehand what a fit will take.
public protocol PlannableModel: Model {
  /// Memory and messages of one rank.
  static func plan(_ configuration: Configuration, _ shape: DataShape, ranks: Int) -> FitPlan
}

/// What a fit takes.
public struct FitPlan: Sendable {
  /// A part of a rank's memory.
  public struct Part: Sendable {
    /// What it holds.
    public let name: String
    /// How much memory it takes, in bytes.
    public let bytes: Int

    /// A named part of so many bytes.
    public init(_ name: String, bytes: Int) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Lanes in all.
  public let laneCount: Int
  /// Memory of the rank that holds most.
  public let memory: [Part]
  /// Bytes that a rank hands to the all-reduces of each step, the fit loop's included.
  public let bytesPerStep: Int
  /// All-reduces of each step, the fit loop's included.
  public let messagesPerStep: Int
  /// Steps of an epoch.
  public let stepsPerEpoch: Int
  /// All-reduces that end an epoch, beside those of its steps.
  public let closingMessages: Int
  /// Bytes that a rank hands to the all-reduces that end an epoch.
  public let closingBytes: Int
  /// How many epochs the settings plan.
  public let epochs: Int
  /// Bytes of data that this rank, and for genotypes its node, keep on disk.
  public var bytesOnDisk = 0
  /// All-reduces before the first epoch.
  public var openingMessages = 0
  /// Bytes that a rank hands to the all-reduces before the first epoch.
  public var openingBytes = 0

  /// All-reduces of an epoch.
  public var messagesPerEpoch: Int { stepsPerEpoch * messagesPerStep + closingMessages }
  /// Bytes that a rank hands to them.
  public var bytesPerEpoch: Int { stepsPerEpoch * bytesPerStep + closingBytes }

  /// After every step the fit loop agrees whether to stop or to save: two numbers.
  public static let loopBytes = 16

  /// A plan without disk space and opening messages, which may be set afterwards.
  public init(
    laneCount: Int, memory: [Part], bytesPerStep: Int, messagesPerStep: Int, stepsPerEpoch: Int,
    epochs: Int, closingMessages: Int = 0, closingBytes: Int = 0
  ) {
    self.laneCount = laneCount
    self.memory = memory
    self.bytesPerStep = bytesPerStep
    self.messagesPerStep = messagesPerStep
    self.stepsPerEpoch = stepsPerEpoch
    self.epochs = epochs
    self.closingMessages = closingMessages
    self.closingBytes = closingBytes
  }
}

/// A model of counts and genotypes together: `distfit fit` reads genotypes and ancestry for it, as companions of the rows
/// (``Genotypes`` or ``StoredGenotypes``, ``Ancestry``).
public protocol GenotypeModel: Model {
  /// The column of `obs` with each sample's donor; nil: samples are named as their donors.
  static func donorKey(_ configuration: Configuration) -> String?
}

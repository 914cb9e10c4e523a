/// How one attempt at a point ended.
public struct SweepOutcome: Codable, Sendable, Equatable {
  /// What became of it.
  public enum Status: String, Codable, Sendable {
    /// The fit is written.
    case done
    /// It cannot be fitted so: another attempt would end the same way.
    case failed
    /// It failed for a reason outside of data and settings: worth another attempt.
    case failedInPassing = "failed-in-passing"
    /// It was stopped, has a checkpoint, and continues in the next run.
    case interrupted
  }

  /// One number of the result, a column of the table.
  public struct Measure: Codable, Sendable, Equatable {
    /// The column's name.
    public var name: String
    /// The number that the fit ended with.
    public var value: Double

    /// A named number.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// What became of the attempt.
  public var status: Status
  /// What a failure had to say; empty otherwise.
  public var message: String
  /// Numbers of the result.
  public var measures: [Measure]
  /// What the files held that were read; nil where that is not known.
  var data: [FileContent]?
  /// How long the attempt took. Set by the sweep.
  public var seconds: Double = 0
  /// Ranks that worked on it. Set by the sweep.
  public var ranks: Int = 1

  /// How a fit of a sweep ended, with what it has to say.
  public init(_ status: Status, message: String = "", measures: [Measure] = []) {
    self.status = status
    self.message = message
    self.measures = measures
  }

  /// The outcome with what the input files hold.
  ///
  /// Local.
  public func reading(_ inputs: [String], _ contents: FileContents) -> SweepOutcome {
    var outcome = self
    outcome.data = try? contents.of(inputs)
    return outcome
  }

  /// The outcome with the data of another.
  public func readingSame(as other: SweepOutcome) -> SweepOutcome {
    var outcome = self
    outcome.data = other.data
    return outcome
  }
}

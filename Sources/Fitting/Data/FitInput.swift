public import Collectives
import LinearAlgebra
public import Modeling
public import Storage

/// What a fit reads: the data, and what belongs to their rows besides.
public struct FitInput: Sendable {
  /// The data that are fitted.
  public let data: DataSource
  /// What belongs to them.
  public let companions: [any CompanionInput]

  /// Data and their companions.
  public init(_ data: DataSource, companions: [any CompanionInput] = []) {
    self.data = data
    self.companions = companions
  }

  /// Reads what a model needs: this rank's rows, and what everyone knows, companions included.
  ///
  /// Collective.
  /// - Parameter scratch: the folder of a file in which rows are kept; nil: in memory.
  /// - Returns: the data, and their summary with what belongs to them.
  /// - Throws: `CollectiveFailure` with one line on what is wrong, the same on every rank.
  public func read<Fitted: Model>(
    for model: Fitted.Type, _ configuration: Fitted.Configuration,
    scratch: String? = nil, with world: borrowing Communicator,
    log: ProgressLog
  ) throws -> (data: FitData, summary: DataSummary) {
    let clock = ContinuousClock()
    let start = clock.now
    var columns: [String]?
    for companion in companions {
      if let chosen = try companion.columns(of: data, with: world) { columns = chosen }
    }
    var request = DataRequest(for: Fitted.self, configuration)
    (request.columns, request.scratch) = (columns, scratch)
    let read = try FitData(
      of: data, as: request, laneCount: { Fitted.laneCount(configuration, rowCount: $0) },
      with: world)
    for note in read.notes { log.warning(note) }
    log.note(
      "\(data.path): \(read.sizeText), read in \(shortText(start.duration(to: clock.now).seconds)) s"
    )
    var summary = read.summary
    for companion in companions {
      try companion.add(to: &summary, of: data, scratch: scratch, with: world, log: log)
    }
    return (read, summary)
  }
}

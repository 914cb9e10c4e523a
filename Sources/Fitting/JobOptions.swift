/// The file that a job writes.
public struct OutputOptions: Sendable {
  /// The name of the file that is written.
  public var path: String
  /// Whether it may be replaced.
  public var overwrite: Bool

  /// A file to write.
  public init(path: String, overwrite: Bool) {
    self.path = path
    self.overwrite = overwrite
  }

  /// The folder of the file.
  var folder: String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// Where and when a fit keeps its state, and whether it goes on from there.
public struct CheckpointOptions: Sendable {
  /// The folder of the checkpoints.
  public var folder: String
  /// When they are written.
  public var schedule: CheckpointSchedule
  /// Whether to continue from the newest one.
  public var resume: Bool
  /// Whether checkpoints of other data or settings are removed instead of refused when it continues.
  public var dropsForeign: Bool

  /// Checkpoints in a folder.
  public init(
    folder: String, schedule: CheckpointSchedule, resume: Bool, dropsForeign: Bool = false
  ) {
    self.folder = folder
    self.schedule = schedule
    self.resume = resume
    self.dropsForeign = dropsForeign
  }
}

/// How a job runs: what changes neither the model nor its answer.
public struct RunOptions: Sendable {
  /// Threads of each rank; nil: its share of the node's cores.
  public var threads: Int?
  /// The folder for data that stay outside of memory, if the model says so; nil: that of the output.
  public var scratch: String?
  /// The version of the program, for the record.
  public var programVersion: String

  /// A way to run.
  public init(threads: Int?, scratch: String? = nil, programVersion: String) {
    self.threads = threads
    self.scratch = scratch
    self.programVersion = programVersion
  }
}

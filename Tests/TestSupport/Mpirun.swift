public import Foundation

/// Starts programs of this package on several ranks.
public enum Mpirun {
  /// Where `mpirun` is; nil on a machine without it.
  public static let program: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":")
    .map { URL(fileURLWithPath: String($0)).appendingPathComponent("mpirun") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  /// Whether tests on several ranks can run; else they say that they skip.
  public static var isAvailable: Bool { program != nil }

  /// Starts a program of this package on `rankCount` ranks of this machine.
  ///
  /// - Parameter timeout: after so many seconds mpirun kills all ranks, and its status is 110.
  /// - Throws: when mpirun is missing or cannot be started.
  public static func start(
    _ name: String, _ arguments: [String], rankCount: Int, timeout: Int = 180,
    options: [String] = [], environment: [String: String] = [:], directory: URL? = nil
  ) throws -> Command {
    guard let program else { throw CocoaError(.executableNotLoadable) }
    let own = [
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      "OMPI_MCA_mpi_yield_when_idle": "1",
    ]
    return try Command(
      program,
      ["--timeout", "\(timeout)", "--oversubscribe", "-n", "\(rankCount)"] + options
        + [Command.built(name).path] + arguments,
      environment: own.merging(environment) { $1 }, directory: directory)
  }

  /// Starts a program of this package on `rankCount` ranks and waits for its end.
  ///
  /// Once more when mpirun says that a rank left without `MPI_Finalize`: Open MPI 4's ranks wait only
  /// 2 s for mpirun to take note of it, too short on a crowded machine. A rank that truly leaves so
  /// does it again.
  ///
  /// - Throws: when mpirun is missing or cannot be started.
  public static func run(
    _ name: String, _ arguments: [String] = [], rankCount: Int, timeout: Int = 180,
    options: [String] = [], environment: [String: String] = [:], directory: URL? = nil
  ) throws -> Command.Outcome {
    func outcome() throws -> Command.Outcome {
      try start(
        name, arguments, rankCount: rankCount, timeout: timeout, options: options,
        environment: environment, directory: directory
      ).outcome(within: Double(timeout) + 30)
    }
    let first = try outcome()
    let isLate = first.status == 1 && first.errors.contains("exiting improperly")
    return isLate ? try outcome() : first
  }
}

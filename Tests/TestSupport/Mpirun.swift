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
    _ name: String, _ arguments: [String], rankCount: Int, timeout: Int = 60,
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
  /// - Throws: when mpirun is missing or cannot be started.
  public static func run(
    _ name: String, _ arguments: [String] = [], rankCount: Int, timeout: Int = 60,
    options: [String] = [], environment: [String: String] = [:], directory: URL? = nil
  ) throws -> Command.Outcome {
    try start(
      name, arguments, rankCount: rankCount, timeout: timeout, options: options,
      environment: environment, directory: directory
    ).outcome(within: Double(timeout) + 30)
  }
}

import CDistfitMPI
public import Sums

/// A wish to stop soon, after writing a checkpoint.
///
/// The fit asks after each step, and all ranks together: a signal reaches them at different times.
public struct StopRequest: Sendable {
  private let noted: @Sendable () -> Int32

  /// A wish that `noted` tells: a signal's number, or 0 for none.
  public init(noted: @escaping @Sendable () -> Int32) {
    self.noted = noted
  }

  /// Never stops early.
  public static let never = StopRequest { 0 }

  /// From now on SIGINT (Ctrl-C), SIGTERM and SIGUSR1 are a wish to stop, instead of the end; a second
  /// Ctrl-C ends the process at once.
  ///
  /// OpenMPI's `mpirun` forwards SIGUSR1 to all ranks, and the job ends with its own status 75. Ctrl-C
  /// and SIGTERM it answers by SIGTERM to all ranks and SIGKILL one second later, too soon for many
  /// checkpoints, and ends with status 1; `slurm/stoppable` makes SIGUSR1 of them. (With
  /// `odls_base_sigkill_timeout` T it waits T seconds before SIGTERM and T after it, ended or not.)
  public static func bySignals() -> StopRequest {
    distfit_signals_note()
    return StopRequest { distfit_signals_noted() }
  }

  /// Runs a body that never looks for a wish to stop, such as the reading of data from a slow disk or a pipe: a signal
  /// ends the process there after two seconds, with status 75.
  ///
  /// Local.
  /// - Parameter cleanup: done before such an end, within a signal's handler.
  public static func endingOnSignals<Result, Failure: Error>(
    cleanup: @convention(c) () -> Void, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    distfit_signals_before_end(cleanup)
    distfit_signals_wait(0)
    defer { distfit_signals_wait(1) }
    return try body()
  }

  /// The signal that arrived on this rank; nil if none.
  ///
  /// Local.
  public var signal: Int32? {
    let signal = noted()
    return signal == 0 ? nil : signal
  }

  /// Whether a signal has arrived on any rank: the same answer everywhere.
  ///
  /// Collective.
  public func isAgreed<Everyone: Team & ~Copyable>(by everyone: borrowing Everyone) -> Bool {
    everyone.maximum(signal == nil ? 0 : 1) > 0
  }
}

/// What the program tells the shell or the job script when it ends.
public enum ExitStatus: Int32, Sendable {
  /// The program has done what it was asked for, and its files are complete.
  case success = 0
  /// A failure that all ranks agreed upon: bad input, missing file, full disk. One line says which.
  case failure = 2
  /// The result is written, but the schedule ended before convergence.
  case notConverged = 3
  /// Unknown or invalid arguments (`EX_USAGE`).
  case usage = 64
  /// A bug: something that failed on one rank without agreement; the job was aborted (`EX_SOFTWARE`).
  case fault = 70
  /// Stopped by a signal after writing a checkpoint: run the same command again (`EX_TEMPFAIL`).
  case runAgain = 75
}

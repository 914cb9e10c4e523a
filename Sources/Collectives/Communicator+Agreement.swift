import CDistfitMPI
import Modeling

// MARK: - Agreement

extension Communicator {
  /// Runs a body that may fail on some ranks only: either all ranks return, or all throw the same
  /// failure, which is that of the lowest rank that failed.
  ///
  /// Collective; the same `task` on all ranks.
  ///
  /// The body must not communicate: a rank that has failed would never come to the meeting. Any verb of
  /// a communicator called inside traps, with one rank too, so that it shows on a laptop.
  ///
  /// - Parameter task: what is done, in a few words: `"read the counts"`.
  /// - Throws: `CollectiveFailure`, with the same content on every rank.
  /// - Complexity: one all-reduce of 32 bytes, and a broadcast of the message after a failure.
  public borrowing func agree<Result: ~Copyable, Failure: Error>(
    on task: String, _ body: () throws(Failure) -> Result
  ) throws(CollectiveFailure) -> Result {
    begin("agree")
    session.agreementCount += 1
    session.agreeing = task
    var result: Result?
    var message: String?
    var isPassing = false
    do throws(Failure) {
      result = try body()
    } catch {
      message = Self.message(of: error, in: task)
      isPassing = (error as? any SystemFailure)?.isPassing ?? false
    }
    session.agreeing = nil
    if let plan = session.failurePlan, plan.rank == session.worldRank,
      plan.agreement == session.agreementCount
    {
      message = "\(task): a failure made on purpose (agreement \(plan.agreement))"
    }
    if let failure = settle(task, message, isPassing) { throw failure }
    guard let result else { preconditionFailure("\(task): neither a result nor a failure") }
    return result
  }

  /// What an error says of itself; with the task where it has no text of its own.
  private static func message(of error: Any, in task: String) -> String {
    if let described = error as? any CustomStringConvertible { return described.description }
    return "\(task): \(error)"
  }

  /// How many times this process has agreed, over all communicators.
  public var agreementCount: Int { session.agreementCount }

  /// The failure that all ranks shall throw, if any of them has a message.
  private borrowing func settle(
    _ task: String, _ message: String?, _ isPassing: Bool
  ) -> CollectiveFailure? {
    let fingerprint = Int64(Checksum.of(task) >> 1)
    // The largest size − rank belongs to the lowest rank that failed. The task's fingerprint must be
    // its own maximum and minimum: otherwise the ranks are at different places of the program.
    var verdict: [Int64] = [
      message == nil ? 0 : Int64(size - rank), message == nil ? 1 : 0, fingerprint, -fingerprint,
    ]
    counter.traffic.agreements.count(bytes: verdict.count * MemoryLayout<Int64>.size)
    maximum(ordered: &verdict)
    guard verdict[2] == -verdict[3] else {
      let tasks = allGather(task).enumerated().map { "rank \($0.offset): \($0.element)" }
      stopJobAtRoot("ranks try to agree on different tasks: \(tasks.joined(separator: ", ")).")
    }
    guard verdict[0] > 0 else { return nil }
    let failedRank = size - Int(verdict[0])
    var text = message ?? ""
    broadcast(&text, from: failedRank)
    var passing = [isPassing]
    broadcast(&passing, from: failedRank)
    return CollectiveFailure(
      task: task, rank: failedRank, isOnEveryRank: verdict[1] == 0, message: text,
      isPassing: passing[0])
  }
}

// MARK: - Ending the job

extension Communicator {
  /// Ends the job with a message of this rank.
  borrowing func stopJob(_ message: String) -> Never {
    writeToStandardError("Error: \(message)\(size > 1 ? " (rank \(rank) of \(size))" : "")\n")
    distfit_mpi_abort(ExitStatus.fault.rawValue)
  }

  /// Ends the job with one message, known to all ranks and written by the first.
  private borrowing func stopJobAtRoot(_ message: String) -> Never {
    if isRoot { stopJob(message) }
    distfit_mpi_barrier(fortranHandle)  // rank 0 never comes: its abort ends the wait
    distfit_mpi_abort(ExitStatus.fault.rawValue)
  }
}

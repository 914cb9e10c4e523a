import Collectives
import Glibc

/// A check: it gets the arguments after its name, and ends the process.
typealias Check = @Sendable ([String]) -> Void

/// All checks by name.
let checks: [String: Check] = [
  "agree": checkAgreement,
  "agree-on-different-tasks": checkAgreementOnDifferentTasks,
  "agree-with-failure": checkFailurePlan,
  "checkpoint": checkCheckpoint,
  "broadcast": checkBroadcast,
  "communicate-in-agree": checkCommunicationInAgreement,
  "fit-with-failure": checkFitWithFailure,
  "gather": checkGather,
  "hang": checkHang,
  "maximum": checkMaximum,
  "modalities": checkModalities,
  "plan": checkPlan,
  "restart": checkRestart,
  "sixth-model": checkSixthModel,
  "split": checkSplit,
  "status": checkStatus,
  "stop": checkStop,
  "sum": checkSum,
  "sweep": checkSweep,
  "threads": checkThreads,
  "traffic": checkTraffic,
  "unagreed-error": checkUnagreedError,
]

/// An expectation that was not met on this rank.
struct Unexpected: Error, CustomStringConvertible {
  let description: String
}

/// Throws, naming the place, unless `condition` holds.
func expect(
  _ condition: Bool, _ what: String, file: StaticString = #fileID, line: Int = #line
) throws {
  guard condition else { throw Unexpected(description: "\(file):\(line): \(what)") }
}

extension ExitStatus {
  /// Ends the process without MPI.
  func end() -> Never { exit(rawValue) }
}

extension Communicator {
  /// Prints a line once.
  borrowing func say(_ line: String) {
    if isRoot { print(line) }
  }

  /// Throws unless the values have the same bits on every rank.
  ///
  /// Collective.
  borrowing func expectSame<Value: BitwiseCopyable>(_ values: [Value], _ name: String) throws {
    let everyones = allGather(values.withUnsafeBytes { Array($0) })
    try expect(everyones.allSatisfy { $0 == everyones[0] }, "\(name) differs between the ranks")
  }

  /// The lanes of this rank: a contiguous run, possibly none.
  borrowing func lanes(of laneCount: Int) -> Range<Int> {
    laneCount * rank / size..<laneCount * (rank + 1) / size
  }
}

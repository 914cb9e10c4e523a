import Collectives
import Foundation

/// Something that is wrong on one rank.
struct Misfortune: Error, CustomStringConvertible {
  let description: String
}

/// Success, failure of each single rank, of several, of all.
let checkAgreement: Check = { _ in
  Launcher.run { everyone in
    let rank = everyone.rank
    let result = try everyone.agree(on: "succeed") { rank * 2 }
    try expect(result == rank * 2, "found \(result)")
    for failing in 0..<everyone.size {
      let failure = failureOfAgreement(everyone, failingRanks: failing...failing)
      let expected = CollectiveFailure(
        task: "read", rank: failing, isOnEveryRank: everyone.size == 1,
        message: "rank \(failing) cannot: ü")
      try expect(failure == expected, "found \(String(describing: failure))")
      try expect(
        failure?.description.hasSuffix("(rank \(failing))") == (everyone.size > 1),
        "found \(String(describing: failure))")
    }
    let all = failureOfAgreement(everyone, failingRanks: 0...everyone.size)
    try expect(all?.rank == 0 && all?.isOnEveryRank == true, "found \(String(describing: all))")
    if everyone.size > 2 {
      let tail = failureOfAgreement(everyone, failingRanks: 1...everyone.size)
      try expect(
        tail?.rank == 1 && tail?.isOnEveryRank == false, "found \(String(describing: tail))")
    }
    return .success
  }
}

private func failureOfAgreement(
  _ everyone: borrowing Communicator, failingRanks: ClosedRange<Int>
) -> CollectiveFailure? {
  let rank = everyone.rank
  do {
    try everyone.agree(on: "read") { () throws(Misfortune) in
      if failingRanks.contains(rank) { throw Misfortune(description: "rank \(rank) cannot: ü") }
    }
    return nil
  } catch {
    return error
  }
}

/// Three agreements that write a file each; arguments: rank and agreement that shall fail, folder.
let checkFailurePlan: Check = { arguments in
  let numbers = arguments.prefix(2).compactMap { Int($0) }
  let plan =
    numbers.count == 2 ? FailurePlan(rank: numbers[0], agreement: numbers[1]) : nil
  Launcher.run(failurePlan: plan) { everyone in
    for task in ["read", "fit", "write"] {
      try everyone.agree(on: task) {}
    }
    everyone.say("\(everyone.agreementCount) agreements")
    return .success
  }
}

/// Must end the job: the ranks are at different places of the program.
let checkAgreementOnDifferentTasks: Check = { _ in
  Launcher.run { everyone in
    try everyone.agree(on: everyone.rank == everyone.size - 1 ? "write the fit" : "read") {}
    return .success
  }
}

/// Must end the job, with any number of ranks: a body that communicates.
let checkCommunicationInAgreement: Check = { _ in
  Launcher.run { everyone in
    try everyone.agree(on: "read") { everyone.barrierAsleep() }
    return .success
  }
}

/// Must end the job: rank 1 fails without agreement while the others wait for it.
let checkUnagreedError: Check = { _ in
  Launcher.run { everyone in
    if everyone.rank == everyone.size - 1 { throw Misfortune(description: "nobody was told") }
    everyone.barrierAsleep()
    return .success
  }
}

/// Must be ended from outside: rank 0 waits for ranks that never come.
let checkHang: Check = { _ in
  Launcher.run { everyone in
    while everyone.rank != 0 { Thread.sleep(forTimeInterval: 1) }
    everyone.barrierAsleep()
    return .success
  }
}

/// Ends with the status of the argument.
let checkStatus: Check = { arguments in
  Launcher.run { everyone in
    let status = arguments.first.flatMap { Int32($0) }.flatMap(ExitStatus.init(rawValue:))
    return try everyone.agree(on: "read the status") {
      guard let status else { throw Misfortune(description: "not a status") }
      return status
    }
  }
}

/// Steps until a signal has arrived on any rank, takes a while for its checkpoint (argument: seconds,
/// 0), then ends with status 75. Says when it is ready.
let checkStop: Check = { arguments in
  Launcher.run { everyone in
    let stop = StopRequest.bySignals()
    everyone.barrierAsleep()
    everyone.say("ready")
    fflush(nil)
    var stepCount = 0
    while !stop.isAgreed(by: everyone) {
      stepCount += 1
      Thread.sleep(forTimeInterval: 0.01)
    }
    try everyone.expectSame([stepCount], "the step of the end")
    Thread.sleep(forTimeInterval: arguments.first.flatMap { Double($0) } ?? 0)
    everyone.say("stopped by signal \(stop.signal ?? 0)")
    return .runAgain
  }
}

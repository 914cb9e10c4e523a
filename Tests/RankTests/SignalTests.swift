import Foundation
import TestSupport
import Testing

/// How a job ends when it is told to.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct SignalTests {
  @Test func userSignalStopsAllRanksAtTheSameStep() throws {
    let command = try Mpirun.start("RankChecks", ["stop"], rankCount: 3)
    #expect(command.waits(for: "ready"))
    command.send(signal: SIGUSR1)
    let outcome = command.outcome(within: 60)
    #expect(outcome.status == 75, "\(outcome)")
    #expect(outcome.output.contains("stopped by signal \(SIGUSR1)"), "\(outcome)")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGUSR1]) func aloneEverySignalStops(signal: Int32) throws {
    let command = try Command(Command.built("RankChecks"), ["stop"])
    #expect(command.waits(for: "ready"))
    command.send(signal: signal)
    let outcome = command.outcome(within: 60)
    #expect(outcome.status == 75, "\(outcome)")
    #expect(outcome.output.contains("stopped by signal \(signal)"), "\(outcome)")
  }

  @Test func secondInterruptEndsAtOnce() throws {
    let command = try Command(Command.built("RankChecks"), ["stop", "30"])
    #expect(command.waits(for: "ready"))
    command.send(signal: SIGINT)
    Thread.sleep(forTimeInterval: 0.3)
    command.send(signal: SIGINT)
    let outcome = command.outcome(within: 20)
    #expect(outcome.status == 128 + SIGINT, "\(outcome)")
  }

  @Test func mpirunLeavesTimeForACheckpointWhenAsked() throws {
    let command = try Mpirun.start(
      "RankChecks", ["stop", "2"], rankCount: 2,
      options: ["--mca", "odls_base_sigkill_timeout", "5"])
    #expect(command.waits(for: "ready"))
    command.send(signal: SIGTERM)
    let outcome = command.outcome(within: 60)
    #expect(outcome.output.contains("stopped by signal \(SIGTERM)"), "\(outcome)")
  }
}

import Foundation
import TestSupport
import Testing

/// How a job ends when something goes wrong on one rank.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct FailureTests {
  @Test func aFailureAtAnyAgreementEndsAllRanksWithOneMessage() throws {
    let tasks = ["read", "fit", "write"]
    for rank in 0..<3 {
      for agreement in 1...3 {
        let outcome = try Mpirun.run(
          "RankChecks", ["agree-with-failure", "\(rank)", "\(agreement)"], rankCount: 3)
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
        let message =
          "Error: \(tasks[agreement - 1]): a failure made on purpose (agreement \(agreement)) "
          + "(rank \(rank))"
        #expect(messages(outcome) == [message], "\(outcome)")
      }
    }
  }

  @Test func withoutAFailureAllAgree() throws {
    let outcome = try Mpirun.run("RankChecks", ["agree-with-failure"], rankCount: 3)
    #expect(outcome.status == 0 && outcome.output == "3 agreements\n", "\(outcome)")
  }

  /// What MPICH's mpiexec and srun without PMIx set: each process would fit everything and write the same file.
  @Test(arguments: [
    ["PMI_SIZE": "4", "PMI_RANK": "0"],
    ["SLURM_STEP_NUM_TASKS": "3", "SLURM_PROCID": "0", "SLURM_NTASKS": "3"],
  ])
  func processesThatDoNotFindEachOtherAreRefused(_ environment: [String: String]) throws {
    let program = Command.built("RankChecks")
    let first = try Command(program, ["agree-with-failure"], environment: environment)
      .outcome(within: 30)
    #expect(first.status == 2 && first.output.isEmpty, "\(first)")
    #expect(messages(first).count == 1 && first.errors.contains("mpirun"), "\(first)")
    let second = try Command(
      program, ["agree-with-failure"],
      environment: environment.merging(["PMI_RANK": "1", "SLURM_PROCID": "1"]) { $1 }
    ).outcome(within: 30)
    #expect(second.status == 2 && second.output.isEmpty && second.errors.isEmpty, "\(second)")
  }

  /// A job of one task, and mpirun within a step of several.
  @Test func aSingleProcessUnderALauncherRuns() throws {
    for environment in [
      ["PMI_SIZE": "1"], ["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"],
      ["SLURM_NTASKS": "8", "SLURM_PROCID": "0"],
    ] {
      let alone = try Command(
        Command.built("RankChecks"), ["agree-with-failure"], environment: environment
      ).outcome(within: 30)
      #expect(alone.status == 0 && alone.output == "3 agreements\n", "\(alone)")
    }
    let joined = try Mpirun.run(
      "RankChecks", ["agree-with-failure"], rankCount: 1,
      environment: ["SLURM_STEP_NUM_TASKS": "3", "SLURM_PROCID": "0"])
    #expect(joined.status == 0, "\(joined)")
  }

  @Test func anErrorNobodyAgreedUponAbortsTheJob() throws {
    let outcome = try Mpirun.run("RankChecks", ["unagreed-error"], rankCount: 3, timeout: 30)
    #expect(outcome.status == 70, "\(outcome)")
    #expect(messages(outcome) == ["Error: nobody was told (rank 2 of 3)"], "\(outcome)")
  }

  @Test func ranksAtDifferentPlacesOfTheProgramAreFound() throws {
    let outcome = try Mpirun.run("RankChecks", ["agree-on-different-tasks"], rankCount: 3)
    #expect(outcome.status == 70, "\(outcome)")
    #expect(
      outcome.errors.contains("rank 0: read, rank 1: read, rank 2: write the fit"), "\(outcome)")
  }

  @Test func aBodyThatCommunicatesTraps() throws {
    for rankCount in [1, 3] {
      let outcome = try Mpirun.run("RankChecks", ["communicate-in-agree"], rankCount: rankCount)
      #expect(outcome.status == 70, "\(outcome)")
      #expect(outcome.errors.contains("`barrier asleep` was called inside agree"), "\(outcome)")
    }
  }

  @Test func aHangTimesOut() throws {
    let outcome = try Mpirun.run("RankChecks", ["hang"], rankCount: 3, timeout: 3)
    #expect(outcome.status == 110, "\(outcome)")
  }

  @Test(arguments: [0, 2, 3, 75]) func theStatusReachesTheShell(status: Int32) throws {
    let outcome = try Mpirun.run("RankChecks", ["status", "\(status)"], rankCount: 2)
    #expect(outcome.status == status, "\(outcome)")
    let alone = try Command.run(Command.built("RankChecks"), ["status", "\(status)"])
    #expect(alone.status == status, "\(alone)")
  }

  @Test func aFailureOnEveryRankIsSaidOnceAndNamesNoRank() throws {
    let outcome = try Mpirun.run("RankChecks", ["status", "none"], rankCount: 3)
    #expect(outcome.status == 2, "\(outcome)")
    #expect(messages(outcome) == ["Error: not a status"], "\(outcome)")
  }

  private func messages(_ outcome: Command.Outcome) -> [String] {
    outcome.errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("Error:") }
  }
}

import TestSupport
import Testing

/// What a communicator does on several ranks. MPI never runs inside this process: the checks are
/// another program, started by mpirun.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct CommunicatorTests {
  @Test func sumsHaveTheSameBitsOnAnyNumberOfRanks() throws {
    let alone = try Command.run(Command.built("RankChecks"), ["sum", "300"])
    #expect(alone.status == 0, "\(alone)")
    #expect(alone.output.split(separator: " ").count == 601)
    for rankCount in [1, 2, 3, 4, 7, 13] {
      let outcome = try Mpirun.run("RankChecks", ["sum", "300"], rankCount: rankCount)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.output == alone.output, "\(rankCount) ranks")
    }
  }

  @Test func messagesCutIntoPiecesSumToTheSameBits() throws {
    let whole = try Mpirun.run("RankChecks", ["sum", "300"], rankCount: 3)
    for largestMessage in ["1", "64", "1203"] {
      let cut = try Mpirun.run("RankChecks", ["sum", "300", largestMessage], rankCount: 3)
      #expect(cut.status == 0 && cut.output == whole.output, "\(cut)")
    }
  }

  @Test func ranksWithoutLanesChangeNothing() throws {
    let few = try Mpirun.run("RankChecks", ["sum", "50"], rankCount: 2)
    let more = try Mpirun.run("RankChecks", ["sum", "50"], rankCount: 26)
    #expect(more.status == 0, "\(more)")
    #expect(more.output == few.output)
  }

  @Test(arguments: ["maximum", "broadcast", "gather", "split", "threads", "agree"])
  func checkHolds(name: String) throws {
    for rankCount in [1, 2, 3, 7] {
      let outcome = try Mpirun.run("RankChecks", [name], rankCount: rankCount)
      #expect(outcome.status == 0, "\(name) on \(rankCount) ranks: \(outcome)")
    }
    let alone = try Command.run(Command.built("RankChecks"), [name])
    #expect(alone.status == 0, "\(name) without mpirun: \(alone)")
  }

  @Test func theProgramStartsItselfAgainWithOtherKernels() throws {
    let words = ["restart", "one", "two words"]
    for rankCount in [1, 3] {
      let outcome = try Mpirun.run("RankChecks", words, rankCount: rankCount)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.output == "\(rankCount) ranks, chosen by program\n")
    }
    let alone = try Command.run(Command.built("RankChecks"), words)
    #expect(alone.output == "1 ranks, chosen by program\n", "\(alone)")
  }

  @Test func aFitSendsWhatThePlanSays() throws {
    for rankCount in [1, 3, 7] {
      let outcome = try Mpirun.run("RankChecks", ["plan"], rankCount: rankCount)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.output.split(separator: "\n").count == 6)
    }
  }

  @Test func trafficIsCountedExactly() throws {
    for rankCount in [1, 2, 5] {
      let outcome = try Mpirun.run("RankChecks", ["traffic"], rankCount: rankCount)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.output == "7 calls, 3284 bytes\n")
    }
  }
}

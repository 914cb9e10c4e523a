import Foundation
import TestSupport
import Testing

/// Sweeps of simulated work on several ranks: points that sleep, every thirteenth of which fails.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct SweepTests {
  @Test func everyPointIsFittedOnce() throws {
    for (rankCount, ranksPerFit) in [(1, 1), (3, 1), (5, 2)] {
      let sweep = try SweepPlace()
      let outcome = try sweep.run(points: 60, rankCount: rankCount, ranksPerFit: ranksPerFit)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(outcome.output == "56 of 60 done, 4 failed, 0 running, 0 left\n", "\(outcome)")
      #expect(try sweep.attempts(of: 60) == Array(repeating: 1, count: 60))
    }
  }

  @Test func finishedPointsAreSkipped() throws {
    let sweep = try SweepPlace()
    _ = try sweep.run(points: 30, rankCount: 2)
    let again = try sweep.run(points: 30, rankCount: 3)
    #expect(again.output == "28 of 30 done, 2 failed, 0 running, 0 left\n", "\(again)")
    #expect(try sweep.attempts(of: 30) == Array(repeating: 1, count: 30))
  }

  @Test func twoSweepsInOneFolderShareTheWork() throws {
    let sweep = try SweepPlace()
    let one = try sweep.start(points: 80, rankCount: 2, milliseconds: 20)
    let other = try sweep.start(points: 80, rankCount: 3, milliseconds: 20)
    let outcomes = [one.outcome(within: 60), other.outcome(within: 60)]
    #expect(outcomes.allSatisfy { $0.status == 0 }, "\(outcomes)")
    #expect(try sweep.attempts(of: 80) == Array(repeating: 1, count: 80))
  }

  @Test func theClaimsOfAKilledSweepAreTakenOver() throws {
    let sweep = try SweepPlace()
    let killed = try sweep.start(points: 60, rankCount: 3, milliseconds: 60)
    while killed.isRunning, try sweep.attempts(of: 60).reduce(0, +) < 10 { usleep(10_000) }
    for rank in try sweep.holders() { kill(rank, SIGKILL) }
    #expect(killed.outcome(within: 60).status != 0)
    let next = try sweep.run(points: 60, rankCount: 2)
    #expect(next.output == "56 of 60 done, 4 failed, 0 running, 0 left\n", "\(next)")
    let attempts = try sweep.attempts(of: 60)
    #expect(attempts.allSatisfy { $0 > 0 }, "\(attempts)")
    #expect((60...63).contains(attempts.reduce(0, +)), "more than three claims lost: \(attempts)")
  }

  @Test func aFullDiskIsTriedAgainAndABadPointIsNot() throws {
    let sweep = try SweepPlace()
    let outcome = try sweep.run(points: 30, rankCount: 2, words: ["full-disk"])
    #expect(outcome.output == "28 of 30 done, 2 failed, 0 running, 0 left\n", "\(outcome)")
    let expected = (0..<30).map { $0 % 11 == 10 ? 3 : 1 }
    #expect(try sweep.attempts(of: 30) == expected)
  }
}

/// A sweep's folder that goes with the test.
private final class SweepPlace {
  private let parent: URL
  private var points: URL { parent.appendingPathComponent("sweep/points") }

  init() throws { parent = try temporaryFolder() }

  deinit { try? FileManager.default.removeItem(at: parent) }

  func start(
    points: Int, rankCount: Int, ranksPerFit: Int = 1, milliseconds: Int = 5, words: [String] = []
  ) throws -> Command {
    try Mpirun.start(
      "RankChecks",
      [
        "sweep", parent.appendingPathComponent("sweep").path, "\(points)", "\(ranksPerFit)",
        "\(milliseconds)", "60",
      ] + words, rankCount: rankCount)
  }

  func run(
    points: Int, rankCount: Int, ranksPerFit: Int = 1, words: [String] = []
  ) throws -> Command.Outcome {
    try start(points: points, rankCount: rankCount, ranksPerFit: ranksPerFit, words: words)
      .outcome(within: 90)
  }

  /// How often each point was attempted, in the order of the plan.
  func attempts(of pointCount: Int) throws -> [Int] {
    (0..<pointCount).map { index in
      let file = points.appendingPathComponent("point=\(index)/attempts").path
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      return text.split(separator: "\n").count
    }
  }

  /// The processes that have claimed points.
  func holders() throws -> Set<Int32> {
    let attempts = parent.appendingPathComponent("sweep/attempts")
    let names = try FileManager.default.contentsOfDirectory(atPath: attempts.path)
    return Set(
      names.compactMap { name in
        let text = try? String(contentsOf: attempts.appendingPathComponent(name), encoding: .utf8)
        guard let line = text?.split(separator: "\n").first,
          let members = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
          let holder = members["holder"] as? [String: Any]
        else { return nil }
        return (holder["process"] as? NSNumber)?.int32Value
      })
  }
}

import Foundation
import TestSupport
import Testing

/// Checkpoints on several ranks, whole, damaged, foreign and half written.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct CheckpointTests {
  @Test func anyNumberOfRanksResumesWithTheSameBits() throws {
    let folder = try Folder()
    let whole = try folder.run(["steps=9"], rankCount: 2)
    for rankCount in [1, 2, 3, 7, 11] {
      let folder = try Folder()
      let first = try folder.run(["steps=5"], rankCount: 4)
      #expect(first.status == 0, "\(first)")
      let second = try folder.run(["steps=9"], rankCount: rankCount)
      #expect(second.output.contains("resumed at 5, written by 1.0\n"), "\(second)")
      #expect(ending(second) == ending(whole), "\(rankCount) ranks")
      #expect(ending(second)?.hasPrefix("end: 9 ") == true, "\(second)")
    }
  }

  @Test func noRankAppearsInACheckpoint() throws {
    var files: [Data] = []
    for rankCount in [1, 3, 11] {
      let folder = try Folder()
      _ = try folder.run(["steps=4"], rankCount: rankCount)
      files.append(try Data(contentsOf: folder.file(step: 4)))
    }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  @Test func theLastTwoAreKept() throws {
    let folder = try Folder()
    _ = try folder.run(["steps=7"], rankCount: 2)
    #expect(try folder.names() == ["step-00000006", "step-00000007"])
  }

  @Test func damagedCheckpointsAreRefusedAndThePreviousIsUsed() throws {
    let folder = try Folder()
    _ = try folder.run(["steps=5"], rankCount: 1)
    let whole = try Data(contentsOf: folder.file(step: 5))
    let expected = try ending(folder.run(["steps=6", "from=100"], rankCount: 1))
    // One bit, in the magic, in each kind of record and in the end; then files cut short.
    var damages = [3, 20, 40, 60, 300, whole.count / 2, whole.count - 40, whole.count - 1].map {
      position in
      var damaged = whole
      damaged[position] ^= 0x10
      return damaged
    }
    damages += [0, 10, 16, 48, whole.count / 3, whole.count - 32, whole.count - 1].map {
      whole.prefix($0)
    }
    damages.append(whole + [0])
    for (index, damaged) in damages.enumerated() {
      try damaged.write(to: folder.file(step: 5))
      let outcome = try folder.run(["steps=6", "from=100"], rankCount: index % 3 == 0 ? 3 : 1)
      #expect(outcome.status == 0, "damage \(index): \(outcome)")
      #expect(outcome.output.contains("resumed at 4,"), "damage \(index): \(outcome)")
      #expect(outcome.output.contains("refused: "), "damage \(index): \(outcome)")
      #expect(ending(outcome) == expected, "damage \(index)")
    }
  }

  @Test(arguments: [
    (
      "pull=0.5", "it was written with other settings: --pull is 0.1, now 0.5"
    ),
    ("data=9999", "it was fitted to other data (fingerprint 0123, expected 9999)"),
    ("model=dgd", "it is a fit of the model drift, expected dgd"),
    ("rows=101", "it has 100 rows in 8 lanes, expected 101 rows in 8 lanes"),
  ])
  func foreignCheckpointsAreRefusedAndStay(change: String, reason: String) throws {
    let folder = try Folder()
    _ = try folder.run(["steps=3"], rankCount: 1)
    let outcome = try folder.run(["steps=6", change], rankCount: 2)
    #expect(outcome.status == 2, "\(outcome)")
    let messages = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Error:") }
    #expect(messages.count == 1, "\(outcome)")
    #expect(messages.first?.contains(reason) == true, "\(outcome)")
    #expect(messages.first?.contains("none of the checkpoints can be used") == true, "\(outcome)")
    #expect(try folder.names() == ["step-00000002", "step-00000003"])
  }

  @Test func aForeignCheckpointIsPassedOver() throws {
    let (folder, other) = (try Folder(), try Folder())
    _ = try folder.run(["steps=3"], rankCount: 1)
    _ = try other.run(["steps=8", "pull=0.5"], rankCount: 1)
    try FileManager.default.copyItem(at: other.file(step: 8), to: folder.file(step: 8))
    let outcome = try folder.run(["steps=10"], rankCount: 2)
    #expect(outcome.status == 0 && outcome.output.contains("resumed at 3,"), "\(outcome)")
    #expect(outcome.output.contains("refused: ") && outcome.output.contains("--pull is 0.5"))
    #expect(try folder.names() == ["step-00000009", "step-00000010"])
  }

  @Test func startingAfreshClearsTheFolder() throws {
    let folder = try Folder()
    _ = try folder.run(["steps=5", "pull=0.5"], rankCount: 1)
    let outcome = try folder.run(["steps=2", "fresh"], rankCount: 2)
    #expect(outcome.status == 0 && !outcome.output.contains("resumed"), "\(outcome)")
    #expect(try folder.names() == ["step-00000001", "step-00000002"])
  }

  @Test func aKillInTheMiddleOfWritingCostsNothingThatWasSaved() throws {
    let folder = try Folder()
    let size = "rows=1000000"
    var saved = 0
    var halfWrittenCount = 0
    for milliseconds in [0, 1, 2, 4, 8, 16] {
      let command = try folder.start([size, "steps=1000"], rankCount: 2)
      #expect(command.waits(for: "saved \(saved + 2)\n"), "\(command.outputSoFar)")
      while command.isRunning, try !folder.holdsPartialFile() { usleep(200) }
      usleep(UInt32(milliseconds) * 1000)
      let root = command.outputSoFar.split(separator: "\n").first { $0.hasPrefix("process") }
        .flatMap { Int32($0.dropFirst(8)) }
      kill(try #require(root), SIGKILL)
      let outcome = command.outcome(within: 60)
      #expect(outcome.status != 0)
      if try folder.holdsPartialFile() { halfWrittenCount += 1 }
      let said = outcome.output.split(separator: "\n").last { $0.hasPrefix("saved ") }
      saved = try #require(said.flatMap { Int($0.dropFirst(6)) })
    }
    #expect(halfWrittenCount > 0, "no kill came while a checkpoint was being written")
    let last = try folder.run([size, "steps=\(saved + 2)"], rankCount: 3)
    #expect(last.status == 0 && !last.output.contains("refused"), "\(last.errors)")
    let resumed = last.output.split(separator: ",").first.flatMap { Int($0.dropFirst(11)) }
    #expect(try #require(resumed) >= saved, "saved \(saved) before the kill")
    #expect(try !folder.holdsPartialFile())
  }

  @Test func aFailureAtAnyAgreementIsSurvived() throws {
    let whole = try ending(Folder().run(["steps=4"], rankCount: 3))
    for agreement in 1...8 {
      let folder = try Folder()
      _ = try folder.run(["steps=2"], rankCount: 3)
      let failed = try folder.run(["steps=4", "fail=\(agreement % 3),\(agreement)"], rankCount: 3)
      // Resuming agrees twice, each of the two checkpoints twice. What cannot be read is refused, and the
      // checkpoint before is used; what cannot be written ends the run.
      let isRefusal = agreement <= 2
      #expect(failed.status == (isRefusal || agreement > 6 ? 0 : 2), "\(agreement): \(failed)")
      #expect(failed.output.contains("refused: ") == isRefusal, "\(agreement): \(failed)")
      let after = try folder.run(["steps=4"], rankCount: 2)
      #expect(after.status == 0, "\(agreement): \(after)")
      #expect(ending(after) == whole, "\(agreement): \(after)")
    }
  }

  @Test func aFolderThatCannotBeWrittenIsSaidOnce() throws {
    for rankCount in [1, 3] {
      let outcome = try Mpirun.run(
        "RankChecks", ["checkpoint", "folder=/dev/null/checkpoints"], rankCount: rankCount)
      #expect(outcome.status == 2, "\(outcome)")
      let messages = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Error:") }
      #expect(messages.count == 1, "\(outcome)")
      #expect(messages.first?.contains("/dev/null/checkpoints: cannot be created") == true)
    }
  }

  @Test func whenWritingFailsTheCheckpointBeforeStays() throws {
    let folder = try Folder()
    _ = try folder.run(["steps=2", "rows=10000"], rankCount: 1)
    // The shell's limit of 16 blocks stands for a full disk.
    let script = """
      trap '' XFSZ; ulimit -f 16
      exec '\(Command.built("RankChecks").path)' checkpoint steps=4 rows=10000 \
      folder='\(folder.path)'
      """
    let outcome = try Command.run(URL(fileURLWithPath: "/bin/bash"), ["-c", script])
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.contains("cannot be written"), "\(outcome)")
    #expect(try folder.names() == ["step-00000001", "step-00000002"])
    let after = try folder.run(["steps=4", "rows=10000"], rankCount: 1)
    #expect(after.status == 0 && after.output.contains("resumed at 2,"), "\(after)")
  }
}

/// The line that tells the final state by bits.
private func ending(_ outcome: Command.Outcome) -> String? {
  outcome.output.split(separator: "\n").first { $0.hasPrefix("end: ") }.map(String.init)
}

/// A folder of checkpoints that goes with the test.
private final class Folder {
  private let parent: URL
  var path: String { parent.appendingPathComponent("run/checkpoints").path }

  init() throws {
    parent = try temporaryFolder()
  }

  deinit {
    try? FileManager.default.removeItem(at: parent)
  }

  func file(step: Int) -> URL {
    URL(fileURLWithPath: path).appendingPathComponent("step-0000000\(step)")
  }

  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  func holdsPartialFile() throws -> Bool {
    try names().contains { $0.contains(".partial-") }
  }

  func start(_ arguments: [String], rankCount: Int) throws -> Command {
    try Mpirun.start(
      "RankChecks", ["checkpoint", "folder=\(path)"] + arguments, rankCount: rankCount)
  }

  func run(_ arguments: [String], rankCount: Int) throws -> Command.Outcome {
    try start(arguments, rankCount: rankCount).outcome(within: 90)
  }
}

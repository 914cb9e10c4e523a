import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// What `--resume` leaves alone, and what two runs of one fit do to each other.
  @Suite(.serialized) struct ResumeTests {
    private let place: Workplace
    private let fit = ["fit", "dgd", "data.h5ad"] + quickSettings
    private let long = ["--epochs", "5000", "--checkpoint-epochs", "1", "--threads", "1"]

    init() throws {
      place = try Workplace()
      try place.succeed(simulateWords)
    }

    private func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: place.folder.appendingPathComponent(name))
    }

    @Test func aFinishedFitOfTheSameSettingsAndDataIsLeftAsItIs() throws {
      let words = fit + ["--output", "fit.h5ad"]
      let status = try place.run(words).status
      let before = try bytes("fit.h5ad")
      for more in [["--resume"], ["--resume", "--overwrite"]] {
        let again = try place.run(words + more)
        #expect(
          again.status == status && again.errors.contains("nothing is left to do"), "\(again)")
        #expect(try bytes("fit.h5ad") == before)
      }
      let other = try place.run(words + ["--seed", "5", "--resume"])
      #expect(other.status == 2 && other.errors.contains("--seed is 0, now 5"), "\(other)")
      #expect(try bytes("fit.h5ad") == before)
      #expect(
        [0, 3].contains(try place.run(words + ["--seed", "5", "--resume", "--overwrite"]).status))
      #expect(try bytes("fit.h5ad") != before)
      #expect(!place.fileNames.contains { $0.contains(".lock") || $0.contains(".partial") })
    }

    @Test func nothingThatIsNoFitIsReplacedOnResuming() throws {
      try place.write("my notes\n", to: "notes.h5ad")
      try place.succeed(Array(simulateWords.dropLast()) + ["other.h5ad"])
      for name in ["notes.h5ad", "other.h5ad"] {
        let before = try bytes(name)
        let outcome = try place.run(fit + ["--output", name, "--resume"])
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains("\(name): exists already"), "\(outcome)")
        #expect(try bytes(name) == before)
      }
    }

    @Test(arguments: [("a\tb", "b\ta"), ("3.5", "3.25")])
    func otherLabelsOrCovariatesAreOtherData(old: String, new: String) throws {
      try writeFolder("data", label: old)
      let words =
        ["fit", "dgd", "data", "--output", "fit.h5ad", "--resume"] + quickSettings
      let status = try place.run(words).status
      #expect([0, 3].contains(status))
      #expect(try place.run(words).errors.contains("nothing is left to do"))
      try writeFolder("data", label: new)
      let refused = try place.run(words)
      #expect(refused.status == 2 && refused.errors.contains("other data"), "\(refused)")
    }

    @Test func countsThatOnlyChangePlacesAreOtherData() throws {
      try writeFolder("data", label: "x\ty")
      let words = ["fit", "dgd", "data", "--output", "fit.h5ad", "--resume"] + quickSettings
      #expect([0, 3].contains(try place.run(words).status))
      try writeFolder("data", label: "x\ty", swapped: true)
      let refused = try place.run(words)
      #expect(refused.status == 2 && refused.errors.contains("other data"), "\(refused)")
    }

    /// 40 cells of 10 genes; `label`: what the column of the first cell says, and of the second.
    private func writeFolder(_ folder: String, label: String, swapped: Bool = false) throws {
      try FileManager.default.createDirectory(
        atPath: place.path(folder), withIntermediateDirectories: true)
      var counts = (0..<400).map { ($0 * 7919) % 6 }
      // A 2 × 2 block turns: the same totals, largest counts and numbers of non-zeros of every gene and cell.
      let block = swapped ? [2, 1, 1, 2] : [1, 2, 2, 1]
      for (place, count) in zip([0, 1, 10, 11], block) { counts[place] = count }
      let entries = counts.enumerated().filter { $1 > 0 }.map { index, count in
        "\(index % 10 + 1) \(index / 10 + 1) \(count)"
      }
      let labels = label.split(separator: "\t")
      try place.write(
        "barcode\tgroup\n"
          + (0..<40).map { "c\($0)\t\(labels[$0 % labels.count])\n" }.joined(),
        to: "\(folder)/labels.tsv")
      try place.write((0..<40).map { "c\($0)\n" }.joined(), to: "\(folder)/barcodes.tsv")
      try place.write((0..<10).map { "i\($0)\tg\($0)\n" }.joined(), to: "\(folder)/features.tsv")
      try place.write(
        "%%MatrixMarket matrix coordinate integer general\n10 40 \(entries.count)\n"
          + entries.joined(separator: "\n") + "\n", to: "\(folder)/matrix.mtx")
    }

    private var checkpoints: [String] {
      let names = try? FileManager.default.contentsOfDirectory(
        atPath: place.path("fit.h5ad.checkpoints"))
      return (names ?? []).filter { !$0.contains(".partial") }.sorted()
    }

    @Test func ofTwoRunsAtOnceOneSaysSoAndTheOtherIsWhole() throws {
      let first = try place.start(fit + long + ["--output", "fit.h5ad"])
      #expect(place.waitsForCheckpoint(in: "fit.h5ad.checkpoints", of: first))
      // The same fit, and another that shares its checkpoints.
      for words in [
        ["--output", "fit.h5ad", "--resume"],
        ["--output", "other.h5ad", "--checkpoints", "fit.h5ad.checkpoints", "--resume"],
      ] {
        let second = try place.run(fit + long + words)
        #expect(second.status == 2 && second.errors.contains("another run (process"), "\(second)")
        let requeued = try Command(
          Command.built("distfit"), fit + long + words, environment: ["SLURM_JOB_ID": "1"],
          directory: place.folder
        ).outcome(within: 60)
        #expect(requeued.status == 75 && requeued.errors.contains("run it again"), "\(requeued)")
      }
      // A kill frees the lock, although its file stays.
      first.send(signal: SIGKILL)
      _ = first.outcome(within: 60)
      let before = checkpoints
      let next = try place.start(fit + long + ["--output", "fit.h5ad", "--resume"])
      let end = Date(timeIntervalSinceNow: 60)
      while checkpoints == before, next.isRunning, Date() < end {
        Thread.sleep(forTimeInterval: 0.01)
      }
      next.send(signal: SIGTERM)
      #expect(next.outcome(within: 60).status == 75)
      #expect(!place.fileNames.contains { $0.hasSuffix(".lock") }, "\(place.fileNames)")
    }
  }
}

import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// `distfit fit` from simulated data to the fit file: the same bits however it is run.
  @Suite(.serialized) struct FitCommandTests {
    private let place: Workplace
    private let fit = ["fit", "dgd", "data.h5ad"] + quickSettings

    init() throws {
      place = try Workplace()
      try place.succeed(simulateWords)
    }

    /// Programs that start alone at the same time used to remove MPI's folder under one another.
    @Test func aProgramThatStartsAloneNeedsNoFolderOfMPI() throws {
      let place = try Workplace()
      try place.write("", to: "file")
      let outcome = try Command(
        Command.built("distfit"),
        ["simulate", "kronecker", "--rows", "5", "--columns", "5", "--output", "trees.h5ad"],
        environment: ["TMPDIR": place.path("file/nowhere")], directory: place.folder
      ).outcome(within: 60)
      #expect(outcome.status == 0, "\(outcome)")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func fitsAreByteIdenticalForAnyRanksAndThreads() throws {
      try place.succeed(fit + ["--output", "1.h5ad", "--threads", "1"])
      let expected = try place.fitBytes("1.h5ad")
      for (ranks, threads) in [(1, 2), (2, 1), (3, 2), (7, 1)] {
        let name = "\(ranks)x\(threads).h5ad"
        try place.succeed(fit + ["--output", name, "--threads", "\(threads)"], ranks: ranks)
        #expect(try place.fitBytes(name) == expected, "\(ranks) ranks × \(threads) threads")
      }
      try place.succeed(fit + ["--output", "other.h5ad", "--seed", "1"])
      #expect(try place.fitBytes("other.h5ad") != expected, "the seed changes nothing")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func productsInBFloat16GiveTheSameBytesOnAnyRanks() throws {
      let words = fit + ["--products", "bfloat16", "--threads", "1"]
      try place.succeed(words + ["--output", "1.h5ad"])
      try place.succeed(words + ["--output", "3.h5ad"], ranks: 3)
      #expect(try place.fitBytes("3.h5ad") == place.fitBytes("1.h5ad"))
      try place.succeed(fit + ["--output", "floats.h5ad"])
      #expect(try place.fitBytes("1.h5ad") != place.fitBytes("floats.h5ad"))
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func simulatedDataAreByteIdenticalOnAnyRanks() throws {
      let words = simulateWords.dropLast() + ["again.h5ad"]
      try place.succeed(Array(words), ranks: 3)
      let contents = try ["data.h5ad", "again.h5ad"].map {
        try Data(contentsOf: place.folder.appendingPathComponent($0))
      }
      #expect(contents[0] == contents[1])
    }

    /// Long enough to be interrupted: a checkpoint after every epoch slows it down.
    private let long = ["--epochs", "150", "--checkpoint-epochs", "1", "--threads", "1"]

    @Test(
      .enabled(if: Mpirun.isAvailable, "mpirun is missing"),
      arguments: [(1, SIGTERM, 3), (2, SIGUSR1, 1)])
    func anInterruptedFitResumedOnOtherRanksEqualsAnUninterruptedOne(
      _ ranks: Int, _ signal: Int32, _ laterRanks: Int
    ) throws {
      let command = try place.start(fit + long + ["--output", "fit.h5ad"], ranks: ranks)
      #expect(place.waitsForCheckpoint(in: "fit.h5ad.checkpoints", of: command))
      command.send(signal: signal)
      let outcome = command.outcome(within: 60)
      try #require(outcome.status == 75, "\(outcome)")
      #expect(outcome.errors.contains("--resume"), "\(outcome)")
      #expect(!place.has("fit.h5ad"))
      let refused = try place.run(fit + long + ["--output", "fit.h5ad"])
      #expect(refused.status == 2 && refused.errors.contains("--resume"), "\(refused)")
      let resumed = try place.succeed(
        fit + long + ["--output", "fit.h5ad", "--resume"], ranks: laterRanks)
      #expect(resumed.errors.contains("continuing after step"), "\(resumed)")
      try place.succeed(fit + ["--epochs", "150", "--output", "whole.h5ad"])
      #expect(try place.fitBytes("fit.h5ad") == place.fitBytes("whole.h5ad"))
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func aKilledFitLeavesNothingUnderItsNameAndResumes() throws {
      let command = try place.start(fit + long + ["--output", "fit.h5ad"])
      #expect(place.waitsForCheckpoint(in: "fit.h5ad.checkpoints", of: command))
      command.send(signal: SIGKILL)
      #expect(command.outcome(within: 60).status == 128 + SIGKILL)
      #expect(!place.has("fit.h5ad"))
      let resumed = try place.succeed(
        fit + long + ["--output", "fit.h5ad", "--resume"], ranks: 2)
      #expect(resumed.errors.contains("continuing after step"), "\(resumed)")
      try place.succeed(fit + ["--epochs", "150", "--output", "whole.h5ad"])
      #expect(try place.fitBytes("fit.h5ad") == place.fitBytes("whole.h5ad"))
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func aFitKilledWhileItIsWrittenLeavesNoHalfFileAndResumes() throws {
      try place.succeed(fit + ["--output", "whole.h5ad"])
      var kills = 0
      // The writing takes a moment: some runs end before the signal comes.
      for attempt in 0..<20 where kills < 2 {
        let name = "fit\(attempt).h5ad"
        let words = fit + ["--output", name, "--checkpoint-epochs", "1"]
        let command = try place.start(words)
        while command.isRunning,
          !place.fileNames.contains(where: { $0.hasPrefix("\(name).partial") })
        {}
        command.send(signal: SIGKILL)
        let outcome = command.outcome(within: 60)
        guard !place.has(name) else { continue }
        kills += 1
        #expect(outcome.status != 0)
        try place.succeed(words + ["--resume"], ranks: 3)
        #expect(try place.fitBytes(name) == place.fitBytes("whole.h5ad"))
        #expect(!place.fileNames.contains { $0.hasPrefix("\(name).partial") }, "\(place.fileNames)")
      }
      #expect(kills > 0, "no run was caught while it was writing")
    }

    @Test func anOutputThatIsTheInputIsRefusedBeforeTheFit() throws {
      let before = try Data(contentsOf: URL(fileURLWithPath: place.path("data.h5ad")))
      try FileManager.default.createSymbolicLink(
        atPath: place.path("link.h5ad"), withDestinationPath: "data.h5ad")
      for output in ["data.h5ad", "./data.h5ad", "link.h5ad"] {
        for more in ["--overwrite", "--resume"] {
          let outcome = try place.run(fit + ["--output", output, more])
          #expect(outcome.status == 2, "\(outcome)")
          #expect(outcome.errors.contains("\(output): is "), "\(outcome)")
        }
      }
      for output in ["", "/dev/null", "."] {
        let outcome = try place.run(fit + ["--output", output, "--overwrite"])
        #expect(outcome.status == 2 || outcome.status == 64, "\(outcome)")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: place.path("data.h5ad"))) == before)
    }

    @Test func aLimitOnTheSizeOfFilesEndsLikeAFullDiskAndLeavesNothing() throws {
      let program = Command.built("distfit").path
      let outcome = try Command.run(
        URL(fileURLWithPath: "/bin/bash"),
        [
          "-c",
          "ulimit -f 8; exec \(program) simulate dgd --cells 500 --genes 500 --output large.h5ad",
        ], directory: place.folder)
      #expect(outcome.status == 2, "\(outcome)")
      #expect(outcome.errors.contains("large.h5ad: "), "\(outcome)")
      #expect(outcome.errors.contains("File too large"), "\(outcome)")
      #expect(!place.fileNames.contains { $0.hasPrefix("large.h5ad") }, "\(place.fileNames)")
    }

    @Test func aStoppedCommandLeavesNothingHalfWritten() throws {
      var stops = 0
      // The writing takes a moment: some runs end before the signal comes.
      for attempt in 0..<20 where stops < 2 {
        let name = "stopped\(attempt).h5ad"
        let command = try place.start(
          ["simulate", "dgd", "--cells", "1500", "--genes", "1500", "--output", name])
        while command.isRunning,
          !place.fileNames.contains(where: { $0.hasPrefix("\(name).partial") })
        {}
        command.send(signal: SIGTERM)
        let outcome = command.outcome(within: 60)
        guard !place.has(name) else { continue }
        stops += 1
        #expect(outcome.status == 128 + SIGTERM, "\(outcome)")
        #expect(!place.fileNames.contains { $0.hasPrefix(name) }, "\(place.fileNames)")
      }
      #expect(stops > 0, "no run was caught while it was writing")
    }

    @Test func aRunFileSaysTheSameAsFlags() throws {
      try place.write(
        """
        model: dgd
        input: data.h5ad
        output: config.h5ad
        latent: 4
        hidden: [16]
        components: 3
        batch: 64
        lanes: 8
        epochs: 5
        frozen_epochs: 2
        embedding-steps: 3

        """, to: "run.yaml")
      // A flag wins over the run file.
      try place.succeed(["fit", "dgd", "--config", "run.yaml", "--epochs", "6"])
      try place.succeed(fit + ["--output", "flags.h5ad"])
      #expect(try place.fitBytes("config.h5ad") == place.fitBytes("flags.h5ad"))

      try place.write("input: data.h5ad\noutput: x.h5ad\nepoch: 3\n", to: "wrong.yaml")
      let outcome = try place.run(["fit", "dgd", "--config", "wrong.yaml"])
      #expect(outcome.status == 64, "\(outcome)")
      #expect(outcome.errors.contains("wrong.yaml") && outcome.errors.contains("epochs"))
      #expect(!place.has("x.h5ad"))
    }

    @Test(arguments: [
      (["--component", "4"], "--components"), (["--epochs", "many"], "--epochs"),
      (["--epochs", "0"], "--epochs"), (["--output-layer", "x"], "--output-layer"),
      (["--likelihood", "negative-binomal"], "negative-binomial"),
      (["--supervised"], "--labels"), (["--threads", "0"], "--threads"), (["--latent"], "--latent"),
      (["--config", "nowhere.yaml"], "nowhere.yaml"), (["more.h5ad"], "more.h5ad"),
    ])
    func wrongWordsAreRefusedByName(_ words: [String], _ mention: String) throws {
      let outcome = try place.run(fit + ["--output", "fit.h5ad"] + words)
      #expect(outcome.status == 64, "\(outcome)")
      #expect(outcome.errors.contains(mention), "\(outcome)")
      #expect(place.fileNames == ["data.h5ad"])
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func underMpirunWrongWordsAreNamedOnce() throws {
      let outcome = try place.run(fit + ["--output", "fit.h5ad", "--epoch", "4"], ranks: 3)
      #expect(outcome.status == 64, "\(outcome)")
      #expect(outcome.errors.components(separatedBy: "did you mean --epochs").count == 2)
    }

    @Test func anExistingOutputIsReplacedOnlyWhenAsked() throws {
      try place.write("precious", to: "fit.h5ad")
      let refused = try place.run(fit + ["--output", "fit.h5ad"])
      #expect(refused.status == 2 && refused.errorLines.count == 1, "\(refused)")
      #expect(refused.errors.contains("fit.h5ad") && refused.errors.contains("--overwrite"))
      #expect(try String(contentsOfFile: place.path("fit.h5ad"), encoding: .utf8) == "precious")
      try place.succeed(fit + ["--output", "fit.h5ad", "--overwrite"])
      #expect(try place.fitBytes("fit.h5ad").count > 8)
    }

    @Test func anOutputThatCannotBeWrittenIsSaidBeforeTheFit() throws {
      try place.write("a file, no folder", to: "file")
      for output in ["nowhere/fit.h5ad", "file/fit.h5ad"] {
        let outcome = try place.run(fit + ["--output", output])
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains(output), "\(outcome)")
        #expect(!outcome.errors.contains("epoch"), "\(outcome)")
      }
      let missing = try place.run(["fit", "dgd", "nothing.h5ad", "--output", "fit.h5ad"])
      #expect(missing.status == 2 && missing.errorLines.count == 1, "\(missing)")
      #expect(missing.errors.contains("nothing.h5ad"))
      #expect(place.fileNames == ["data.h5ad", "file"])
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func moreRanksThanLanesSayThatSomeHaveNothingToDo() throws {
      try place.succeed(fit + ["--lanes", "2", "--output", "one.h5ad"])
      let outcome = try place.succeed(fit + ["--lanes", "2", "--output", "five.h5ad"], ranks: 5)
      #expect(outcome.errors.contains("3 ranks have nothing to do"), "\(outcome)")
      #expect(try place.fitBytes("five.h5ad") == place.fitBytes("one.h5ad"))
    }
  }
}

import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Interrupted fits of TBLDA, minibatches, stochastic fits, MuData as input.
  @Suite(.serialized) struct TBLDAResumeTests {
    private let place: Workplace
    private let fit = [
      "fit", "tblda", "sim.h5ad", "--genotypes", "sim.bed", "--topics", "4", "--lanes", "9",
      "--tolerance", "0", "--quiet",
    ]

    init() throws {
      place = try Workplace()
      try place.succeed([
        "simulate", "tblda", "--donors", "30", "--samples-per-donor", "2", "--genes", "60",
        "--variants", "80", "--topics", "3", "--reads", "2000", "--output", "sim.h5ad",
      ])
    }

    private func run(_ words: [String], ranks: Int = 1) throws {
      let outcome = try place.run(words, ranks: ranks)
      // 3: the iterations are spent, which is what these fits are after.
      try #require(outcome.status == 0 || outcome.status == 3, "\(outcome)")
    }

    @Test(
      .enabled(if: Mpirun.isAvailable, "mpirun is missing"),
      arguments: [
        ["--iterations", "300", "--restarts", "2", "--refinement", "0"],
        ["--iterations", "400", "--batch", "7", "--refinement", "0"],
        ["--iterations", "100", "--refinement", "60"],
        ["--iterations", "120", "--inference", "stochastic"],
      ])
    func aKilledFitGoesOnWithOtherRanks(_ more: [String]) throws {
      let words = fit + more + ["--output", "fit.h5ad", "--checkpoint-epochs", "1"]
      let command = try place.start(words)
      #expect(place.waitsForCheckpoint(in: "fit.h5ad.checkpoints", of: command))
      command.send(signal: SIGKILL)
      _ = command.outcome(within: 60)
      #expect(!place.has("fit.h5ad"))
      try run(words + ["--resume"], ranks: 3)
      try run(fit + more + ["--output", "whole.h5ad"])
      #expect(try place.fitBytes("fit.h5ad") == place.fitBytes("whole.h5ad"))
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func minibatchesGiveTheSameBitsOnSevenRanks() throws {
      let words = fit + ["--iterations", "100", "--batch", "8", "--refinement", "0"]
      try run(words + ["--output", "1.h5ad", "--threads", "2"])
      try run(words + ["--output", "7.h5ad"], ranks: 7)
      #expect(try place.fitBytes("1.h5ad") == place.fitBytes("7.h5ad"))
      try run(fit + ["--iterations", "100", "--refinement", "0", "--output", "whole.h5ad"])
      #expect(try place.fitBytes("1.h5ad") != place.fitBytes("whole.h5ad"))
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func minibatchesNeedAFolderWithRoom() throws {
      let words = fit + ["--iterations", "20", "--output", "fit.h5ad", "--scratch"]
      for ranks in [1, 3] {
        let missing = try place.run(words + ["missing", "--batch", "8"], ranks: ranks)
        #expect(missing.status == 2 && missing.errorLines.count == 1, "\(missing)")
        #expect(missing.errors.contains("missing: is no folder"), "\(missing)")
        let unused = try place.run(words + ["."], ranks: ranks)
        #expect(unused.status == 64 && unused.errors.contains("--scratch"), "\(unused)")
      }
      // A limit on the size of files stands for a full disk.
      let full = try Command(
        URL(fileURLWithPath: "/bin/bash"),
        ["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"", Command.built("distfit").path]
          + words + [".", "--batch", "8"],
        directory: place.folder
      ).outcome(within: 60)
      #expect(full.status == 2 && full.errors.contains("cannot be written to"), "\(full)")
      #expect(!place.fileNames.contains { $0.contains("scratch") || $0 == "fit.h5ad" })
    }

    @Test func plansOfMinibatchesTellWhatIsKeptOnDisk() throws {
      let words = ["plan", "tblda", "sim.h5ad", "--genotypes", "sim.bed", "--topics", "4"]
      let (whole, parts) = (
        try place.succeed(words).output, try place.succeed(words + ["--batch", "7"]).output
      )
      #expect(!whole.contains("on disk") && parts.contains("data on disk"), "\(parts)")
      // 10 passes over 5 minibatches, and everyone.
      #expect(parts.contains("An epoch of 51 steps"), "\(parts)")
    }

    @Test func aStochasticFitIsEvaluated() throws {
      try run(
        fit + [
          "--inference", "stochastic", "--iterations", "60", "--evidence-draws", "50",
          "--held-out-genotypes", "0.1", "--output", "fit.h5ad",
        ])
      let own = try place.succeed(["evaluate", "fit.h5ad"]).output
      let anew = try place.succeed([
        "evaluate", "fit.h5ad", "--data", "sim.h5ad", "--genotypes", "sim.bed", "--draws", "50",
      ]).output
      for figure in ["ELBO", "ELBO standard error", "held-out log-likelihood a genotype"] {
        #expect(own.contains(figure) && anew.contains(figure), "\(own)\(anew)")
      }
    }

    @Test func countsComeOutOfAModalityOfMuData() throws {
      try run(fit + ["--iterations", "10", "--output", "fit.h5mu"])
      let words = ["--genotypes", "sim.bed", "--modality"]
      let plan = try place.run(["plan", "tblda", "fit.h5mu"] + words + ["protein"])
      #expect(plan.status == 2 && plan.errors.contains("protein"), "\(plan)")
      let none = try place.run(
        ["fit", "tblda", "fit.h5mu"] + words + ["protein", "--output", "bad.h5ad"])
      #expect(none.status == 2 && none.errors.contains("protein"), "\(none)")
    }
  }
}

import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// A model that is a folder of the tests and a line in the battery's list: it is fitted, distributed, stopped and
  /// resumed like the others, and nothing of this was written for it.
  @Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
  struct SixthModelTests {
    private let place: Workplace

    init() throws {
      place = try Workplace()
      try place.succeed([
        "simulate", "kronecker", "--rows", "60", "--columns", "12", "--output", "data.h5ad",
      ])
    }

    private func fit(
      _ name: String, ranks: Int = 1, threads: Int = 1, steps: Int = 0, resume: Bool = false
    ) throws -> Command.Outcome {
      let words = ["sixth-model", "data.h5ad", name, "\(threads)", "\(steps)"]
      return try Mpirun.run(
        "RankChecks", words + (resume ? ["resume"] : []), rankCount: ranks, directory: place.folder)
    }

    @Test func itsFitsAreByteIdenticalForAnyRanksAndThreads() throws {
      #expect(try fit("1.h5ad").status == 0)
      let expected = try place.fitBytes("1.h5ad")
      for (ranks, threads) in [(2, 1), (3, 2), (7, 1)] {
        let outcome = try fit("\(ranks).h5ad", ranks: ranks, threads: threads)
        #expect(outcome.status == 0, "\(outcome)")
        #expect(try place.fitBytes("\(ranks).h5ad") == expected, "\(ranks) ranks")
      }
    }

    @Test func stoppedOnTwoRanksItResumesOnThree() throws {
      #expect(try fit("whole.h5ad").status == 0)
      #expect(try fit("fit.h5ad", ranks: 2, steps: 3).status == 75)
      #expect(!place.has("fit.h5ad"))
      let outcome = try fit("fit.h5ad", ranks: 3, resume: true)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(try place.fitBytes("fit.h5ad") == place.fitBytes("whole.h5ad"))
    }
  }
}

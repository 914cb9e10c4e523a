import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Donors whose names were exchanged, as far as their reads tell it.
  @Suite(.serialized) struct SexCheckTests {
    private let place: Workplace
    private let words = [
      "fit", "tblda", "counts.tsv", "--genotypes", "sim.bed", "--samples", "samples.tsv",
      "--topics", "2", "--iterations", "5", "--tolerance", "0", "--refinement", "0", "--lanes",
      "4", "--overwrite", "--output", "fit.h5ad",
    ]
    /// Men have even numbers.
    private let sexes = (0..<8).map { $0 % 2 == 0 ? 1 : 2 }

    /// 16 samples of 8 donors.
    init() throws {
      place = try Workplace()
      try place.succeed([
        "simulate", "tblda", "--donors", "8", "--samples-per-donor", "2", "--genes", "5",
        "--variants", "12", "--output", "sim.h5ad",
      ])
      try writeCounts()
      try writeFamily(sexes)
      try writeSamples()
    }

    /// Reads of XIST in women, of Y genes in men, of a few in women too, as of the X genes like them.
    private func writeCounts(
      withoutXIST lost: Int? = nil, genes: String = "XIST\tENSG00000129824.5\tDDX3Y"
    ) throws {
      var text = "sample\t\(genes)\ta\tb\tc\td\n"
      for sample in 0..<16 {
        let donor = sample / 2
        let own = donor % 2 == 0 ? [1, 80, 60] : [donor == lost ? 0 : 90, 15, 20]
        let reads = own + (0..<4).map { 900 + (sample * 37 + $0 * 11) % 100 }
        text += "s\(sample)" + reads.map { "\t\($0)" }.joined() + "\n"
      }
      try place.write(text, to: "counts.tsv")
    }

    private func writeFamily(_ sexes: [Int]) throws {
      let lines = sexes.enumerated().map { "f donor\($0) 0 0 \($1) -9\n" }
      try place.write(lines.joined(), to: "sim.fam")
    }

    private func writeSamples(_ header: String = "", _ sex: (Int) -> String = { _ in "" }) throws {
      try place.write(
        "sample\tdonor\(header)\n"
          + (0..<16).map { "s\($0)\tdonor\($0 / 2)\(sex($0 / 2))\n" }.joined(), to: "samples.tsv")
    }

    private func expectFit(_ more: [String] = [], says part: String) throws {
      let outcome = try place.run(words + more)
      #expect(outcome.status == 3 && outcome.errors.contains(part), "\(outcome)")
    }

    private func expectRefusal(_ donors: [String]) throws {
      for ranks in [1, 2, 7] {
        try? FileManager.default.removeItem(atPath: place.path("fit.h5ad"))
        let outcome = try place.run(words, ranks: ranks)
        #expect(outcome.status == 2 && outcome.errorLines.count == 1, "\(outcome)")
        #expect(outcome.errors.contains("of \(donors.count) donors do not fit"), "\(outcome)")
        for donor in donors { #expect(outcome.errors.contains("\(donor) ("), "\(outcome)") }
        #expect(!place.has("fit.h5ad"))
      }
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func aManAndAWomanWhoseNamesWereExchangedAreNamed() throws {
      try expectFit(says: "the reads of 8 donors fit the sex")
      var exchanged = sexes
      exchanged.swapAt(2, 5)
      try writeFamily(exchanged)
      try expectRefusal(["donor2", "donor5"])
      try expectFit(["--ignore-sex"], says: "warning: sim.bed: the samples of 2 donors do not fit")
      // The genes of a chromosome may be fitted: the check sees all of them.
      let median = try place.run(words + ["--minimum-median", "500"])
      #expect(median.status == 2 && median.errors.contains("donor5 ("), "\(median)")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func annotationsThatContradictTheGenotypesAreNamed() throws {
      try writeSamples("\tSex") { donor in "\t" + (donor == 3 || donor % 2 == 0 ? "M" : "F") }
      try expectRefusal(["donor3"])
      // Of genotypes without a sex nothing is said.
      try writeFamily(sexes.map { _ in 0 })
      let silent = try place.run(words)
      #expect(silent.status == 3 && !silent.errors.contains("sex"), "\(silent)")
    }

    @Test func cellsThatLostXISTAndDataWithoutTheGenesSayNothing() throws {
      try writeCounts(withoutXIST: 5)
      try expectFit(says: "the reads of 7 donors fit the sex")
      try writeFamily(sexes.map { 3 - $0 })
      try writeCounts(genes: "x\ty\tz")
      let silent = try place.run(words)
      #expect(silent.status == 3 && !silent.errors.contains("sex"), "\(silent)")
    }
  }
}

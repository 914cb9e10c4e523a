import Foundation
import TestSupport
import Testing

/// `distfit sweep` as a person uses it.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct SweepCommandTests {
  private let plan = """
    model: dgd
    input: data.h5ad
    latent: 3
    hidden: 8
    batch: 64
    lanes: 4
    epochs: 3
    embedding-steps: 2
    sweep:
      components: [2, 3]
      seed: 1..2
    include:
      - {input: missing.h5ad}
    """

  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.succeed(simulateWords)
    try place.write(plan, to: "plan.yaml")
    return place
  }

  @Test func theListTellsTimeAndMemoryBeforeAnythingRuns() throws {
    let place = try place()
    let list = try place.succeed(["sweep", "plan.yaml", "--list"]).output
    let rows = list.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(rows.count == 7 && rows[0] == ["point", "time", "memory of a rank", "settings"])
    let fit = try #require(rows.first { $0[0] == "components=2,seed=1" }, "\(list)")
    #expect(fit[1].hasSuffix(" s") && fit[2].hasSuffix("B"), "\(list)")
    #expect(fit[3].contains("dgd data.h5ad") && fit[3].contains("--components=2"), "\(list)")
    let missing = try #require(rows.first { $0[0] == "input=missing" }, "\(list)")
    #expect(missing[1] == "?" && missing[2] == "?", "\(list)")
    #expect(rows[6][0].hasPrefix("5 points, 4 of them "), "\(list)")
    #expect(rows[6][0].contains(" in 2 groups; time is that of computing"), "\(list)")
    #expect(!place.has("sweep"))
  }

  @Test func aSweepIsDoneOnceAndItsTableTellsAll() throws {
    let place = try place()
    let words = ["sweep", "plan.yaml", "--output", "sweep"]
    let first = try place.run(words, ranks: 3)
    #expect(first.status == 2, "a point failed: \(first)")
    let status = try place.succeed(words + ["--status"]).output
    #expect(status == "4 of 5 done, 1 failed, 0 running, 0 left\n")
    try place.succeed(words + ["--collect", "table.tsv"])
    let table = try String(contentsOfFile: place.path("table.tsv"), encoding: .utf8)
    let rows = table.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    #expect(rows.count == 6, "\(table)")
    let (state, message) = (
      try #require(rows[0].firstIndex(of: "status")),
      try #require(rows[0].firstIndex(of: "message"))
    )
    for row in rows[1...4] { #expect(row[state] == "done" && row[message].isEmpty, "\(table)") }
    #expect(rows[5][state] == "failed" && rows[5][message].contains("missing.h5ad"), "\(table)")
    let ranks = try #require(rows[0].firstIndex(of: "ranks"))
    let figure = words + ["--figure", "figure.svg", "--measures"]
    try place.succeed(figure + ["\(rows[0][ranks + 1])"])
    let drawing = try String(contentsOfFile: place.path("figure.svg"), encoding: .utf8)
    #expect(drawing.components(separatedBy: "<circle ").count == 1 + 4, "\(drawing)")
    let refused = try place.run(figure + ["nothing", "--overwrite"])
    #expect(refused.status == 2 && refused.errors.contains("there are: \(rows[0][ranks + 1])"))
    let fit = try Data(contentsOf: place.folder.appendingPathComponent(fitPath))
    // Once more: nothing is left to do, and nothing is touched.
    #expect(try place.run(words).status == 2)
    #expect(try Data(contentsOf: place.folder.appendingPathComponent(fitPath)) == fit)
  }

  @Test func aPointHasTheBitsOfItsFitAlone() throws {
    let place = try place()
    _ = try place.run(
      ["sweep", "plan.yaml", "--output", "sweep", "--ranks-per-fit", "2"], ranks: 4)
    let settings = [
      "--latent=3", "--hidden=8", "--batch=64", "--lanes=4", "--epochs=3", "--embedding-steps=2",
      "--components=3", "--seed=2",
    ]
    let alone = try place.run(["fit", "dgd", "data.h5ad", "--output", "alone.h5ad"] + settings)
    #expect([0, 3].contains(alone.status), "\(alone)")
    #expect(try place.fitBytes("alone.h5ad") == place.fitBytes(fitPath))
  }

  @Test func anotherPlanInTheSameFolderIsRefused() throws {
    let place = try place()
    let words = ["sweep", "plan.yaml", "--output", "sweep"]
    _ = try place.run(words, ranks: 2)
    try place.write(plan.replacing("epochs: 3", with: "epochs: 4"), to: "plan.yaml")
    let other = try place.run(words, ranks: 2)
    #expect(other.status == 2 && other.errorLines.count == 1, "\(other)")
    #expect(other.errors.contains("(now: --epochs=4)"), "\(other)")
  }

  @Test func chromosomePairsAreSettingsThatTBLDAHas() throws {
    let place = try Workplace()
    try place.write(
      """
      model: tblda
      input: counts.h5ad
      genotypes: genotypes.bed
      sweep:
        chromosome-pairs: 1..22
      """, to: "plan.yaml")
    let list = try place.succeed(["sweep", "plan.yaml", "--list"]).output
    #expect(list.contains("gene-chromosome=22,variant-chromosome=1\t"), "\(list)")
    #expect(list.contains("484 points") && !list.contains("refused"), "\(list)")
  }

  private let fitPath = "sweep/points/components=3,seed=2/fit.h5ad"
}

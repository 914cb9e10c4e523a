import Foundation
import TestSupport
import Testing

/// What a plan may say: everything else is one line, at once, and nothing is written.
@Suite(.serialized) struct SweepPlanFileTests {
  private let head = "model: dgd\ninput: data.h5ad\n"

  @Test(arguments: [
    ("sweep: {../../x: [1, 2]}", "../../x"),
    ("sweep: {seed: 1e19..1e19}", "2^53"),
    ("sweep: {seed: 1..99999999999999999999}", "seed"),
    ("sweep: {seed: 1..1000000, components: 1..1000000, latent: 1..1000000}", "combinations"),
    ("sweep: {latent: [010, 20]}", "begins with 0"), ("latent: 010", "begins with 0"),
    ("test_fraction: 0.1\ntest-fraction: 0.2", "test-fraction is set twice"),
    ("sweep: {hidden: [{a: 1}, 20]}", "mapping"), ("hidden: [10, {a: 1}]", "mapping"),
    ("output: there.h5ad", "output:"), ("checkpoints: there", "checkpoints:"),
    ("sweep: {checkpoints: [a, b]}", "checkpoints:"), ("resume: true", "resume:"),
    ("sweep: {sed: [1, 2]}", "did you mean seed?"),
    ("include:\n  - {seed: 1..1000000, latent: 1..1000000}", "include"),
  ])
  func whatIsNoPlanIsOneLine(lines: String, words: String) throws {
    let place = try Workplace()
    try place.write(head + lines + "\n", to: "plan.yaml")
    for more in [["--list"], ["--output", "sweep"]] {
      let clock = ContinuousClock.now
      let outcome = try place.run(["sweep", "plan.yaml"] + more)
      #expect(outcome.status == 64 && outcome.errorLines.count == 1, "\(outcome)")
      #expect(outcome.errors.contains(words), "\(outcome)")
      #expect(clock.duration(to: .now) < .seconds(30))
      #expect(place.fileNames == ["plan.yaml"])
    }
  }

  @Test func aMillionPointsAreNotListed() throws {
    let place = try Workplace()
    try place.write(head + "sweep: {seed: 1..999999}\n", to: "plan.yaml")
    let outcome = try place.run(["sweep", "plan.yaml", "--list"])
    #expect(outcome.status == 64 && outcome.errors.contains("999999 points"), "\(outcome)")
  }

  @Test func aQuotedNumberIsATextAndStillANumberWhereOneIsWanted() throws {
    let place = try Workplace()
    try place.succeed(simulateWords)
    try place.write("input: data.h5ad\nseed: \"3\"\nepochs: 2\nbatch: \"64\"\n", to: "run.yaml")
    let words = ["fit", "dgd", "--config", "run.yaml", "--latent", "2", "--output", "fit.h5ad"]
    #expect([0, 3].contains(try place.run(words).status))
  }

  @Test func pointsOfReplacedDataAreNamedAndRefittedOnRequest() throws {
    let place = try Workplace()
    try place.succeed(simulateWords)
    let settings = quickSettings.joined(separator: " ").split(separator: "--").map {
      $0.trimmingCharacters(in: .whitespaces).replacing(" ", with: ": ")
    }
    try place.write(
      head + settings.filter { !$0.isEmpty }.joined(separator: "\n")
        + "\nsweep: {seed: 1..2}\n", to: "plan.yaml")
    let words = ["sweep", "plan.yaml", "--output", "sweep"]
    try place.succeed(words)
    let fit = "sweep/points/seed=1/fit.h5ad"
    let before = try place.fitBytes(fit)
    // The same bytes at another time are the same data.
    let data = try Data(contentsOf: place.folder.appendingPathComponent("data.h5ad"))
    try data.write(to: place.folder.appendingPathComponent("data.h5ad"))
    #expect(try place.succeed(words).errors.contains("2 of 2 done"))
    try place.succeed(simulateWords + ["--seed", "77", "--overwrite"])
    let refused = try place.run(words)
    #expect(refused.status == 2 && refused.errorLines.count == 1, "\(refused)")
    #expect(refused.errors.contains("seed=1, seed=2") && refused.errors.contains("data.h5ad"))
    #expect(try place.fitBytes(fit) == before)
    #expect(try place.succeed(words + ["--status"]).output.contains("changed since"))
    try place.succeed(words + ["--refit-changed"])
    #expect(try place.fitBytes(fit) != before)
    #expect(try place.succeed(words).errors.contains("2 of 2 done"))
  }
}

import Foundation
import TestSupport
import Testing

/// A failure at each of the meetings of a whole fit.
@Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
struct FitFailureTests {
  private static let dgd = ["dgd", "--components", "3", "--density", "0.3"]
  private static let levels = ["prrr", "--design", "levels", "--covariates", "4"]

  @Test(arguments: [("dgd", dgd), ("prrr", levels), ("nn-prrr", levels)])
  func aFailureAtAnyAgreementOfAFitEndsAllRanksAndLeavesNoHalfFit(
    _ model: String, _ simulation: [String]
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try Command.run(
      Command.built("distfit"),
      ["simulate"] + simulation + ["--cells", "90", "--genes", "60", "--output", "data.h5ad"],
      directory: folder)
    try #require(made.status == 0, "\(made)")
    let whole = try Mpirun.run(
      "RankChecks", ["fit-with-failure", model, "data.h5ad", "fit.h5ad"], rankCount: 3,
      directory: folder)
    try #require(whole.status == 0, "\(whole)")
    let count = try #require(whole.output.split(separator: " ").first.flatMap { Int($0) })
    #expect(count > 6, "\(whole)")
    for agreement in 1...count {
      let outcome = try Mpirun.run(
        "RankChecks",
        [
          "fit-with-failure", model, "data.h5ad", "\(agreement).h5ad", "\(agreement % 3)",
          "\(agreement)",
        ],
        rankCount: 3, directory: folder)
      #expect(outcome.status == 2, "agreement \(agreement): \(outcome)")
      let messages = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Error:") }
      #expect(messages.count == 1, "agreement \(agreement): \(outcome)")
      #expect(
        messages.first?.contains("(agreement \(agreement))") == true,
        "agreement \(agreement): \(outcome)")
      // Either nothing under the name, or (when clearing up failed) the whole fit.
      let fit = folder.appendingPathComponent("\(agreement).h5ad").path
      if FileManager.default.fileExists(atPath: fit) {
        let look = try Command.run(
          Command.built("distfit"),
          model == "nn-prrr" ? ["prrr", "associate", fit] : ["evaluate", fit])
        #expect(look.status == 0, "agreement \(agreement): \(look)")
      }
      let leftovers = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasPrefix("\(agreement).h5ad.partial")
      }
      #expect(leftovers.isEmpty, "agreement \(agreement): \(leftovers)")
    }
  }
}

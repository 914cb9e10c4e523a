import ArgumentParser
import Fitting
import Foundation

/// `distfit medmagma evaluate networks.h5ad --labels cell_type`
struct EvaluateNetworksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "How well networks of cells agree with known classes.",
    discussion: """
      Nominal assortativity of the classes on the graphs of the k strongest edges, and AMI, ARI and both \
      balanced over the true classes of Leiden's communities; the best over k = 1, 2, 3, 4, 5, 10, 15 … 40 (as far \
      as the file has edges; a fit with --matrices has all) and resolutions 0.02, 0.04 … 2. The diagonal is no \
      edge. Prints a table; --output writes it as JSON, too.
      """)

  @Argument(help: "A fit of medmagma or gmgm (.h5ad).") var networks: String
  @Option(help: "A column of obs with the true classes.") var labels: String
  @Flag(
    help: "Numeric assortativity of class codes, and communities balanced, as in the publication.")
  var paperMetrics = false
  @Option(help: "A JSON file for the figures.") var output: String?

  func run() throws {
    try reportingErrors {
      let figures = try NetworkEvaluation(
        file: NetworkFile(networks), labels: labels, isPublished: paperMetrics
      ).figures()
      for (name, value) in figures {
        print(name.padding(toLength: 32, withPad: " ", startingAt: 0), shortText(value))
      }
      if let output {
        // JSON has no NaN: what is not defined is left out.
        let object = Dictionary(
          figures.filter { $0.1.isFinite }, uniquingKeysWith: { first, _ in first })
        let data = try JSONSerialization.data(
          withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
        try data.write(to: URL(fileURLWithPath: output), options: .atomic)
      }
    }
  }
}

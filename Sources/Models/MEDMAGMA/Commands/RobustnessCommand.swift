import Collectives
import Commands
import Fitting
import Graphs
import Modeling
import Models

/// `distfit medmagma robustness networks.h5ad`
struct RobustnessCommand: LocalCommand {
  static let name = "robustness"
  static let summary =
    "How stable communities are under growing perturbation of edges, against chance."
  static let discussion = """
    A growing fraction of the edges is rewired, every vertex keeping its degree, and the communities found \
    again: the distance is 1 − AMI with those before. The same is done with random graphs of the same \
    degrees. Superiority is the chance that a random graph suffers more: 0.5 for no structure, 1 for certain.
    """
  static let printsResult = true

  struct Options: ModelConfiguration {
    var graph = GraphOptions()
    var repeats = 20
    var steps = 12

    init() { graph.axis = .cells }

    static var settings: [Setting<Options>] {
      settings(of: \.graph) + [
        .integer(
          "repeats", \.repeats, in: 1...1_000_000,
          "Random graphs, and perturbations of each fraction."),
        .integer("steps", \.steps, in: 1...20, "Steps of 5 % from no perturbation."),
      ]
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let graph = try options.graph.graph(of: FittedFile(options.graph.networks))
    guard graph.edges.count >= 2 else {
      throw ModelError(
        "\(options.graph.networks): the graph of \(options.graph.axis.rawValue) has no two edges to swap"
      )
    }
    let result = try Robustness(
      of: graph, resolution: options.graph.resolution,
      fractions: (0...options.steps).map { Double($0) * 0.05 }, repeats: options.repeats,
      seed: options.graph.seed)
    var report = Report()
    report.addRecord("graph", ["communities": .integer(result.communityCount)])
    report.addTable(
      "levels", columns: ["fraction", "distance", "of random graphs"],
      rows: result.levels.map {
        [short($0.fraction), short(mean($0.distances)), short(mean($0.nullDistances))]
      })
    report.addRecord(
      "summary",
      [
        "mean distance": short(mean(result.areas(ofNull: false))),
        "mean distance of random graphs": short(mean(result.areas(ofNull: true))),
        "superiority": short(result.superiority),
      ])
    console.show(report)
    return .success
  }

  private static func short(_ value: Double) -> Report.Value { .number(value, shortText(value)) }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }
}

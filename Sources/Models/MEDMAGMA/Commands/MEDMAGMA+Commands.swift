public import Commands
import Fitting
import Graphs
import Modeling
public import Models

extension MEDMAGMA: CommandedModel {
  /// What can be done with networks once they are there.
  public static var commandSummary: String { "Modules and stability of fitted networks." }

  /// `distfit medmagma …`, for fits of gmgm, too.
  public static var commands: [CommandTree] {
    [.command(ModulesCommand.self), .command(RobustnessCommand.self)]
  }
}

/// Which graph of a fit is meant.
struct GraphOptions: ModelConfiguration {
  enum Axis: String, CaseIterable, Sendable {
    case genes
    case cells

    /// Where an AnnData file has the graph.
    var group: String { self == .genes ? "varp" : "obsp" }
  }

  var networks = ""
  var axis = Axis.genes
  var top = 5
  var resolution = 1.0
  var seed = 0

  static var settings: [Setting<GraphOptions>] {
    [
      .word("networks", \.networks, "<networks.h5ad>", "A fit of medmagma or gmgm.")
        .marked([.operand, .required, .input]),
      .choice("axis", \.axis, "What the vertices are."),
      .integer(
        "top", \.top, in: 1...Int.max, "Edges among the so many strongest of either end."),
      .number(
        "resolution", \.resolution, in: Double.leastNonzeroMagnitude...Double.infinity,
        "Resolution of Leiden's algorithm: the higher, the more modules."),
      .seed(\.seed),
    ]
  }

  /// The graph of the strongest edges of either end.
  ///
  /// - Throws: `ModelError` where the file has fewer of them.
  func graph(of fitted: FittedFile) throws -> Graph {
    let (neighbours, largest) = try fitted.contents.strongestNeighbours(axis.group)
    if let largest, top > largest {
      throw ModelError(
        "\(networks): has the \(largest) strongest edges of each vertex, not \(top): fit with --top \(top) or --matrices"
      )
    }
    return neighbours.graph(top: top)
  }
}

import ArgumentParser
import Fitting
import Foundation
import Graphs
import Metrics
import Modeling
import Models
import Storage

/// `distfit medmagma …`: what can be done with networks once they are there.
struct MEDMAGMACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "medmagma", abstract: "Modules and stability of fitted networks.",
    subcommands: [ModulesCommand.self, RobustnessCommand.self])
}

/// Which vertices.
enum NetworkAxis: String, CaseIterable, ExpressibleByArgument {
  case genes
  case cells

  var group: String { self == .genes ? "varp" : "obsp" }
}

extension FittedFile {
  /// The graph of the strongest edges of either end.
  ///
  /// - Throws: `ModelError` where the file has fewer of them.
  fileprivate func graph(of axis: NetworkAxis, top: Int) throws -> Graph {
    let (neighbours, largest) = try contents.strongestNeighbours(axis.group)
    if let largest, top > largest {
      throw ModelError(
        "\(contents.path): has the \(largest) strongest edges of each vertex, not \(top): fit with --top \(top) or --matrices"
      )
    }
    return neighbours.graph(top: top)
  }
}

/// Runs a command's work; an error becomes one line and status 2.
func reportingErrors(_ work: () throws -> Void) throws {
  do {
    try work()
  } catch let error as ValidationError {
    throw error
  } catch {
    FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
    throw ExitCode(2)
  }
}

/// `distfit medmagma modules networks.h5ad --resolution 1 --labels cell_type`
struct ModulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "modules",
    abstract: "Leiden communities of genes or cells; with labels, whether gene modules differ.",
    discussion: """
      Prints each vertex with its module. With --labels the gene modules follow with an analysis of variance: \
      a module's expression in a cell is the mean over its genes of log(1 + x), each gene standardised over \
      the cells; F and p are of its means over the classes, q adjusts for the number of modules \
      (Benjamini-Hochberg).
      """)

  @Argument(help: "A fit of medmagma or gmgm (.h5ad).") var networks: String
  @Option(help: "Vertices: genes or cells.") var axis = NetworkAxis.genes
  @Option(help: "Edges among the so many strongest of either end.") var top = 5
  @Option(help: "Resolution of Leiden's algorithm: the higher, the more modules.") var resolution =
    1.0
  @Option(help: "A column of obs with classes, for the analysis of variance.") var labels: String?
  @Option(help: "Modules with fewer vertices are not analysed.") var smallest = 3
  @Option(help: "Seed of Leiden's algorithm.") var seed = 0
  @Option(help: "A file for the table instead of the terminal (.tsv).") var output: String?

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top: \(top) is not 1 or more") }
    guard resolution > 0 else {
      throw ValidationError("--resolution: \(resolution) is not above 0")
    }
    guard seed >= 0 else { throw ValidationError("--seed: \(seed) is not 0 or more") }
    guard labels == nil || axis == .genes else {
      throw ValidationError("--labels analyses modules of genes: leave out --axis cells")
    }
  }

  func run() throws {
    try reportingErrors {
      let fitted = try FittedFile(networks)
      let communities = try Communities(of: fitted.graph(of: axis, top: top))
      let modules = try communities.leiden(resolution: resolution, seed: UInt64(seed))
      let names = axis == .genes ? fitted.columns.names : fitted.rows.names
      var lines = ["name\tmodule"]
      lines += zip(names, modules).map { "\($0)\t\($1)" }
      if let labels { lines += [""] + (try analysis(fitted, modules, labels)) }
      let text = lines.joined(separator: "\n") + "\n"
      if let output {
        try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
      } else {
        print(text, terminator: "")
      }
    }
  }

  private func analysis(
    _ fitted: FittedFile, _ modules: [Int], _ labels: String
  ) throws -> [String] {
    let codes = try NetworkClasses(labels, of: fitted.rows, in: "\(networks): obs").codes
    let expression = try standardised(fitted)
    let cellCount = codes.count
    var rows: [(module: Int, size: Int, variance: VarianceAnalysis)] = []
    for module in Set(modules).sorted() {
      let genes = modules.indices.filter { modules[$0] == module }
      guard genes.count >= smallest else { continue }
      let values = (0..<cellCount).map { cell in
        genes.reduce(0) { $0 + expression[cell * modules.count + $1] } / Double(genes.count)
      }
      guard let variance = VarianceAnalysis(values, groups: codes) else { continue }
      rows.append((module, genes.count, variance))
    }
    let adjusted = MultipleTesting.benjaminiHochberg(rows.map(\.variance.p))
    return ["module\tgenes\tF\tp\tq"]
      + zip(rows, adjusted).map { row, q in
        "\(row.module)\t\(row.size)\t\(shortText(row.variance.f))\t\(row.variance.p)\t\(q)"
      }
  }

  /// log(1 + x) of cells × genes with mean 0 and variance 1 of every gene; as they are where values are negative.
  private func standardised(_ fitted: FittedFile) throws -> [Double] {
    let array = try fitted.file.array("X")
    let (rowCount, width) = (array.shape[0], array.shape[1])
    let areLogarithms = array.values.contains { $0 < 0 }
    var values = areLogarithms ? array.values : array.values.map { log1p($0) }
    for column in 0..<width {
      let places = stride(from: column, to: rowCount * width, by: width)
      let mean = places.reduce(0) { $0 + values[$1] } / Double(rowCount)
      let variance =
        places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) } / Double(rowCount)
      let scale = variance > 0 ? 1 / variance.squareRoot() : 0
      for place in places { values[place] = (values[place] - mean) * scale }
    }
    return values
  }
}

/// `distfit medmagma robustness networks.h5ad`
struct RobustnessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "robustness",
    abstract: "How stable communities are under growing perturbation of edges, against chance.",
    discussion: """
      A growing fraction of the edges is rewired, every vertex keeping its degree, and the communities found \
      again: the distance is 1 − AMI with those before. The same is done with random graphs of the same \
      degrees. Superiority is the chance that a random graph suffers more: 0.5 for no structure, 1 for certain.
      """)

  @Argument(help: "A fit of medmagma or gmgm (.h5ad).") var networks: String
  @Option(help: "Vertices: genes or cells.") var axis = NetworkAxis.cells
  @Option(help: "Edges among the so many strongest of either end.") var top = 5
  @Option(help: "Resolution of Leiden's algorithm.") var resolution = 1.0
  @Option(help: "Random graphs, and perturbations of each fraction.") var repeats = 20
  @Option(help: "Steps of 5 % from no perturbation.") var steps = 12
  @Option(help: "Seed.") var seed = 0

  func validate() throws {
    guard top > 0, repeats > 0, seed >= 0, resolution > 0 else {
      throw ValidationError("--top, --repeats, --resolution are above 0, --seed not below")
    }
    guard (1...20).contains(steps) else {
      throw ValidationError("--steps: \(steps) is not between 1 and 20")
    }
  }

  func run() throws {
    try reportingErrors {
      let fitted = try FittedFile(networks)
      let graph = try fitted.graph(of: axis, top: top)
      guard graph.edges.count >= 2 else {
        throw ModelError("\(networks): the graph of \(axis.rawValue) has no two edges to swap")
      }
      let result = try Robustness(
        of: graph, resolution: resolution, fractions: (0...steps).map { Double($0) * 0.05 },
        repeats: repeats, seed: seed)
      print("communities\t\(result.communityCount)")
      print("fraction\tdistance\tof random graphs")
      for level in result.levels {
        print(
          "\(shortText(level.fraction))\t\(shortText(mean(level.distances)))\t\(shortText(mean(level.nullDistances)))"
        )
      }
      print("mean distance\t\(shortText(mean(result.areas(ofNull: false))))")
      print("mean distance of random graphs\t\(shortText(mean(result.areas(ofNull: true))))")
      print("superiority\t\(shortText(result.superiority))")
    }
  }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }
}

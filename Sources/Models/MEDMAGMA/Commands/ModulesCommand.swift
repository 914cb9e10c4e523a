import Collectives
import Commands
import Fitting
import Graphs
import Modeling
import Models
import Storage

/// `distfit medmagma modules networks.h5ad --resolution 1 --labels cell_type`
struct ModulesCommand: LocalCommand {
  static let name = "modules"
  static let summary =
    "Leiden communities of genes or cells; with labels, whether gene modules differ."
  static let discussion = """
    Prints each vertex with its module. With --labels the gene modules follow with an analysis of variance: \
    a module's expression in a cell is the mean over its genes of log(1 + x), each gene standardised over \
    the cells; F and p are of its means over the classes, q adjusts for the number of modules \
    (Benjamini-Hochberg).
    """
  static let printsResult = true

  struct Options: ModelConfiguration {
    var graph = GraphOptions()
    var labels: String?
    var smallest = 3
    var output = OptionalFile()

    static var settings: [Setting<Options>] {
      let output = OptionalFile.settings(
        "<file>", "A file for the table instead of the terminal (.tsv).")
      return settings(of: \.graph) + [
        .text(
          "labels", \.labels, "<obs column>",
          "A column of obs with classes, for the analysis of variance."),
        .integer(
          "smallest", \.smallest, in: 0...Int.max,
          "Modules with fewer vertices are not analysed."),
      ] + settings(of: \.output, output)
    }

    func validate() throws(SettingError) {
      guard labels == nil || graph.axis == .genes else {
        throw SettingError("labels", "analyses modules of genes: leave out --axis cells")
      }
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let fitted = try FittedFile(options.graph.networks)
    let communities = try Communities(of: options.graph.graph(of: fitted))
    let modules = try communities.leiden(
      resolution: options.graph.resolution, seed: UInt64(options.graph.seed))
    let names = options.graph.axis == .genes ? fitted.columns.names : fitted.rows.names
    var report = Report()
    report.addTable(
      "modules", columns: ["name", "module"],
      rows: zip(names, modules).map { [.text($0), .integer($1)] })
    if let labels = options.labels {
      let classes = try NetworkClasses(
        labels, of: fitted.rows, in: "\(options.graph.networks): obs")
      let array = try fitted.file.array("X")
      let tests = ModuleTest.all(
        modules, expression: array.values, classes: classes.codes, smallest: options.smallest)
      report.addTable("variance", of: tests)
    }
    guard let path = options.output.path else {
      console.show(report)
      return .success
    }
    try AtomicFile.write(report.text(as: .text), to: path, overwrite: options.output.overwrite)
    return .success
  }
}

extension Report {
  fileprivate mutating func addTable(_ name: String, of tests: [ModuleTest]) {
    let columns = ["module", "genes", "F", "p", "q"]
    let lines = tests.map {
      "\($0.module)\t\($0.geneCount)\t\(shortText($0.variance.f))\t\($0.variance.p)\t\($0.adjusted)"
    }
    addTable(
      name, columns: columns,
      rows: tests.map {
        [
          .integer($0.module), .integer($0.geneCount), .number($0.variance.f),
          .number($0.variance.p), .number($0.adjusted),
        ]
      }, text: (["", columns.joined(separator: "\t")] + lines).joined(separator: "\n"))
  }
}

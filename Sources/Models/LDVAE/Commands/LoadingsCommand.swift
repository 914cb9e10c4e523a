import Collectives
import Commands
import Fitting
import Foundation
import Modeling
import Models
import Storage

/// `distfit ldvae loadings fit.h5ad --top 20 --output loadings.tsv`
struct LoadingsCommand: LocalCommand {
  static let name = "loadings"
  static let summary = "The genes with the largest loadings of each factor."
  static let discussion = """
    A line for each factor, direction and rank: the gene, its loading, the factor's strength (deviance of a cell \
    that is lost when the factor is zeroed) and ‖w‖ · sd z. --matrix writes all loadings, genes × factors; --rnk \
    all genes of each factor as a ranked list for enrichment programs; --pairs for each two factors the genes that \
    weigh most in both together.
    """
  static let printsResult = true

  struct Options: ModelConfiguration {
    var fit = ""
    var output = OptionalFile()
    var top = 20
    var matrix: String?
    var pairs: String?
    var rnk: String?

    static var settings: [Setting<Options>] {
      let output = OptionalFile.settings(
        "<file>", "The table to write, .tsv or .tsv.gz; none: standard output.")
      return [.fit(\.fit)] + settings(of: \.output, output) + [
        .integer("top", \.top, in: 1...1_000_000, "Genes of each factor and direction."),
        .text("matrix", \.matrix, "<file>", "A table of all loadings to write, genes × factors.")
          .marked(.output),
        .text(
          "pairs", \.pairs, "<file>",
          "A table to write: for every two factors the eight genes with the largest ‖(w_i, w_j)‖."
        ).marked(.output),
        .text(
          "rnk", \.rnk, "<folder>", "A folder for ranked lists (.rnk), a file for each factor."),
      ]
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let loadings = try FactorLoadings(FittedFile(options.fit))
    let columns = ["factor", "direction", "rank", "gene", "loading", "strength", "spread"]
    let rows = loadings.topRows(options.top)
    let overwrite = options.output.overwrite
    if let path = options.output.path {
      try write(rows, columns, to: path, overwrite: overwrite)
    } else {
      var report = Report()
      report.addTable("rows", columns: columns, rows: rows)
      console.show(report)
    }
    if let path = options.matrix {
      try write(
        loadings.matrixRows, ["gene"] + loadings.factorNames, to: path, overwrite: overwrite)
    }
    if let path = options.pairs {
      try write(
        loadings.pairRows, ["first factor", "second factor", "rank", "gene", "norm"], to: path,
        overwrite: overwrite)
    }
    if let folder = options.rnk {
      for factor in loadings.factorNames.indices {
        let order = topFeatures(loadings.values(ofFactor: factor), fraction: 1)
        let writer = try TableWriter(
          "\(folder)/\(loadings.factorNames[factor]).rnk", header: ["# name", "score"],
          overwrite: overwrite)
        for gene in order {
          try writer.append([
            loadings.genes[gene], "\(loadings.values(ofFactor: factor)[gene])",
          ])
        }
        try writer.finish()
      }
    }
    console.log.note(
      "\(options.fit): \(loadings.genes.count) genes, \(loadings.factorNames.count) factors")
    return .success
  }

  private static func write(
    _ rows: [[Report.Value]], _ columns: [String], to path: String, overwrite: Bool
  ) throws {
    let writer = try TableWriter(path, header: columns, overwrite: overwrite)
    for row in rows { try writer.append(row.map(\.words)) }
    try writer.finish()
  }
}

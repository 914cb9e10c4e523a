import Collectives
import Commands
import Fitting
import Foundation
import Modeling
import Models
import Storage

/// `distfit prrr associate fit.h5ad --top 50`
struct AssociateCommand: LocalCommand {
  static let name = "associate"
  static let summary = "The strongest associations of covariates with genes."
  static let discussion = """
    Prints the strongest pairs and the genes that mark each covariate. --output also writes a folder:

      associations.tsv      pairs over all factors and for each factor, with intervals
      markers.tsv           for each covariate the genes that it raises most, and lowers most
      factors.tsv           strength, covariates and genes of each factor
      factor_1.rnk …        all genes by their loading, for gene set enrichment
      covariate_order.tsv   covariates in the order of a hierarchical clustering of their effects
      covariate_tree.tsv    that clustering, as SciPy's linkage matrix
      coefficients.tsv      the effect of every covariate on every gene, with --coefficients

    The effect of a level is the difference to the mean of the other levels of its category, that of a number \
    the effect of one unit (one standard deviation if standardised). prrr and rrr: natural logarithms of \
    expression; nn-prrr: shares of the gene's mean rate. Pairs are ranked by the end of the interval that is \
    nearer to 0; without intervals (rrr, nn-prrr by map) by the effect.
    """
  static let printsResult = true

  struct Options: ModelConfiguration {
    var fit = ""
    var top = 50
    var markers = 10
    var level = 0.95
    var output: String?
    var coefficients = false
    var overwrite = false

    static var settings: [Setting<Options>] {
      [
        .fit(\.fit),
        .integer(
          "top", \.top, in: 1...Int.max, "Pairs over all factors, and of each factor."),
        .integer("markers", \.markers, in: 1...Int.max, "Genes that mark a covariate."),
        .number(
          "level", \.level, in: 0.000_001...0.999_999_999, "Probability of the intervals."),
        .text("output", \.output, "<folder>", "A folder for the tables, too."),
        .flag(
          "coefficients", \.coefficients,
          "Write the effect of every covariate on every gene, too."),
        .flag("overwrite", \.overwrite, "Write into a folder that exists."),
      ]
    }

    func validate() throws(SettingError) {
      if coefficients, output == nil {
        throw SettingError("coefficients", "needs a folder: --output associations")
      }
    }
  }

  /// Covariates whose markers are printed; of more, such as variants, they are for a file.
  private static let printingLimit = 100

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let fitted = try FittedFile(options.fit)
    let tables = AssociationTables(
      try fitted.association(), genes: fitted.columns.names,
      .init(top: options.top, markerCount: options.markers, level: options.level))
    console.show(report(tables))
    if let folder = options.output {
      try write(tables, to: folder, options)
      if tables.names.count > AssociationTables.clusteringLimit {
        console.log.warning(
          "\(tables.names.count) covariates are too many to be clustered (at most \(AssociationTables.clusteringLimit)): no covariate_order.tsv"
        )
      }
    }
    return .success
  }

  /// The strongest pairs and the markers of each covariate.
  private static func report(_ tables: AssociationTables) -> Report {
    func number(_ value: Double) -> Report.Value {
      value.isNaN ? .missing : .number(value, AssociationTables.text(value))
    }
    var report = Report()
    report.addTable(
      "associations", columns: AssociationTables.pairColumns,
      rows: tables.strongest.map { association in
        let pair = tables.pair(association)
        return [
          .text(pair.covariate), .text(pair.gene), number(pair.effect), number(pair.from),
          number(pair.to),
        ]
      })
    let raised = zip(tables.names, tables.raisedGenes).map {
      "\($0)\t\($1.joined(separator: " "))"
    }
    let text =
      tables.names.count <= printingLimit
      ? (["covariate\tgenes it raises most"] + raised).joined(separator: "\n")
      : "the genes that each of \(tables.names.count) covariates raises most: --output FOLDER writes markers.tsv"
    report.addTable(
      "markers", columns: ["covariate", "raised_genes"],
      rows: zip(tables.names, tables.raisedGenes).map {
        [.text($0), .text($1.joined(separator: " "))]
      }, text: "\n" + text)
    return report
  }

  private static func write(
    _ tables: AssociationTables, to folder: String, _ options: Options
  ) throws {
    if FileManager.default.fileExists(atPath: folder), !options.overwrite {
      throw StorageError(file: folder, problem: "is there already; --overwrite writes into it")
    }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let input = [options.fit]
    let all = try tables.tables()
    let names = all.map(\.name) + (options.coefficients ? ["coefficients.tsv"] : [])
    try OutputCheck.require(
      names.map { "\(folder)/\($0)" }, inputs: input, overwrite: options.overwrite)
    for table in all {
      let lines = (table.header.isEmpty ? [] : [table.header]) + table.rows
      try AtomicFile.write(
        lines.map { $0.joined(separator: "\t") + "\n" }.joined(), to: "\(folder)/\(table.name)",
        overwrite: options.overwrite)
    }
    guard options.coefficients else { return }
    // A line a gene as they come: with thousands of covariates the table is larger than the memory.
    let writer = try TableWriter(
      "\(folder)/coefficients.tsv", header: ["gene"] + tables.names, overwrite: options.overwrite)
    try tables.forEachGene { try writer.append($0) }
    try writer.finish()
  }
}

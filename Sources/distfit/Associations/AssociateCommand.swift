import ArgumentParser
import Fitting
import Foundation
import Modeling
import Models
import Storage

/// `distfit prrr associate fit.h5ad --top 50`
struct AssociateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "associate", abstract: "The strongest associations of covariates with genes.",
    discussion: """
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
      """)

  @Argument(help: "The fit (.h5ad).") var fit: String
  @Option(help: "Pairs over all factors, and of each factor.") var top = 50
  @Option(help: "Genes that mark a covariate.") var markers = 10
  @Option(help: "Probability of the intervals.") var level = 0.95
  @Option(help: "A folder for the tables.") var output: String?
  @Flag(help: "Write the effect of every covariate on every gene, too.") var coefficients = false
  @Flag(help: "Write into a folder that exists.") var overwrite = false

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be 1 or more") }
    if markers < 1 { throw ValidationError("--markers must be 1 or more") }
    if !(level > 0 && level < 1) { throw ValidationError("--level must be between 0 and 1") }
    if coefficients, output == nil {
      throw ValidationError("--coefficients needs a folder: --output associations")
    }
  }

  func run() throws {
    do {
      let fitted = try FittedFile(fit)
      let tables = AssociationTables(
        fit: try fitted.association(), genes: fitted.columns.names, top: top,
        markerCount: markers, level: level)
      print(tables.summary)
      if let output {
        try tables.write(to: output, coefficients: coefficients, overwrite: overwrite) {
          FileHandle.standardError.write(Data("warning: \($0)\n".utf8))
        }
      }
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }
}

import ArgumentParser
import Collectives
import Fitting
import Modeling
import Models
import Storage

/// `distfit predict fit.h5ad new_covariates.h5ad --output predicted.h5ad`
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Expected counts of new samples from their covariates (prrr, nn-prrr, rrr).",
    discussion: """
      Of the new file obs is used, and obsm where the fit has covariates from there: its columns are coded as \
      those of the fit. A level that the fit has not seen is an error. X of the output holds a number for every \
      sample and gene of the fit.
      """)

  @Argument(help: "The fit (.h5ad).") var fit: String
  @Argument(help: "New samples with the fit's covariates in obs (.h5ad).") var input: String
  @Option(help: "The file to write.") var output: String
  @Option(
    help:
      "What the samples' rates are multiplied by: typical, the mean size factor of the fit; a number, such as 10000 for counts per ten thousand; or a column of obs."
  )
  var scale = "typical"
  @Option(help: "Genotypes of the new samples' donors, for fits with genotypes.")
  var genotypes: String?
  @Option(help: "The modality of new samples in an .h5mu file.") var modality: String?
  @OptionGroup var common: CommonOptions

  func run() throws {
    Launcher.run { world in
      let job = try world.agree(on: "open \(fit)") { try prepared() }
      let log = common.log(world)
      let (rows, association) = (job.rows, job.association)
      if job.covariates.incompleteCount > 0 {
        log.warning(
          "\(job.covariates.incompleteCount) of \(rows.count) samples lack a covariate: their predictions are NaN"
        )
      }
      if association.link == .logCounts, scale != "typical" {
        log.warning("--scale: rrr has no size factors; its predictions are of counts as they are")
      }
      let plan = LanePlan(rowCount: rows.count, laneCount: max(1, rows.count))
      let own = plan.rows(ofRank: world.rank, of: world.size)
      let writer = try world.agree(on: "create \(output)") {
        try AnnDataWriter(output, overwrite: common.overwrite, rank: world.rank)
      }
      writer.write(rows: rows)
      writer.write(columns: job.columns)
      writer.writeRows(
        "X", rowCount: rows.count, width: association.geneCount,
        ownRows: own.isEmpty ? [] : [own], with: world
      ) { association.expectedCounts(job.covariates, rows: $0, sizes: job.sizes) }
      writer.write(
        .group(["predicted_from": .string(fit), "scale": .string(scale)]), at: "uns/distfit")
      try world.agree(on: "write \(output)") { try writer.finish() }
      log.note(
        "\(output): expected counts of \(rows.count) samples, \(association.geneCount) genes")
      return .success
    }
  }

  /// What is read before anything is written.
  private struct Prepared {
    let association: AssociationFit
    let columns: Table
    let rows: Table
    let covariates: DesignMatrix
    let sizes: [Double]
  }

  private func prepared() throws -> Prepared {
    let fitted = try FittedFile(fit)
    let association = try fitted.association()
    var warnings: [String] = []
    let file = try AnnDataFile(input, modality: modality)
    let rows = try file.rows(warnings: &warnings)
    var matrices: [String: NamedMatrix] = [:]
    for name in association.matrixNames {
      let (values, shape) = try file.array("obsm/\(name)")
      guard shape.count == 2, shape[0] == rows.count, shape[1] > 0 else {
        throw StorageError(
          file: input, place: "obsm/\(name)",
          problem: "has the shape \(shape), expected \(rows.count) rows")
      }
      matrices[name] = NamedMatrix(name, width: shape[1], elements: values.map { Float($0) })
    }
    if genotypes == nil, association.needsGenotypes {
      throw ModelError(
        "\(fit): was made with genotypes; name those of the new samples' donors (--genotypes)")
    }
    let donors = try genotypes.map { try GenotypeFile.read($0, chromosome: nil).genotypes }
    return Prepared(
      association: association, columns: fitted.columns, rows: rows,
      covariates: try association.covariates(of: rows, matrices: matrices, genotypes: donors),
      sizes: try sizes(of: rows, association))
  }

  /// Size factors of the new rows.
  private func sizes(of rows: Table, _ fit: AssociationFit) throws(ModelError) -> [Double] {
    if scale == "typical" { return Array(repeating: fit.typicalSize, count: rows.count) }
    if let number = Double(scale) {
      guard number > 0, number.isFinite else {
        throw ModelError("--scale \(scale): a size factor is above 0")
      }
      return Array(repeating: number, count: rows.count)
    }
    let numbers: [Double]
    switch rows[scale] {
    case .numbers(let values)?: numbers = values
    case .integers(let values)?: numbers = values.map { $0.map(Double.init) ?? .nan }
    case .some: throw ModelError("--scale: the column \"\(scale)\" of obs holds no numbers")
    case nil:
      throw ModelError("--scale \(scale) is neither typical, nor a number, nor a column of obs")
    }
    if let row = numbers.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
      throw ModelError(
        "--scale: \"\(scale)\" is \(numbers[row]) in row \(rows.names[row]); size factors are above 0"
      )
    }
    return numbers
  }
}

extension FittedFile {
  /// The fit as one of associations.
  ///
  /// - Throws: `ModelError` where it is of a model without covariates, or damaged.
  func association() throws -> AssociationFit {
    let type = try model(among: allModels, ability: "relate covariates to genes") {
      $0 as? any AssociationModel.Type
    }
    return try AssociationFit(fit, link: type.link)
  }
}

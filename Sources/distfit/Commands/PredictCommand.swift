import Collectives
import Commands
import Fitting
import Modeling
import Models
import Storage

/// `distfit predict fit.h5ad new_covariates.h5ad --output predicted.h5ad`
struct PredictCommand: RankedCommand {
  static let name = "predict"
  static var summary: String {
    let models = allModels.filter { $0 is any AssociationModel.Type }.map { $0.name }
    return
      "Expected counts of new samples from their covariates (\(models.joined(separator: ", ")))."
  }
  static let discussion = """
    Of the new file obs is used, and obsm where the fit has covariates from there: its columns are coded as \
    those of the fit. A level that the fit has not seen is an error. X of the output holds a number for every \
    sample and gene of the fit.
    """

  struct Options: ModelConfiguration {
    var fit = ""
    var input = ""
    var output = WrittenFile()
    var scale = "typical"
    var genotypes: String?
    var modality: String?

    static var settings: [Setting<Options>] {
      [
        .fit(\.fit),
        .word(
          "input", \.input, "<new.h5ad>", "New samples with the fit's covariates in obs."
        ).marked([.operand, .required, .input]),
      ] + settings(of: \.output) + [
        .word(
          "scale", \.scale, "<typical|number|obs column>",
          "What the samples' rates are multiplied by: typical, the mean size factor of the fit; a number, such as 10000 for counts per ten thousand; or a column of obs."
        ),
        .text(
          "genotypes", \.genotypes, "<file>",
          "Genotypes of the new samples' donors, for fits with genotypes."
        ).marked(.input),
        .text("modality", \.modality, "<name>", "The modality of new samples in an .h5mu file."),
      ]
    }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let (output, log) = (options.output, console.log)
    let job = try world.agree(on: "open \(options.fit)") { try options.prepared() }
    let (rows, association) = (job.rows, job.association)
    for note in job.notes { log.warning(note) }
    if job.covariates.incompleteCount > 0 {
      log.warning(
        "\(job.covariates.incompleteCount) of \(rows.count) samples lack a covariate: their predictions are NaN"
      )
    }
    if association.link == .logCounts, options.scale != "typical" {
      log.warning(
        "--scale: this fit has no size factors; its predictions are of counts as they are")
    }
    let plan = LanePlan(rowCount: rows.count, laneCount: max(1, rows.count))
    let own = plan.rows(ofRank: world.rank, of: world.size)
    let writer = try world.agree(on: "create \(output.path)") {
      try AnnDataWriter(output.path, overwrite: output.overwrite, rank: world.rank)
    }
    writer.write(rows: rows)
    writer.write(columns: job.columns)
    writer.writeRows(
      "X", rowCount: rows.count, width: association.geneCount,
      ownRows: own.isEmpty ? [] : [own], with: world
    ) { association.expectedCounts(job.covariates, rows: $0, sizes: job.sizes) }
    writer.write(
      .group(["predicted_from": .string(options.fit), "scale": .string(options.scale)]),
      at: "uns/distfit")
    try world.agree(on: "write \(output.path)") { try writer.finish() }
    log.note(
      "\(output.path): expected counts of \(rows.count) samples, \(association.geneCount) genes")
    return .success
  }
}

/// What is read before anything is written.
private struct Prepared {
  /// What a user should know, a line each.
  let notes: [String]
  let association: AssociationFit
  let columns: Table
  let rows: Table
  let covariates: DesignMatrix
  let sizes: [Double]
}

extension PredictCommand.Options {
  fileprivate func prepared() throws -> Prepared {
    let fitted = try FittedFile(fit)
    let type = try fitted.model(among: allModels, ability: "predict from covariates") {
      $0 as? any AssociationModel.Type
    }
    let association = try AssociationFit(fitted.fit, link: type.link)
    var notes: [String] = []
    let file = try AnnDataFile(input, modality: modality)
    let rows = try file.rows(warnings: &notes)
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
    var donors: Genotypes?
    if let path = genotypes {
      guard association.needsGenotypes else {
        throw ModelError("\(fit): was made without genotypes: --genotypes has no use")
      }
      let read = try GenotypeFile.read(path)
      let aligned = try read.genotypes.aligned(
        to: association.design.variants, asker: "the fit", file: path)
      donors = aligned.genotypes
      notes += read.notes + aligned.alignment.notes
    }
    return Prepared(
      notes: notes,
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

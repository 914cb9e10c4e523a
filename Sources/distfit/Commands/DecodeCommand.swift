import Collectives
import Commands
import Fitting
import Modeling
import Models
import Storage

/// `distfit decode fit.h5ad --output denoised.h5ad`
struct DecodeCommand: RankedCommand {
  static let name = "decode"
  static let summary = "Expected counts of the cells of a fit: denoised expression."

  struct Options: ModelConfiguration {
    var fit = ""
    var model: String?
    var output = WrittenFile()
    var scale = "own"
    var asBatch: String?
    var modality: String?
    var covariates: [String] = []
    var threads: Int?

    static var settings: [Setting<Options>] {
      [
        .word("fit", \.fit, "<fit.h5ad>", "A fit, or a file written by embed.")
          .marked([.operand, .required, .input]),
        .text(
          "model", \.model, "<fit.h5ad>", "The fit that decodes, when the cells are from embed."
        ).marked(.input),
      ]
        + settings(
          of: \.output,
          WrittenFile.settings(
            "<file>", "The file to write; X holds a number for every cell and gene."))
        + [
          .word(
            "scale", \.scale, "<own|number>",
            "own: each cell at its own depth; or a number: all cells at this depth, such as 10000."),
          .text(
            "as-batch", \.asBatch, "<batch>",
            "Expected counts as if all cells were of this batch of the fit; none: each of its own."),
          .text(
            "modality", \.modality, "<name>",
            "What to decode of a fit of several modalities; cells that lack it get its mean total."),
          .texts(
            "as-covariate", \.covariates, "<name=class>,…",
            "Decode all cells as if they were of this class of a covariate: corrected for batches."),
          .threads(\.threads),
        ]
    }

    /// What is asked of the fit's decoder.
    var request: DecodingRequest {
      var request = DecodingRequest()
      request.modality = modality
      for word in covariates {
        let parts = word.split(separator: "=").map(String.init)
        request.covariates[parts[0]] = parts[1]
      }
      return request
    }

    func validate() throws(SettingError) {
      if scale != "own", (Float(scale) ?? 0) <= 0 {
        throw SettingError("scale", "\(scale) is neither own nor a positive number")
      }
      for word in covariates where word.split(separator: "=").count != 2 {
        throw SettingError("as-covariate", "\"\(word)\" is not <name=class>, such as site=site1")
      }
    }
  }

  /// What is read before anything is written.
  private struct Prepared {
    let rows: Table
    let columns: Table
    let decoder: any RowDecoder
    let representations: [Float]
    let scales: [Float]
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let output = options.output
    let job = try world.agree(on: "open \(options.fit)") { try prepared(options) }
    let count = job.rows.count
    let plan = LanePlan(rowCount: count, laneCount: max(1, count))
    let own = plan.rows(ofRank: world.rank, of: world.size)
    let writer = try world.agree(on: "create \(output.path)") {
      try AnnDataWriter(output.path, overwrite: output.overwrite, rank: world.rank)
    }
    writer.write(rows: job.rows)
    writer.write(columns: job.columns)
    let length = job.decoder.latentCount
    writer.writeRows(
      "X", rowCount: count, width: job.columns.count, ownRows: own.isEmpty ? [] : [own],
      with: world
    ) { rows in
      job.decoder.expectedValues(
        ofRows: rows,
        representations: Array(
          job.representations[rows.lowerBound * length..<rows.upperBound * length]),
        scales: Array(job.scales[rows]))
    }
    writer.write(
      .group(["decoded_from": .string(options.fit), "scale": .string(options.scale)]),
      at: "uns/distfit")
    try world.agree(on: "write \(output.path)") { try writer.finish() }
    console.log.note("\(output.path): expected counts of \(count) cells")
    return .success
  }

  private static func prepared(_ options: Options) throws -> Prepared {
    let cells = try FittedFile(options.fit)
    let source = try options.model.map { try FittedFile($0) } ?? cells
    let type = try source.model(among: allModels, ability: "decode") {
      $0 as? any DecodingModel.Type
    }
    let decoder = try type.decoder(of: source.fit, options.request).preparing(
      for: cells.rows, asBatch: options.asBatch)
    let scales =
      options.scale == "own"
      ? try cells.numbers(decoder.scaleName).map { Float($0.isNaN ? decoder.usualScale ?? $0 : $0) }
      : Array(repeating: Float(options.scale) ?? 1, count: cells.rows.count)
    let modality = try source.modalities().first { $0.name == options.modality }
    return Prepared(
      rows: cells.rows, columns: modality.map { Table(names: $0.columns) } ?? source.columns,
      decoder: decoder, representations: try representations(decoder, cells), scales: scales)
  }

  /// Representations of the cells, the matrices that the decoder names side by side.
  private static func representations(
    _ decoder: any RowDecoder, _ cells: FittedFile
  ) throws -> [Float] {
    let count = cells.rows.count
    let parts = try decoder.representationNames.map { try cells.file.array("obsm/\($0)").values }
    return (0..<count).flatMap { row in
      parts.flatMap { values in
        let width = values.count / max(count, 1)
        return values[row * width..<(row + 1) * width].map { Float($0) }
      }
    }
  }
}

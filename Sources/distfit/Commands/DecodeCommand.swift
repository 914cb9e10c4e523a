import ArgumentParser
import Collectives
import Fitting
import Modeling
import Models
import Storage

/// `distfit decode fit.h5ad --output denoised.h5ad`
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Expected counts of the cells of a fit: denoised expression.")

  @Argument(help: "A fit, or a file written by embed (.h5ad).") var fit: String
  @Option(help: "The fit that decodes, when the cells are from embed.") var model: String?
  @Option(help: "The file to write; X holds a number for every cell and gene.") var output: String
  @Option(
    help: "own: each cell at its own depth; or a number: all cells at this depth, such as 10000.")
  var scale = "own"
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if scale != "own", (Float(scale) ?? 0) <= 0 {
      throw ValidationError("--scale \(scale) is neither own nor a positive number")
    }
  }

  func run() throws {
    Launcher.run { world in
      let (cells, columns, decoder, representations, scales) = try world.agree(on: "open \(fit)") {
        let cells = try FittedFile(fit)
        let source = try model.map { try FittedFile($0) } ?? cells
        let type = try source.model(among: allModels, ability: "decode") {
          $0 as? any DecodingModel.Type
        }
        let decoder = try type.decoder(of: source.fit)
        let array = try cells.file.array("obsm/\(decoder.representationName)")
        let scales =
          scale == "own"
          ? try cells.numbers(decoder.scaleName).map { Float($0) }
          : Array(repeating: Float(scale) ?? 1, count: cells.rows.count)
        return (cells, source.columns, decoder, array.values.map { Float($0) }, scales)
      }
      let L = decoder.latentCount
      let plan = LanePlan(rowCount: cells.rows.count, laneCount: max(1, cells.rows.count))
      let own = plan.rows(ofRank: world.rank, of: world.size)
      let writer = try world.agree(on: "create \(output)") {
        try AnnDataWriter(output, overwrite: common.overwrite, rank: world.rank)
      }
      writer.write(rows: cells.rows)
      writer.write(columns: columns)
      writer.writeRows(
        "X", rowCount: cells.rows.count, width: columns.count, ownRows: own.isEmpty ? [] : [own],
        with: world
      ) { rows in
        decoder.expectedValues(
          representations: Array(
            representations[rows.lowerBound * L..<rows.upperBound * L]),
          scales: Array(scales[rows]))
      }
      writer.write(
        .group(["decoded_from": .string(fit), "scale": .string(scale)]), at: "uns/distfit")
      try world.agree(on: "write \(output)") { try writer.finish() }
      common.log(world).note("\(output): expected counts of \(cells.rows.count) cells")
      return .success
    }
  }
}

import Collectives
import Commands
import Fitting
import Modeling
import Storage

/// `distfit convert counts.csv counts.h5ad`
struct ConvertCommand: RankedCommand {
  static let name = "convert"
  static let summary = "Write any file of counts as .h5ad, or its kinds of features as .h5mu."
  static let discussion = """
    Reads everything that fit reads: .h5ad, .h5mu, 10x .h5 and folders, loom, tables. Cells and genes can be \
    chosen, decimals rounded. obs, var and the counts are written; obsm and others are not.
    """

  struct Options: ModelConfiguration {
    var input = ""
    var output = ""
    var overwrite = false
    var place = ValuePlace()
    var selection = SelectionOptions()

    static var settings: [Setting<Options>] {
      [
        .word("input", \.input, "<file>", "The file or folder to read.")
          .marked([.operand, .required, .input]),
        .word("output", \.output, "<out.h5ad|out.h5mu>", "The file to write.")
          .marked([.operand, .required, .output]),
        .overwrite(\.overwrite),
      ] + settings(of: \.place) + settings(of: \.selection)
    }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let (input, output) = (options.input, options.output)
    guard output.hasSuffix(".h5ad") || output.hasSuffix(".h5mu") else {
      throw UsageError("distfit convert writes .h5ad or .h5mu, not \(output)")
    }
    try world.requireOutputs(
      [output], inputs: [input, options.selection.obs], overwrite: options.overwrite)
    var data = options.place.source(input)
    data.selection = options.selection.request
    let names = try world.agree(on: "open \(input)") {
      output.hasSuffix(".h5mu") ? try Self.modalities(of: data) : []
    }
    var parts: [(name: String?, source: DataSource)] = []
    for name in names.isEmpty ? [data.modality] : names.map(Optional.some) {
      var source = data
      source.modality = name
      parts.append((name, try source.resolved(with: world, log: console.log)))
    }
    let writer = try world.agree(on: "create \(output)") {
      try AnnDataWriter(
        output, overwrite: options.overwrite, rank: world.rank,
        modalities: output.hasSuffix(".h5mu") ? parts.map { $0.name ?? "rna" } : [])
    }
    for (name, source) in parts {
      if output.hasSuffix(".h5mu") { writer.select(modality: name ?? "rna") }
      try write(source, writer, console, with: world)
    }
    if output.hasSuffix(".h5mu") { try writeCommon(parts, writer, with: world) }
    try world.agree(on: "write \(output)") { try writer.finish() }
    return .success
  }

  /// The modalities of a MuData file, or the kinds of features of another.
  private static func modalities(of data: DataSource) throws -> [String] {
    guard data.modality == nil else { return [] }
    let names = try AnnDataFile.modalities(of: data.path)
    guard names.isEmpty else { return names }
    let kinds = try data.open().featureKinds()
    return kinds.count > 1 ? kinds : []
  }

  /// One AnnData.
  ///
  /// Collective.
  private static func write(
    _ source: DataSource, _ writer: AnnDataWriter, _ console: Console,
    with world: borrowing Communicator
  ) throws {
    let data = try FitData(
      of: source, as: DataRequest(kind: .counts), laneCount: { max(1, $0 / 256) }, with: world)
    for note in data.notes { console.log.warning(note) }
    let summary = data.summary
    writer.write(rows: summary.rows)
    writer.write(columns: summary.columns)
    writer.writeCounts(
      "X", rowCount: summary.rowCount, columnCount: summary.columnCount,
      lanes: data.rows.compactMap { rows in
        guard case .counts(let counts) = rows.matrix else { return nil }
        return (rows.rows, counts)
      }, with: world)
    console.log.note(
      "\(source.path)\(source.modality.map { ", \($0)" } ?? ""): \(summary.rowCount) cells × \(summary.columnCount) genes, \(summary.nonZeroCount) non-zeros from \(data.source)"
    )
  }

  /// The common tables of a MuData file.
  ///
  /// Collective.
  private static func writeCommon(
    _ parts: [(name: String?, source: DataSource)], _ writer: AnnDataWriter,
    with world: borrowing Communicator
  ) throws {
    let tables = try world.agree(on: "read the names") {
      var warnings: [String] = []
      return try parts.map { part in
        let file = try part.source.open()
        let matrix = try CountSource.matrix(of: file, asked: part.source.matrix).matrix
        return (
          rows: try file.rows(warnings: &warnings).names,
          columns: try file.columns(of: matrix.source, warnings: &warnings).names
        )
      }
    }
    writer.writeCommon(
      rows: tables.map(\.rows), columns: tables.map(\.columns),
      of: parts.map { $0.name ?? "rna" })
  }
}

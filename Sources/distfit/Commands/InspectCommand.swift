import Collectives
import Commands
import Modeling
import Storage

/// `distfit inspect anything.h5ad`
struct InspectCommand: LocalCommand {
  static let name = "inspect"
  static let summary =
    "What is in a file, would a count model fit it, and which values would be used."
  static let printsResult = true

  struct Options: ModelConfiguration {
    var input = ""
    var place = ValuePlace()

    static var settings: [Setting<Options>] {
      [
        .word(
          "input", \.input, "<file>",
          "A file of counts: .h5ad, .h5mu, 10x, MatrixMarket, .tsv, .csv, .gct."
        ).marked([.operand, .required, .input])
      ] + settings(of: \.place)
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let all = try AnnDataFile.modalities(of: options.input)
    let chosen: [String?] =
      options.place.modality == nil && !all.isEmpty ? all : [options.place.modality]
    var report = Report()
    var contentsOfAll: [Contents] = []
    for name in chosen {
      var source = options.place.source(options.input)
      source.modality = name
      let contents = try Contents(source)
      report.addRecord(name ?? "file", contents.record, text: contents.text)
      contentsOfAll.append(contents)
    }
    console.show(report)
    // What this program wrote is good without counts, too.
    let isOwn = try contentsOfAll.contains(where: \.isOwn) || isFit(options.input, all)
    return contentsOfAll.allSatisfy { $0.verdict == .counts || isOwn && $0.verdict == .noCounts }
      ? .success : .failure
  }

  /// Whether a file of several modalities is a fit of all of them.
  private static func isFit(_ path: String, _ modalities: [String]) throws -> Bool {
    try !modalities.isEmpty && AnnDataFile.common(of: path).isThere("uns/distfit")
  }

  /// Whether a count model can be fitted.
  private enum Verdict {
    /// There are counts, all of them good, and tables beside them.
    case counts
    /// What is there holds something else.
    case noCounts
    /// There are counts, but some are damaged.
    case damaged
  }

  /// What a file, or one modality of it, holds.
  private struct Contents {
    private(set) var record: [(key: String, value: Report.Value)] = []
    private var lines: [String] = []
    private(set) var verdict = Verdict.counts
    private(set) var isOwn = false

    var text: String { lines.joined(separator: "\n") }

    init(_ source: DataSource) throws {
      let (path, modality) = (source.path, source.modality)
      let file = try source.open()
      var warnings: [String] = []
      let rows = try file.rows(warnings: &warnings)
      let columns = try file.columns(of: .main, warnings: &warnings)
      let place = modality.map { "\(path), modality \($0)" } ?? path
      lines = ["\(place): \(rows.count) cells × \(columns.count) genes"]
      record = [
        ("path", .text(path)), ("modality", .init(modality)), ("cells", .integer(rows.count)),
        ("genes", .integer(columns.count)),
      ]
      add("X", [file.isThere("X") ? file.encoding(of: "X") : "none"])
      add("layers", file.layerNames)
      if file.hasRaw { add("raw/X", [file.encoding(of: "raw/X")]) }
      add("obs", rows.columns.map { "\($0.name) (\(Self.kind($0.column)))" })
      add("var", columns.columns.map { "\($0.name) (\(Self.kind($0.column)))" })
      for group in ["obsm", "varm", "obsp", "varp", "uns"] { add(group, file.members(group)) }
      addCounts(of: file, source.matrix, rows, &warnings)
      isOwn = file.isThere("uns/distfit")
      if let fit = try? file.tree("uns/distfit"), case .string(let model)? = fit["model"] {
        lines.append("this is a fit of model \(model)")
        record.append(("model", .text(model)))
      }
      lines += warnings.map { "warning: \($0)" }
      if !warnings.isEmpty { record.append(("warnings", .text(warnings.joined(separator: "; ")))) }
    }

    private mutating func add(_ name: String, _ members: [String]) {
      guard !members.isEmpty else { return }
      let text = members.joined(separator: ", ")
      lines.append("  \(name): \(text)")
      record.append((name, .text(text)))
    }

    /// Which counts a model would be fitted to.
    private mutating func addCounts(
      of file: AnnDataFile, _ asked: MatrixSource?, _ rows: Table, _ warnings: inout [String]
    ) {
      do {
        verdict = .noCounts
        let (matrix, note) = try CountSource.matrix(of: file, asked: asked)
        verdict = .damaged
        // All values, as a fit reads them.
        let statistics = try matrix.forEachRowOfCounts(in: [0..<rows.count]) { _, _, _ in }
        let own = try file.columns(of: matrix.source, warnings: &warnings)
        warnings += try matrix.summary(rows: rows, columns: own, statistics: statistics).warnings
        if let note { add("note", [note]) }
        lines.append(
          "would fit: counts from \(matrix.source), \(matrix.layout.rawValue), \(matrix.typeText), \(matrix.storedCount) stored values"
        )
        record += [
          ("counts", .text("\(matrix.source)")), ("stored_values", .integer(matrix.storedCount)),
        ]
        warnings += matrix.warnings
        verdict = .counts
      } catch {
        lines.append("would not fit as counts: \(error)")
        record.append(("counts", .missing))
      }
    }

    private static func kind(_ column: Column) -> String {
      switch column {
      case .categories(_, let names, _): "\(names.count) categories"
      case .strings: "texts"
      case .numbers: "numbers"
      case .integers, .unsigned: "whole numbers"
      case .flags: "true/false"
      }
    }
  }
}

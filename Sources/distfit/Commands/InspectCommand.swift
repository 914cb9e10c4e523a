import ArgumentParser
import Foundation
import Modeling
import Storage

/// `distfit inspect anything.h5ad`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What is in a file, would a count model fit it, and which values would be used.")

  @Argument(help: "A file of counts: .h5ad, .h5mu, 10x, MatrixMarket, .tsv, .csv, .gct.")
  var input: String
  @Option(help: "The modality of an .h5mu file; all of them unless given.") var modality: String?

  func run() throws {
    do {
      let all = try AnnDataFile.modalities(of: input)
      let chosen: [String?] = modality == nil && !all.isEmpty ? all : [modality]
      for name in chosen { print(try Self.report(input, name)) }
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  private static func report(_ path: String, _ modality: String?) throws -> String {
    let file = try AnnDataFile(path, modality: modality)
    var warnings: [String] = []
    let rows = try file.rows(warnings: &warnings)
    let columns = try file.columns(of: .main, warnings: &warnings)
    let place = modality.map { "\(path), modality \($0)" } ?? path
    var lines = ["\(place): \(rows.count) cells × \(columns.count) genes"]
    func list(_ name: String, _ members: [String]) {
      if !members.isEmpty { lines.append("  \(name): \(members.joined(separator: ", "))") }
    }
    lines.append("  X: \(file.isThere("X") ? file.encoding(of: "X") : "none")")
    list("layers", file.layerNames)
    if file.hasRaw { lines.append("  raw/X: \(file.encoding(of: "raw/X"))") }
    list("obs", rows.columns.map { "\($0.name) (\(kind($0.column)))" })
    list("var", columns.columns.map { "\($0.name) (\(kind($0.column)))" })
    for group in ["obsm", "varm", "obsp", "varp", "uns"] { list(group, file.members(group)) }
    do {
      let (matrix, note) = try CountSource.matrix(of: file)
      if let note { lines.append("  note: \(note)") }
      lines.append(
        "would fit: counts from \(matrix.source), \(matrix.layout.rawValue), \(matrix.typeText), \(matrix.storedCount) stored values"
      )
      warnings += matrix.warnings
    } catch {
      lines.append("would not fit as counts: \(error)")
    }
    if let fit = try? file.tree("uns/distfit"), case .string(let model)? = fit["model"] {
      lines.append("this is a fit of model \(model)")
    }
    lines += warnings.map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  private static func kind(_ column: Column) -> String {
    switch column {
    case .categories(_, let names, _): "\(names.count) categories"
    case .strings: "texts"
    case .numbers: "numbers"
    case .integers: "whole numbers"
    case .flags: "true/false"
    }
  }
}

/// A rule of the code that neither compiler nor formatter enforces.
enum Rule: String, CaseIterable, Sendable {
  case fileLength = "files have at most 300 lines"
  case functionLength = "functions have at most 60 lines"
  case parameters = "functions outside kernels take at most six parameters"
  case tupleTypes = "tuples that functions hand to one another have labels"
  case tupleMembers = "members of tuples are named outside kernels"
  case shortDocuments = "documents have more than two words"
  case documentsAlone = "documents stand alone: none begins with \"The same\""
  case modelNames = "generic code names no model"

  /// What breaks the rule in a file: the line and what is there.
  func findings(in source: SwiftSource) -> [(line: Int, what: String)] {
    switch self {
    case .fileLength:
      source.lines.count > 301 ? [(source.lines.count - 1, "lines")] : []
    case .functionLength:
      source.functions.filter { $0.lineCount > 60 }
        .map { ($0.line, "\($0.name) has \($0.lineCount) lines") }
    case .parameters:
      source.isKernel
        ? []
        : source.functions.filter { $0.parameterCount > 6 }
          .map { ($0.line, "\($0.name) takes \($0.parameterCount) parameters") }
    case .tupleTypes:
      source.isKernel
        ? []
        : source.unlabelledTuples
    case .tupleMembers:
      source.isKernel
        ? [] : source.tupleMembers
    case .shortDocuments:
      source.documents.filter { $0.text.split(separator: " ").count <= 2 }
        .map { ($0.line, $0.text) }
    case .documentsAlone:
      source.documents.filter { $0.text.hasPrefix("The same") }.map { ($0.line, $0.text) }
    case .modelNames: source.isGeneric ? source.modelNames : []
    }
  }
}

extension SwiftSource {
  /// Lines of code, without comments and texts.
  private var codeLines: [String] {
    code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// Types of tuples without labels, but closures' parameters.
  fileprivate var unlabelledTuples: [(line: Int, what: String)] {
    codeLines.enumerated().flatMap { index, line in
      guard line.contains("-> (") || line.contains(": (") || line.contains("[(") else {
        return [(line: Int, what: String)]()
      }
      return line.matches(
        of:
          #/(?:->|:)\s*(?:\[[^\[:]*: )?\[*\(\[?(?:any |some )?[A-Z][^():,]*(?:,\s*\[?(?:any |some )?[A-Z][^():,]*)+\)/#
      ).compactMap { match in
        let rest = line[match.range.upperBound...].drop { $0 == " " }
        let isClosure = ["->", "throws", "async", "rethrows"].contains(where: rest.hasPrefix)
        return isClosure ? nil : (index + 1, String(match.output))
      }
    }
  }

  /// Members of tuples without a name: `pair.0`, `$0.1`.
  fileprivate var tupleMembers: [(line: Int, what: String)] {
    codeLines.enumerated().flatMap { index, line in
      guard (0...9).contains(where: { line.contains(".\($0)") }) else {
        return [(line: Int, what: String)]()
      }
      return line.matches(of: #/(?:\$[0-9]|\b[A-Za-z_]\w*|\]|\))\.[0-9]\b(?!\.?[0-9])/#)
        .map { (index + 1, String($0.output)) }
    }
  }

  /// Whether the file serves every model alike.
  fileprivate var isGeneric: Bool {
    let folders = path.split(separator: "/")
    return [
      "Collectives", "Commands", "Concurrency", "Fitting", "Modeling", "Storage", "Sums", "distfit",
    ].contains(folders[1])
  }

  /// What a line with a model's name has, so that few lines are looked at closely.
  private static let hints = [
    "DGD", "TBLDA", "PRRR", "MAGMA", "GmGM", "dgd", "tblda", "rrr", "magma", "gmgm",
  ]

  /// Lines of code, texts included, with the name of a model.
  fileprivate var modelNames: [(line: Int, what: String)] {
    lines.enumerated().compactMap { index, line in
      let code = line.drop { $0 == " " }
      guard !code.hasPrefix("//"), Self.hints.contains(where: code.contains) else { return nil }
      let name = code.firstMatch(
        of:
          #/\b(?:DGD\w*|TBLDA\w*|\w*PRRR\w*|MEDMAGMA\w*|MED-MAGMA|GmGM\w*|dgd|tblda|prrr|rrr|medmagma|gmgm)\b/#
      )
      return name.map { (index + 1, String($0.output)) }
    }
  }
}

/// Names of genes as files write them.
public enum GeneName {
  /// An Ensembl identifier without its version: `ENSG00000141510.17` becomes `ENSG00000141510`; others as they are.
  ///
  /// Symbols may end in a dot and a number, too (`RP11-34P13.7`), so that only identifiers lose it.
  public static func withoutVersion(_ name: String) -> String {
    guard let dot = name.lastIndex(of: "."), name.hasPrefix("ENS"),
      name[name.index(after: dot)...].allSatisfy(\.isNumber)
    else { return name }
    return String(name[..<dot])
  }

  /// Names without versions, by which lists of genes are compared: Ensembl identifiers each, all names where nine in ten of
  /// the list end in a dot and a number.
  public static func stems(of names: [String]) -> [String] {
    func stem(_ name: String) -> String? {
      guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
      let version = name[name.index(after: dot)...]
      return !version.isEmpty && version.allSatisfy(\.isNumber) ? String(name[..<dot]) : nil
    }
    let stems = names.map(stem)
    guard 10 * stems.count(where: { $0 != nil }) >= 9 * names.count else {
      return names.map(withoutVersion)
    }
    return zip(stems, names).map { $0 ?? $1 }
  }
}

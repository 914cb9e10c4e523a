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
}

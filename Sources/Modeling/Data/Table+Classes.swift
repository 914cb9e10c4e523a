extension Table {
  /// A column as classes: codes (−1 for missing) and names.
  ///
  /// - Parameter source: what has the table, for the message.
  /// - Throws: `ModelError` with the nearest name, or those there are, where it is missing or holds no classes.
  public func classes(
    _ name: String, in source: String
  ) throws(ModelError) -> (codes: [Int32], names: [String]) {
    if let classes = self[name]?.asCategories { return classes }
    let names = columns.filter { $0.column.asCategories != nil }.map(\.name)
    let some = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    let hint =
      nearestName(to: name, among: names).map { "; did you mean \($0)?" }
      ?? (names.isEmpty ? " (it has none)" : " (it has \(some))")
    throw ModelError("\(source) has no column of classes named \(name)\(hint)")
  }
}

public import Modeling

extension AnnDataFile {
  /// `obs`: cell names and their annotations, all of them.
  public func rows(warnings: inout [String]) throws(StorageError) -> Table {
    switch content {
    case .anndata(let file, let root):
      var table = try DataFrameReader(file, root + "obs").table(warnings: &warnings)
      if !root.isEmpty, let modalities = try Modalities(file) {
        // Annotations that all modalities share stand at the top of the file.
        let own = Set(table.columns.map(\.name))
        let common = try modalities.commonColumns(
          of: String(root.dropFirst(4).dropLast()), rowCount: table.count, warnings: &warnings)
        table.columns += common.filter { !own.contains($0.name) }
      }
      return table
    case .tenX(let tenX):
      warnAboutDuplicates(tenX.rows.names, &warnings)
      return tenX.rows
    case .market(let folder):
      warnAboutDuplicates(folder.rows.names, &warnings)
      return folder.rows
    case .text(let text): return text.rows
    }
  }

  /// `var`, or `raw/var` for the raw matrix: gene names and their annotations, all of them or those of one kind.
  public func columns(
    of source: MatrixSource = .main, warnings: inout [String]
  ) throws(StorageError) -> Table {
    let all = try allColumns(of: source, warnings: &warnings)
    return try chosenColumns(of: source).map(all.selecting) ?? all
  }

  private func allColumns(
    of source: MatrixSource, warnings: inout [String]
  ) throws(StorageError) -> Table {
    switch content {
    case .anndata(let file, let root):
      let table = try DataFrameReader(file, root + tableOfColumns(source)).table(
        warnings: &warnings)
      if featureKind == nil { warnings += FeatureTable.warning(path, aboutKindsOf: table) }
      return table
    case .tenX(let tenX):
      warnings += featureKind == nil ? tenX.warnings : []
      return tenX.columns
    case .market(let folder):
      warnings += featureKind == nil ? folder.warnings : []
      return folder.columns
    case .text(let text):
      warnings += text.notes
      return text.columns
    }
  }

  /// One column of `obs` or `var`.
  public func column(_ name: String, of table: String) throws(StorageError) -> Column {
    if case .anndata(let file, let root) = content {
      return try DataFrameReader(file, root + table).column(name)
    }
    guard let column = try inMemory(table)[name] else {
      throw StorageError(file: path, place: "/\(table)/\(name)", problem: "is missing")
    }
    return column
  }

  /// The tables of the formats that keep them as lists of names.
  func inMemory(_ table: String) throws(StorageError) -> Table {
    switch (content, table) {
    case (.tenX(let tenX), "obs"): return tenX.rows
    case (.tenX(let tenX), "var"): return tenX.columns
    case (.market(let folder), "obs"): return folder.rows
    case (.market(let folder), "var"): return folder.columns
    case (.text(let text), "obs"): return text.rows
    case (.text(let text), "var"): return text.columns
    default:
      throw StorageError(
        file: path, place: "/\(table)", problem: "is missing: a \(format) file has none")
    }
  }

  private func warnAboutDuplicates(_ names: [String], _ warnings: inout [String]) {
    if let (name, first, second) = Duplicates.first(in: names) {
      warnings.append("\(path): the barcode \(name) is there twice (cells \(first) and \(second))")
    }
  }

  /// The name of one row, for messages.
  func rowName(_ row: Int) -> String { name(row, in: "obs") }

  /// The name of one column, for messages.
  func columnName(_ column: Int, of source: MatrixSource) -> String {
    name(column, in: tableOfColumns(source))
  }

  private func name(_ index: Int, in table: String) -> String {
    let name: String? =
      if case .anndata(let file, let root) = content {
        index < 0 ? nil : try? DataFrameReader(file, root + table).name(index)
      } else {
        (try? inMemory(table)).flatMap { $0.names.indices.contains(index) ? $0.names[index] : nil }
      }
    return name ?? "number \(index)"
  }

  func tableOfColumns(_ source: MatrixSource) -> String { source == .raw ? "raw/var" : "var" }
}

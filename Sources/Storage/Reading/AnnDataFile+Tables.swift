public import Modeling

extension AnnDataFile {
  /// `obs`: names and annotations of the cells that are read.
  public func rows(warnings: inout [String]) throws(StorageError) -> Table {
    var table = try allRows(warnings: &warnings)
    if let annotations = reading.annotations {
      table = try table.annotated(by: annotations, warnings: &warnings)
    }
    return reading.rows.map(table.selecting) ?? table
  }

  private func allRows(warnings: inout [String]) throws(StorageError) -> Table {
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
    case .loom(let loom): return loom.rows
    }
  }

  /// `var`, or `raw/var` for the raw matrix: gene names and their annotations, all of them or those of one kind.
  public func columns(
    of source: MatrixSource = .main, warnings: inout [String]
  ) throws(StorageError) -> Table {
    let all = try allColumns(of: source, warnings: &warnings)
    warnings += try remarks(aboutColumnsOf: source)
    return try chosenColumns(of: source).map(all.selecting) ?? all
  }

  private func allColumns(
    of source: MatrixSource, warnings: inout [String]
  ) throws(StorageError) -> Table {
    switch content {
    case .anndata(let file, let root):
      let table = try DataFrameReader(file, root + tableOfColumns(source)).table(
        warnings: &warnings)
      return table
    case .tenX(let tenX):
      warnings += tenX.warnings
      return tenX.columns
    case .market(let folder):
      warnings += folder.warnings
      return folder.columns
    case .text(let text):
      warnings += text.notes
      return text.columns
    case .loom(let loom):
      warnings += loom.warnings
      return loom.columns
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
    case (.loom(let loom), "obs"): return loom.rows
    case (.loom(let loom), "var"): return loom.columns
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
  func rowName(_ row: Int) -> String {
    guard let rows = reading.rows, rows.indices.contains(row) else { return name(row, in: "obs") }
    return name(rows[row], in: "obs")
  }

  /// The name of one row by its place in the file, for messages.
  func storedRowName(_ row: Int) -> String { name(row, in: "obs") }

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

extension Table {
  /// The table with the columns of a file that names these rows first, in any order.
  ///
  /// - Throws: `StorageError` where it names none of them.
  func annotated(
    by path: String, warnings: inout [String]
  ) throws(StorageError) -> Table {
    let other = try TableFile.read(path)
    if let (name, first, second) = Duplicates.first(in: other.names) {
      throw StorageError(
        file: path, problem: "has the name \(name) twice (lines \(first + 2) and \(second + 2))")
    }
    let place = Dictionary(zip(other.names, 0...), uniquingKeysWith: { first, _ in first })
    let places = names.map { place[$0] ?? -1 }
    let missing = places.count { $0 < 0 }
    guard missing < names.count else {
      throw StorageError(
        file: path,
        problem:
          "names none of the cells in its first column (\(other.names.first ?? "nothing"), …; cells are \(names.first ?? "none"), …)"
      )
    }
    if missing > 0 {
      warnings.append("\(path): has nothing about \(missing) of \(names.count) cells")
    }
    let added = other.columns.map { NamedColumn($0.name, $0.column.spread(over: places)) }
    return Table(
      names: names,
      columns: columns.filter { column in !added.contains { $0.name == column.name } } + added)
  }
}

import Modeling
import Storage

/// An open file: what every rank reads for itself.
struct OpenedData {
  /// The table of all rows, those of other ranks included.
  let rows: Table
  let modalities: [OpenedModality]
  let notes: [String]
  let rowMatrices: [String: NamedMatrix]

  init(_ data: DataSource, _ request: DataRequest, decoderCount: Int) throws {
    let takesAll = request.modalities == .all || !request.fitted.isEmpty
    let names =
      takesAll && data.modality == nil ? try AnnDataFile.allNames(of: data) : []
    precondition(
      names.count < 2 || (request.columns == nil && request.scratch == nil),
      "columns and scratch are for one modality")
    var notes: [String] = []
    let matches = try Self.matches(of: names, in: data, request.fitted)
    if names.count < 2 {
      var source = data
      source.modality = data.modality ?? names.first
      var (request, name) = (request, source.modality ?? "")
      if let match = matches.first?.map({ request.fitted[$0] }) {
        (request.columns, name) = (match.columns, match.name)
      }
      let only = try OpenedModality(source, name: name, request, decoderCount, &notes)
      rows = only.rows
      modalities = only.completed([only], to: request.fitted)
      rowMatrices = try AttachedMatrices.read(
        request.attachments.rowMatrices, in: "obsm", of: only.file, count: rows.count)
    } else {
      let isMuData = try !AnnDataFile.modalities(of: data.path).isEmpty
      let common = try isMuData ? AnnDataFile.common(of: data.path) : data.open()
      let all = try common.rows(warnings: &notes)
      var opened: [OpenedModality] = []
      for (index, name) in names.enumerated() {
        var source = data
        source.modality = name
        var (request, fitName) = (request, name)
        if !request.fitted.isEmpty {
          guard let match = matches[index].map({ request.fitted[$0] }) else { continue }
          (request.columns, fitName) = (match.columns, match.name)
        }
        var modality = try OpenedModality(source, name: fitName, request, decoderCount, &notes)
        if isMuData {
          modality.places = try AnnDataFile.places(
            of: name, in: data.path, names: all.names, own: modality.rows.names)
        }
        opened.append(modality)
      }
      rows = isMuData ? all.adding(annotationsOf: opened) : all
      modalities = opened.first.map { $0.completed(opened, to: request.fitted) } ?? opened
      rowMatrices = try AttachedMatrices.read(
        request.attachments.rowMatrices, in: "obsm", of: common, count: rows.count)
    }
    self.notes = notes
  }

  /// For each modality of the file the one of the fit that it stands for; none where nothing was fitted.
  ///
  /// - Throws: where the file has none of the fit's modalities.
  private static func matches(
    of names: [String], in data: DataSource, _ fitted: [FittedModality]
  ) throws -> [Int?] {
    guard !fitted.isEmpty else { return [] }
    let sources = names.count < 2 ? [data.modality ?? names.first] : names.map { $0 }
    let files = try sources.map { name in
      var source = data
      source.modality = name
      var warnings: [String] = []
      let columns = try source.open().columns(of: .main, warnings: &warnings)
      return FittedModality(name: name ?? "", columns: columns.names)
    }
    let matches = FittedModality.matches(of: files, among: fitted)
    guard matches.contains(where: { $0 != nil }) else {
      throw StorageError(
        file: data.path, place: "var",
        problem:
          "has no feature of the fit's modalities (\(fitted.map(\.name).joined(separator: ", "))); are the names of the same kind?"
      )
    }
    return matches
  }

  var source: String {
    guard modalities.count > 1 else { return modalities[0].matrix.source.description }
    return modalities.map { "\($0.name): \($0.matrix.source)" }.joined(separator: ", ")
  }

  /// What the counts of these lanes take at the least, where the file says how many there are.
  func leastStoredBytes(_ lanes: [Range<Int>]) -> Int {
    let matrix = modalities[0].matrix
    guard matrix.layout != .dense, matrix.rowCount > 0 else { return 0 }
    let rows = lanes.reduce(0) { $0 + $1.count }
    let share = Double(modalities[0].columns.count) / Double(max(1, matrix.columnCount))
    let entries = Double(matrix.storedCount) * Double(rows) / Double(matrix.rowCount)
    return Int(2 * entries * share)
  }

  func summary(
    _ statistics: [ColumnStatistics?], _ content: [ContentSum]
  ) throws -> (summary: DataSummary, warnings: [String]) {
    var warnings: [String] = []
    var summaries: [DataSummary] = []
    for (index, modality) in modalities.enumerated() {
      let (summary, more) = try modality.summary(statistics[index], content[index])
      summaries.append(summary)
      warnings += more
    }
    var summary = summaries[0]
    if modalities.count > 1 {
      var fingerprint = Fingerprint()
      for (modality, summary) in zip(modalities, summaries) {
        fingerprint.add(modality.name)
        fingerprint.add(summary.fingerprint)
        for place in modality.places ?? [] { fingerprint.add(place) }
      }
      for name in rows.names { fingerprint.add(name) }
      summary = DataSummary(
        rows: rows, modalities: summaries.map(\.modality), fingerprint: fingerprint.description)
    }
    summary.rowMatrices = rowMatrices
    addTables(to: &summary)
    AttachedMatrices.addToFingerprint(of: &summary)
    return (summary, warnings)
  }
}

extension OpenedData {
  /// Adds what the tables say of rows and columns to a summary's fingerprint: covariates, labels, batches, positions.
  private func addTables(to summary: inout DataSummary) {
    var fingerprint = Fingerprint()
    fingerprint.add(summary.fingerprint)
    fingerprint.add(columns: rows)
    for modality in modalities {
      fingerprint.add(columns: modality.rows)
      fingerprint.add(columns: modality.columns)
    }
    summary.fingerprint = fingerprint.description
  }
}

extension AnnDataFile {
  /// The modalities of a MuData file, or the kinds of features of another.
  fileprivate static func allNames(of data: DataSource) throws -> [String] {
    let names = try modalities(of: data.path)
    guard names.isEmpty else { return names }
    let kinds = try data.open().featureKinds()
    return kinds.count > 1 ? kinds : []
  }
}

extension Table {
  /// The common annotations with those that only modalities have: by their own name where one modality has it, as
  /// `rna:NAME` where several do.
  fileprivate func adding(annotationsOf modalities: [OpenedModality]) -> Table {
    var table = self
    let known = Set(columns.map(\.name))
    let all = modalities.flatMap { $0.rows.columns.map(\.name) }
    for modality in modalities {
      for named in modality.rows.columns where !known.contains(named.name) {
        let isAlone = all.count { $0 == named.name } == 1
        let name = isAlone ? named.name : "\(modality.name):\(named.name)"
        guard !known.contains(name) else { continue }
        let column = modality.places.map(named.column.spread) ?? named.column
        table.columns.append(NamedColumn(name, column))
      }
    }
    return table
  }
}

import LinearAlgebra
import Modeling
import Storage

/// A modality of a file that is open: what every rank reads for itself.
struct OpenedModality {
  private(set) var name: String
  let file: AnnDataFile
  let matrix: StoredMatrix
  /// Its own rows, in its order.
  let rows: Table
  private(set) var columns: Table
  /// Whether the file lacks it: no row has it.
  private(set) var isAbsent = false
  /// For every row of the data its own, −1 where there is none; nil where the two are the same.
  var places: [Int]?
  private let map: ColumnMap
  private let columnMatrices: [String: NamedMatrix]

  /// Finds the matrix and reads the tables.
  ///
  /// - Throws: where there is nothing that can be fitted, or the columns asked for are not there.
  init(
    _ data: DataSource, name: String, _ request: DataRequest, _ decoderCount: Int,
    _ notes: inout [String]
  ) throws {
    var data = data
    if let wanted = request.columns, data.modality == nil, Self.isOfAllKinds(wanted, data) {
      data.modality = AnnDataFile.allKinds
    }
    var file = try data.open()
    file.decoderCount = decoderCount
    switch request.kind {
    case .counts:
      let found = try CountSource.matrix(of: file, asked: data.matrix)
      matrix = found.matrix
      if let note = found.note { notes.append(note) }
    case .reals: matrix = try file.matrix(data.matrix ?? .main)
    }
    notes += matrix.warnings
    rows = try file.rows(warnings: &notes)
    let all = try file.columns(of: matrix.source, warnings: &notes)
    guard rows.count > 0 else {
      throw StorageError(file: data.path, place: "obs", problem: "has no cells")
    }
    guard all.count > 0 else {
      throw StorageError(file: data.path, place: "var", problem: "has no genes")
    }
    columnMatrices = try AttachedMatrices.read(
      request.attachments.columnMatrices, in: "varm", of: file, count: all.count)
    (map, columns) = try Self.choice(of: request.columns, from: all, data.path, &notes)
    self.name = name
    self.file = file
  }

  /// Whether a fit's columns are features of several kinds, of which genes alone would be read.
  private static func isOfAllKinds(_ wanted: [String], _ data: DataSource) -> Bool {
    func missing(_ modality: String?) -> Int? {
      var source = data
      source.modality = modality
      var ignored: [String] = []
      guard let file = try? source.open(), file.featureKinds().count > 1,
        let columns = try? file.columns(warnings: &ignored)
      else { return nil }
      return ColumnMap(wanted, from: columns.names, or: columns.identifiers).missing.count
    }
    guard let own = missing(nil), own > 0, let all = missing(AnnDataFile.allKinds) else {
      return false
    }
    return all < own
  }

  /// These modalities in the order of a fit's, with one that no row has for each that is missing; themselves without a fit.
  func completed(
    _ opened: [OpenedModality], to fitted: [FittedModality]
  ) -> [OpenedModality] {
    guard !fitted.isEmpty else { return opened }
    let rowCount = opened[0].places?.count ?? opened[0].rows.count
    return fitted.map { wanted in
      if let known = opened.first(where: { $0.name == wanted.name }) { return known }
      var absent = self
      absent.name = wanted.name
      absent.columns = Table(names: wanted.columns)
      absent.places = Array(repeating: -1, count: rowCount)
      absent.isAbsent = true
      return absent
    }
  }

  /// Which columns go where, and the table of those that are read.
  private static func choice(
    of wanted: [String]?, from columns: Table, _ path: String, _ notes: inout [String]
  ) throws(StorageError) -> (map: ColumnMap, columns: Table) {
    guard let wanted else { return (ColumnMap(identity: columns.count), columns) }
    let map = ColumnMap(wanted, from: columns.names, or: columns.identifiers)
    if map.missing.count == wanted.count {
      throw StorageError(
        file: path, place: "var",
        problem:
          "has none of the \(wanted.count) genes of the fit (first: \(wanted.first ?? "")); are the names of the same kind (symbols, Ensembl)?"
      )
    }
    if let first = map.missing.first {
      notes.append(
        "\(path): \(map.missing.count) of the fit's \(wanted.count) genes are not in the file and count as zero (first: \(first))"
      )
    }
    var places = [Int](repeating: -1, count: wanted.count)
    for (column, place) in map.targets.enumerated() where place >= 0 { places[Int(place)] = column }
    guard !places.contains(-1) else { return (map, Table(names: wanted)) }
    var table = columns.selecting(places)
    table.names = wanted
    return (map, table)
  }

  /// Rows as they were read, lane by lane: in memory or outside, and what was seen of counts.
  struct ReadRows {
    var matrices: [RowMatrix] = []
    var stored: [StoredCounts] = []
    var statistics: ColumnStatistics?
    /// What the real values are, in one number.
    var content = ContentSum()
  }

  /// Reads lanes of the data; rows that the modality does not have come empty.
  func read(_ lanes: [Range<Int>], _ kind: ValueKind, _ store: (any ByteStore)?) throws -> ReadRows
  {
    if isAbsent { return ReadRows(matrices: lanes.map { .counts(emptyRows($0.count)) }) }
    switch kind {
    case .counts:
      if let store {
        let (stored, statistics) = try matrix.counts(ofLanes: lanes, map: map) {
          StoredCounts($0, in: store)
        }
        return ReadRows(stored: stored, statistics: statistics)
      }
      guard let places else {
        let (counts, statistics) = try matrix.counts(ofLanes: lanes, map: map)
        return ReadRows(matrices: counts.map { .counts($0) }, statistics: statistics)
      }
      var read = ReadRows(statistics: ColumnStatistics(columnCount: columns.count))
      for lane in lanes {
        let (counts, statistics) = try matrix.counts(ofRows: Array(places[lane]), map: map)
        read.matrices.append(.counts(counts))
        read.statistics?.add(statistics)
      }
      return read
    case .reals:
      // All lanes of the rank at once: a compressed text is read from its beginning every time.
      let first = lanes.first?.lowerBound ?? 0
      let all = first..<(lanes.last?.upperBound ?? first)
      let values =
        try places.map { try matrix.reals(ofRows: Array($0[all]), map: map) }
        ?? matrix.reals(in: all, map: map)
      let width = columns.count
      var read = ReadRows(
        matrices: lanes.map { lane in
          let entries = (lane.lowerBound - first) * width..<(lane.upperBound - first) * width
          return .reals(
            Matrix(rowCount: lane.count, columnCount: width, elements: Array(values[entries])))
        })
      for row in all {
        let start = (row - first) * width
        read.content.add(row: row, values: values[start..<start + width])
      }
      return read
    }
  }

  /// So many rows without any count.
  private func emptyRows(_ count: Int) -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: columns.count)
    for _ in 0..<count {
      guard (try? builder.appendRow(columns: [], values: [])) != nil else {
        preconditionFailure("a row without counts is a row")
      }
    }
    return builder.build()
  }

  /// What everyone has to know of it, once the statistics are everyone's: data of this modality alone.
  func summary(
    _ statistics: ColumnStatistics?, _ content: ContentSum
  ) throws -> (summary: DataSummary, warnings: [String]) {
    var summary: DataSummary
    var warnings: [String] = []
    if let statistics {
      (summary, warnings) = try matrix.summary(
        rows: rows, columns: columns, statistics: statistics)
    } else {
      var fingerprint = Fingerprint()
      fingerprint.add(matrix.source.description)
      for name in rows.names + columns.names { fingerprint.add(name) }
      fingerprint.add(Int(content.value))
      let nothing = [Double](repeating: 0, count: columns.count)
      summary = DataSummary(
        rows: rows, columns: columns, columnTotals: nothing, columnMaxima: nothing,
        columnNonZeros: columns.names.map { _ in 0 }, fingerprint: fingerprint.description)
    }
    summary.modality.name = name
    summary.modality.columnMatrices = isAbsent ? [:] : columnMatrices
    summary.modality.presence = places.map { $0.map { $0 >= 0 } } ?? []
    return (summary, warnings)
  }
}

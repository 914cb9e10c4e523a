import LinearAlgebra
import Modeling
import Models
import RealModule

/// Rows that the examples of models are fitted to.
struct BatteryData: Sendable {
  private(set) var summary: DataSummary
  let columnIndices: [[Int32]]
  let counts: [[UInt32]]
  let trueComponents: [Int]
  private let kind: ExampleData.Values
  /// The columns of each kind of data, in its own order.
  private var columnsOfKinds: [[Int]]

  /// The data of an example; `order` permutes the rows, `zeroRows` have no count.
  ///
  /// - Parameter extremes: whether row 1 has a single count, row 2 the largest that single precision holds exactly,
  ///   row 3 the same count everywhere, and the last gene none.
  init(
    _ data: ExampleData, order: [Int]? = nil, zeroRows: Set<Int> = [], extremes: Bool = false
  ) throws {
    try self.init(
      rowCount: data.rowCount, columnCount: data.columnCount, order: order,
      zeroRows: zeroRows.filter { $0 < data.rowCount }, density: data.density, values: data.values,
      extremes: extremes)
    if data.modalityCount > 1 {
      deal(to: data.modalityCount, order: order ?? Array(0..<data.rowCount))
    }
  }

  /// Simulated counts; `order` permutes the rows, `zeroRows` have no count.
  init(
    rowCount: Int = 60, columnCount: Int = 24, components: Int = 3, order: [Int]? = nil,
    zeroRows: Set<Int> = [], seed: Int = 3, density: Double = 0.3,
    values: ExampleData.Values = .counts, extremes: Bool = false
  ) throws {
    var settings = DGDSimulator.Configuration()
    settings.cells = rowCount
    settings.genes = columnCount
    settings.components = components
    settings.density = density
    settings.seed = seed
    var made = try DGDSimulator(settings).rows(0..<rowCount)
    if extremes { made.setExtremes(columnCount: columnCount) }
    let order = order ?? Array(0..<rowCount)
    columnIndices = order.map { zeroRows.contains($0) ? [] : made.columnIndices[$0] }
    counts = order.map { zeroRows.contains($0) ? [] : made.counts[$0] }
    if case .categories(let codes, _, _)? = made.table["true_component"] {
      trueComponents = order.map { Int(codes[$0]) }
    } else {
      trueComponents = []
    }
    kind = values
    var totals = [Double](repeating: 0, count: columnCount)
    var maxima = totals
    var nonZeros = [Int](repeating: 0, count: columnCount)
    for (columns, counts) in zip(columnIndices, counts) {
      for (column, count) in zip(columns, counts) {
        let value = values.value(of: count)
        totals[Int(column)] += value
        maxima[Int(column)] = max(maxima[Int(column)], value)
        nonZeros[Int(column)] += 1
      }
    }
    var summary = DataSummary(
      rows: Self.annotations(order, components: trueComponents),
      columns: Table(names: (0..<columnCount).map { "gene\($0)" }), columnTotals: totals,
      columnMaxima: maxima, columnNonZeros: nonZeros, fingerprint: "battery")
    summary.companions[Genotypes.self] = Self.genotypes
    summary.columnMatrices["mask"] = NamedMatrix(
      "mask", width: 6, elements: (0..<6 * columnCount).map { $0 % 4 == 1 ? 0 : 1 })
    self.summary = summary
    columnsOfKinds = [Array(0..<columnCount)]
  }

  /// Deals the columns out to several kinds of data, in turn. Row i, by its number before rows were permuted, lacks kind
  /// m where i mod 5 is m + 1.
  private mutating func deal(to count: Int, order: [Int]) {
    let all = summary
    columnsOfKinds = (0..<count).map { kind in
      (0..<all.columnCount).filter { $0 % count == kind }
    }
    summary = DataSummary(
      rows: all.rows,
      modalities: columnsOfKinds.enumerated().map { kind, columns in
        var modality = Modality(
          name: ["first", "second", "third"][kind], columns: all.columns.selecting(columns),
          columnTotals: columns.map { all.columnTotals[$0] },
          columnMaxima: columns.map { all.columnMaxima[$0] },
          columnNonZeros: columns.map { all.columnNonZeros[$0] })
        modality.presence = order.map { $0 % 5 != kind + 1 }
        return modality
      }, fingerprint: "mosaic battery")
  }

  /// These rows with one more column of annotations.
  func with(column: NamedColumn) -> BatteryData {
    var data = self
    data.summary.rows.columns.append(column)
    return data
  }

  /// Donors, classes that some rows lack, and numbers of which one is missing.
  private static func annotations(_ order: [Int], components: [Int]) -> Table {
    Table(
      names: order.map { "cell\($0)" },
      columns: [
        NamedColumn("donor", .strings(order.map { "donor\($0 % 13)" })),
        NamedColumn(
          "class",
          .strings(zip(order, components).map { $0 % 10 == 9 ? nil : "class\($1)" })),
        NamedColumn("level", .numbers(order.map { $0 == 4 ? .nan : Double($0 % 7) })),
      ])
  }

  /// Genotypes of twelve of the thirteen donors, some of them missing.
  private static let genotypes = Genotypes(
    donors: (0..<12).map { "donor\($0)" },
    variants: Table(names: (0..<20).map { "variant\($0)" }),
    dosages: (0..<240).map { index in
      index % 17 == 3 ? Genotypes.missing : UInt8(index * index % 7 % 3)
    })

  /// Some rows, as a file would give them.
  func rows(_ range: Range<Int>) throws -> RowData {
    if kind == .counts {
      let matrices = try summary.modalities.indices.map { modality in
        try RowMatrix.counts(countsOfKind(modality, range))
      }
      return RowData(rows: range, matrices: matrices)
    }
    var matrix = Matrix<Double>(rowCount: range.count, columnCount: summary.columnCount)
    for row in range {
      for (column, count) in zip(columnIndices[row], counts[row]) {
        matrix[row - range.lowerBound, Int(column)] = kind.value(of: count)
      }
    }
    return RowData(rows: range, matrix: .reals(matrix))
  }

  /// Leaves a kind of data to some rows only.
  mutating func keepModality(_ kind: Int, only rows: Set<Int>) {
    summary.modalities[kind].presence = summary.modalities[kind].presence.indices.map {
      rows.contains($0)
    }
  }

  /// Counts of some rows in one kind of data; rows that lack it are empty.
  private func countsOfKind(_ kind: Int, _ range: Range<Int>) throws -> CompressedCounts {
    let own = Dictionary(
      uniqueKeysWithValues: columnsOfKinds[kind].enumerated().map { (Int32($1), Int32($0)) })
    var builder = CompressedCounts.Builder(columnCount: own.count)
    for row in range {
      let entries = zip(columnIndices[row], counts[row]).compactMap { column, count in
        own[column].map { (column: $0, count: count) }
      }
      let isPresent = summary.modalities[kind].isPresent(row)
      try builder.appendRow(
        columns: isPresent ? entries.map(\.column) : [],
        values: isPresent ? entries.map(\.count) : [])
    }
    return builder.build()
  }
}

extension SimulatedRows {
  /// Puts counts at the edges of what counts can be into some rows and the last column.
  fileprivate mutating func setExtremes(columnCount: Int) {
    (columnIndices[1], counts[1]) = ([0], [1])
    (columnIndices[2], counts[2]) = ([0, 1], [1 << 24, 1])
    columnIndices[3] = Array(0..<Int32(columnCount))
    counts[3] = Array(repeating: 7, count: columnCount)
    for row in counts.indices {
      guard columnIndices[row].last == Int32(columnCount - 1) else { continue }
      columnIndices[row].removeLast()
      counts[row].removeLast()
    }
  }
}

extension ExampleData.Values {
  /// What is made of a count.
  func value(of count: UInt32) -> Double {
    switch self {
    case .counts: Double(count)
    case .logarithms: Double(Float.log(onePlus: Float(count)))
    case .fractions: Double(Float(count) / Float(count + 1))
    }
  }
}

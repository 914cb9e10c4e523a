import Foundation
import Modeling
import Storage
import Testing

/// One matrix with features of two kinds: each is chosen like a modality.
@Suite struct FeatureKindTests {
  private let kinds = ["Gene Expression", "Antibody Capture", "Gene Expression", "Gene Expression"]
  private let genes = [0, 2, 3]

  /// Five cells of three genes and a protein, whose values are no counts.
  private func write(_ path: String, isSparse: Bool) throws {
    let writer = try AnnDataWriter(path, overwrite: false, rank: 0)
    writer.write(rows: Table(names: (0..<5).map { "cell\($0)" }))
    writer.write(
      columns: Table(
        names: ["A", "CD3", "B", "C"], columns: [.init("feature_types", .strings(kinds))]))
    let values = (0..<5).flatMap { cell in (0..<4).map { value(cell, $0) } }
    if isSparse {
      writer.write(
        sparse: values, columns: (0..<20).map { Int32($0 % 4) },
        rowStarts: (0...5).map { 4 * $0 }, columnCount: 4, at: "X")
    } else {
      writer.write(values, shape: [5, 4], at: "X")
    }
    writer.write((0..<8).map { Float($0) }, shape: [4, 2], at: "varm/place")
    try writer.finish()
  }

  private func value(_ cell: Int, _ column: Int) -> Float {
    column == 1 ? Float(cell) + 0.5 : Float(cell * column % 3)
  }

  @Test(arguments: [true, false])
  func oneKindIsReadAsIfItWereAlone(isSparse: Bool) throws {
    try withFolder { folder in
      let path = folder + "/both.h5ad"
      try write(path, isSparse: isSparse)
      #expect(try AnnDataFile(path).featureKinds() == ["Gene Expression", "Antibody Capture"])
      #expect(throws: StorageError.self) {
        try CountSource.matrix(of: AnnDataFile(path, modality: "all"))
      }
      #expect(try CountSource.matrix(of: AnnDataFile(path)).matrix.columnCount == 3)
      let file = try DataSource(path, modality: "Gene Expression").open()
      var warnings: [String] = []
      #expect(try file.columns(warnings: &warnings).names == ["A", "B", "C"])
      let matrix = try CountSource.matrix(of: file).matrix
      #expect(matrix.columnCount == 3)
      let (counts, statistics) = try matrix.counts(ofLanes: [0..<2, 2..<5])
      for (lane, rows) in [0..<2, 2..<5].enumerated() {
        for (position, cell) in rows.enumerated() {
          var found = [Float](repeating: 0, count: 3)
          counts[lane].forEachNonZero(inRow: position) { found[$0] = Float($1) }
          #expect(found == genes.map { value(cell, $0) })
        }
      }
      #expect(
        statistics.totals
          == genes.map { gene in (0..<5).reduce(0) { $0 + Int64(value($1, gene)) } })
      #expect(try file.columnArray("varm/place").values == [0, 1, 4, 5, 6, 7])
      let proteins = try AnnDataFile(path, modality: "Antibody Capture").matrix(.main)
      #expect(try proteins.reals(in: 0..<5) == (0..<5).map { Double($0) + 0.5 })
    }
  }

  @Test func columnsOfAFitAreFoundAmongThoseOfTheKind() throws {
    try withFolder { folder in
      let path = folder + "/both.h5ad"
      try write(path, isSparse: true)
      let file = try AnnDataFile(path, modality: "Gene Expression")
      var warnings: [String] = []
      let names = try file.columns(warnings: &warnings).names
      let map = ColumnMap(["C", "CD3", "A"], from: names)
      #expect(map.missing == ["CD3"])
      let values = try file.matrix(.main).reals(in: 3..<4, map: map)
      #expect(values == [Double(value(3, 3)), 0, Double(value(3, 0))])
    }
  }

  @Test func rowsInAnyOrderAndMissingOnesAreRead() throws {
    try withFolder { folder in
      let path = folder + "/both.h5ad"
      try write(path, isSparse: true)
      let matrix = try AnnDataFile(path, modality: "Gene Expression").matrix(.main)
      let rows = [4, -1, 0, 2, -1, 1]
      let (counts, statistics) = try matrix.counts(ofRows: rows)
      let reals = try matrix.reals(ofRows: rows)
      for (position, row) in rows.enumerated() {
        var found = [Float](repeating: 0, count: 3)
        counts.forEachNonZero(inRow: position) { found[$0] = Float($1) }
        let expected = row < 0 ? [0, 0, 0] : genes.map { value(row, $0) }
        #expect(found == expected)
        #expect(reals[3 * position..<3 * position + 3].map { Float($0) } == expected)
      }
      #expect(
        statistics.totals
          == genes.map { gene in [0, 1, 2, 4].reduce(0) { $0 + Int64(value($1, gene)) } })
    }
  }

  @Test func aKindThatIsNotThereIsNamedWithThoseThatAre() throws {
    try withFolder { folder in
      let path = folder + "/both.h5ad"
      try write(path, isSparse: false)
      let error = #expect(throws: StorageError.self) {
        try AnnDataFile(path, modality: "Gene expression")
      }
      let words = error?.description ?? ""
      #expect(words.contains("did you mean Gene Expression?") && words.contains("Antibody Capture"))
    }
  }
}

import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// What a user says of a file: rounding, kinds of features, cells and genes.
@Suite struct ReadingChoiceTests {
  private func writeFolder(_ folder: String, values: [String] = ["5", "7", "300", "2"]) throws {
    for (name, text) in [
      ("barcodes.tsv", "a\nb\nc\n"),
      (
        "features.tsv",
        "E1\tA\tGene Expression\nE2\tB\tGene Expression\nP1\tprot\tAntibody Capture\n"
      ),
      ("labels.tsv", "barcode\ttype\tcluster\na\tT\t0\nb\tB\t1\nc\tT\t0\n"),
      (
        "matrix.mtx",
        "%%MatrixMarket matrix coordinate real general\n3 3 4\n1 1 \(values[0])\n2 2 \(values[1])\n3 2 \(values[2])\n2 3 \(values[3])\n"
      ),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
  }

  private func counts(_ source: DataSource) throws -> (Table, Table, [Double]) {
    var source = source
    source.reading = try source.selection.resolved(of: source).reading
    let file = try source.open()
    var warnings: [String] = []
    let matrix = try CountSource.matrix(of: file).matrix
    let rows = try file.rows(warnings: &warnings)
    return (
      rows, try file.columns(warnings: &warnings), try matrix.reals(in: 0..<rows.count)
    )
  }

  @Test func genesAreReadOfSeveralKinds() throws {
    try withFolder { folder in
      try writeFolder(folder)
      let (rows, columns, values) = try counts(DataSource(folder))
      #expect(columns.names == ["A", "B"] && values == [5, 0, 0, 7, 0, 2])
      #expect(rows["cluster"] == .integers([0, 1, 0]))
      #expect(try counts(DataSource(folder, modality: "all")).1.names == ["A", "B", "prot"])
      #expect(try counts(DataSource(folder, modality: "Antibody Capture")).2 == [0, 300, 0])
      var warnings: [String] = []
      _ = try DataSource(folder).open().columns(warnings: &warnings)
      #expect(warnings.contains { $0.contains("only Gene Expression is read") })
    }
  }

  @Test func countsUpToRoundingAreCounts() throws {
    try withFolder { folder in
      try writeFolder(folder, values: ["5.0000000003", "6.9999999", "300", "2"])
      let (matrix, note) = try CountSource.matrix(of: DataSource(folder).open())
      #expect(note?.contains("are rounded, such as 5.0000000003 of cell a, gene A") == true)
      let lanes = try matrix.counts(ofLanes: [0..<3]).lanes
      #expect(lanes[0].total(ofRow: 0) == 5 && lanes[0].total(ofRow: 1) == 7)
    }
  }

  @Test func decimalsAreRoundedWhenAsked() throws {
    try withFolder { folder in
      try writeFolder(folder, values: ["5.4", "6.6", "300", "0.2"])
      let error = #expect(throws: StorageError.self) {
        try CountSource.matrix(of: DataSource(folder).open())
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains("--round"))
      var source = DataSource(folder)
      source.reading.rounds = true
      let matrix = try CountSource.matrix(of: source.open()).matrix
      let lanes = try matrix.counts(ofLanes: [0..<3]).lanes
      #expect((0..<3).map { lanes[0].total(ofRow: $0) } == [5, 7, 0])
      try writeFolder(folder, values: ["5.4", "-6.6", "300", "0.2"])
      #expect(throws: StorageError.self) {
        try CountSource.matrix(of: source.open()).matrix.counts(ofLanes: [0..<3])
      }
    }
  }

  @Test func cellsAndGenesAreSelected() throws {
    try withFolder { folder in
      try writeFolder(folder)
      var source = DataSource(folder)
      source.selection.cells = "type=T"
      #expect(try counts(source).0.names == ["a", "c"] && counts(source).2 == [5, 0, 0, 2])
      source.selection.genes = "E2"
      #expect(try counts(source).1.names == ["B"] && counts(source).2 == [0, 2])
      source.selection = SelectionRequest()
      source.selection.minimumCounts = 3
      #expect(try counts(source).0.names == ["a", "b"])
      source.selection.minimumCells = 1
      #expect(try counts(source).1.names == ["A", "B"])
      source.selection = SelectionRequest()
      source.selection.minimumCells = 2
      #expect(try counts(source).1.names == ["B"])
      source.selection = SelectionRequest()
      source.selection.subsample = 2
      #expect(try counts(source).0.count == 2)
      source.selection.subsample = 0.34
      #expect(try counts(source).0.count == 1)
      let more = "\(folder)/more.tsv"
      try Data("cell\tdonor\nc\t091\na\t002\n".utf8).write(to: URL(fileURLWithPath: more))
      source.selection = SelectionRequest()
      source.selection.annotations = more
      source.selection.cells = "donor=091"
      #expect(try counts(source).0.names == ["c"] && counts(source).2 == [0, 2])
      for word in ["typ=T", "type=X", "zzz"] {
        source.selection.cells = word
        #expect(throws: (any Error).self, "\(word)") { try counts(source) }
      }
    }
  }
}

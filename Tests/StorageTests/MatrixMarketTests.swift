import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct MatrixMarketTests {
  /// Three genes, four cells.
  private func write(
    _ folder: String, _ matrix: String, features: String = "i1\tA\tx\ni2\tB\tx\ni3\tA\tx\n",
    labels: String? = nil
  ) throws {
    for (name, text) in [
      ("matrix.mtx", matrix), ("features.tsv", features), ("barcodes.tsv", "c1\nc2\nc3\nc4\n"),
    ] + (labels.map { [("labels.tsv", $0)] } ?? []) {
      try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
  }

  private func dense(_ path: String) throws -> [Double] {
    let (matrix, _) = try CountSource.matrix(of: AnnDataFile(path))
    return try matrix.reals(in: 0..<4)
  }

  private let expected: [Double] = [5, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 300]

  @Test func entriesOfAnyOrderAreRead() throws {
    let banner = "%%MatrixMarket matrix coordinate integer general\n% comment\n"
    for matrix in [
      banner + "3 4 4\n1 1 5\n1 3 1\n2 3 2\n3 4 300\n",
      banner + "3 4 4\n3 4 300\n2 3 2\n1 1 5\n1 3 1",
      banner + "\n3 4 4\r\n1 1 5\r\n1 3 1.0\r\n2 3 2e0\r\n3 4 300\r\n\r\n",
      banner + "4 3 4\n4 3 300\n3 2 2\n1 1 5\n3 1 1\n",
    ] {
      try withFolder { folder in
        try write(folder, matrix)
        #expect(try dense(folder) == expected)
        #expect(try dense(folder + "/matrix.mtx") == expected)
        let (stored, _) = try CountSource.matrix(of: AnnDataFile(folder))
        let (lanes, statistics) = try stored.counts(ofLanes: [0..<1, 1..<1, 1..<3, 3..<4])
        #expect(lanes.map(\.rowCount) == [1, 0, 2, 1])
        #expect(lanes.map(\.nonZeroCount) == [1, 0, 2, 1])
        #expect(statistics.totals == [6, 2, 300])
        #expect(statistics.firstEmptyRow == 1)
      }
    }
  }

  @Test func labelsBecomeColumnsAndNamesUnique() throws {
    try withFolder { folder in
      try write(
        folder, "%%MatrixMarket matrix coordinate pattern general\n3 4 1\n1 1\n",
        labels: "barcode\ttype\tage\nc1\tB\t1\nc2\tT\t2.5\nc3\tNA\tNA\nc4\tB\t3\n")
      let file = try AnnDataFile(folder)
      var warnings: [String] = []
      #expect(try file.columns(warnings: &warnings).names == ["A", "B", "A-1"])
      #expect(warnings.count == 1)
      let rows = try file.rows(warnings: &warnings)
      #expect(
        rows["type"] == .categories(codes: [0, 1, -1, 0], names: ["B", "T"], isOrdered: false))
      guard case .numbers(let ages)? = rows["age"] else { return #expect(Bool(false)) }
      #expect(ages[1] == 2.5 && ages[2].isNaN)
      #expect(throws: StorageError.self) { try file.matrix(.raw) }
    }
  }

  @Test func aLabelOfAnotherCellIsRefused() throws {
    try withFolder { folder in
      try write(
        folder, "%%MatrixMarket matrix coordinate integer general\n3 4 0\n",
        labels: "barcode\ttype\nc1\tB\nc3\tT\nc2\tB\nc4\tB\n")
      let error = #expect(throws: StorageError.self) { try AnnDataFile(folder) }
      #expect(error?.description.contains("line 3 is about c3, expected c2") ?? false)
    }
  }

  @Test(.enabled(if: SharedData.url("data/pbmc3k") != nil, "no public data here"))
  func theFolderHoldsWhatTheFileHolds() throws {
    let folder = try #require(SharedData.url("data/pbmc3k")?.path)
    let path = try #require(dataFile("pbmc3k_csr_gzip.h5ad"))
    let lanes = [0..<100, 100..<1500, 1500..<2638]
    let one = try AnnDataFile(folder).matrix(.main).counts(ofLanes: lanes)
    let other = try AnnDataFile(path).matrix(.main).counts(ofLanes: lanes)
    #expect(one == other)
  }
}

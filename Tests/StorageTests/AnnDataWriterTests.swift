import Foundation
import Modeling
import Storage
import Testing

/// A small AnnData with one of everything.
struct Example: Sendable {
  let rowCount = 5000
  let columnCount = 700

  var rows: Table {
    Table(
      names: (0..<rowCount).map { "cell\($0)" },
      columns: [
        .init(
          "type",
          .categories(
            codes: (0..<rowCount).map { Int32($0 % 4) - 1 }, names: ["B", "T – naïve", "NK"],
            isOrdered: true)),
        .init("depth", .numbers((0..<rowCount).map { $0 == 3 ? .nan : Double($0) / 3 })),
        .init("batch", .integers((0..<rowCount).map { Int64($0 % 5) })),
        .init("age", .integers((0..<rowCount).map { $0 % 7 == 0 ? nil : Int64($0) })),
        .init("kept", .flags((0..<rowCount).map { $0 % 3 == 0 })),
        .init("doublet", .flags((0..<rowCount).map { $0 % 9 == 0 ? nil : $0 % 2 == 0 })),
        .init("note", .strings((0..<rowCount).map { "é\($0)" })),
        .init("gap", .strings((0..<rowCount).map { $0 % 2 == 0 ? nil : "here" })),
      ])
  }

  var columns: Table {
    Table(names: (0..<columnCount).map { "gene\($0)" }, columns: [])
  }

  var tree: StoredTree {
    .group([
      "settings": .group([
        "rate": .number(0.1), "epochs": .integer(7), "early": .flag(false), "name": .string("dgd"),
        "list": .strings(["a", "", "ü"]), "none": .strings([]),
      ]),
      "weights": .floats((0..<6000).map { Float($0).squareRoot() }, shape: [60, 100]),
      "sums": .doubles([.pi, -0.0, .infinity], shape: [3]),
      "counts": .integers([1 << 62, -1, 0, 5], shape: [2, 2]),
      "flags": .flags([true, false]), "empty": .doubles([], shape: [0]), "a/b": .integer(1),
    ])
  }

  func latent(_ rows: Range<Int>) -> [Float] {
    rows.flatMap { row in (0..<20).map { Float(row * 31 % 977) / Float($0 + 1) } }
  }

  func counts(_ rows: Range<Int>) -> CompressedCounts {
    var builder = CompressedCounts.Builder(columnCount: columnCount)
    for row in rows {
      let entries = (0..<columnCount).filter { ($0 * 7 + row * 13) % 11 == 0 && row % 50 != 0 }
      do {
        try builder.appendRow(
          columns: entries.map { Int32($0) }, values: entries.map { UInt32(1 + ($0 + row) % 400) })
      } catch { preconditionFailure("\(error)") }
    }
    return builder.build()
  }

  /// Writes it on so many ranks.
  func write(_ path: String, ranks size: Int, overwrite: Bool = false) -> [StorageError] {
    let failures = Failures()
    SimulatedRanks.run(size) { ranks in
      do {
        let plan = LanePlan(rowCount: rowCount, laneCount: 16)
        let lanes = plan.lanes(ofRank: ranks.rank, of: size).map { plan.rows(ofLane: $0) }
        let own = plan.rows(ofRank: ranks.rank, of: size)
        let writer = try AnnDataWriter(path, overwrite: overwrite, rank: ranks.rank)
        writer.write(rows: rows)
        writer.write(columns: columns)
        writer.writeRows(
          "obsm/X_dgd", rowCount: rowCount, width: 20, ownRows: [own], with: ranks, values: latent)
        writer.writeCounts(
          "X", rowCount: rowCount, columnCount: columnCount,
          lanes: lanes.map { ($0, counts($0)) }, with: ranks)
        writer.writeRows(
          "layers/denoised", rowCount: rowCount, width: columnCount, ownRows: [own], with: ranks
        ) { $0.flatMap { row in (0..<columnCount).map { Float(row + $0) } } }
        writer.write(tree, at: "uns/distfit")
        writer.write((0..<1400).map(Float.init), shape: [700, 2], at: "varm/loadings")
        writer.write(
          sparse: [0.5, 1], columns: [2, 0],
          rowStarts: [0, 1, 1, 2] + Array(repeating: 2, count: 4997),
          columnCount: rowCount, at: "obsp/connectivities")
        try writer.finish()
      } catch {
        failures.add(error as? StorageError ?? .init(file: "", problem: "\(error)"))
      }
    }
    return failures.errors
  }
}

/// What went wrong on the ranks' threads.
final class Failures: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var errors: [StorageError] = []
  func add(_ error: StorageError) { lock.withLock { errors.append(error) } }
}

@Suite struct AnnDataWriterTests {
  let example = Example()

  @Test func whatIsWrittenIsReadBack() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5ad"
      #expect(example.write(path, ranks: 3) == [])
      let file = try AnnDataFile(path)
      var warnings: [String] = []
      let rows = try file.rows(warnings: &warnings)
      #expect(warnings == [])
      #expect(rows.names == example.rows.names)
      for (read, written) in zip(rows.columns, example.rows.columns) {
        #expect(read.name == written.name)
        switch (read.column, written.column) {
        case (.numbers(let a), .numbers(let b)):
          #expect(a.map(\.bitPattern) == b.map(\.bitPattern))
        case (.categories(let codes, let names, _), .strings(let texts)):
          #expect(codes.map { $0 < 0 ? nil : names[Int($0)] } == texts)
        default: #expect(read.column == written.column, "\(read.name)")
        }
      }
      let latent = try file.array("obsm/X_dgd")
      #expect(latent.shape == [5000, 20])
      #expect(latent.values == example.latent(0..<5000).map(Double.init))
      let plan = LanePlan(rowCount: 5000, laneCount: 7)
      let lanes = (0..<7).map { plan.rows(ofLane: $0) }
      let (counts, statistics) = try file.matrix(.main).counts(ofLanes: lanes)
      #expect(counts == lanes.map(example.counts))
      #expect(statistics.emptyRowCount == 100)
      #expect(statistics.firstEmptyRow == 0)
      let denoised = try file.matrix(.layer("denoised")).reals(in: 4000..<4010)
      #expect(denoised == (4000..<4010).flatMap { row in (0..<700).map { Double(row + $0) } })
      #expect(try file.tree("uns/distfit") == example.tree)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["fit.h5ad"])
    }
  }

  @Test func bytesOfTheFileDoNotDependOnTheRanks() throws {
    try withFolder { folder in
      #expect(example.write(folder + "/1", ranks: 1) == [])
      let one = try Data(contentsOf: URL(fileURLWithPath: folder + "/1"))
      for size in [2, 3, 7, 20] {
        #expect(example.write(folder + "/\(size)", ranks: size) == [])
        let many = try Data(contentsOf: URL(fileURLWithPath: folder + "/\(size)"))
        #expect(many == one, "\(size) ranks")
      }
    }
  }

  @Test func existingOutputIsKeptUnlessOverwritten() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5ad"
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      let failures = example.write(path, ranks: 1)
      #expect(failures.count == 1 && failures[0].problem.contains("--overwrite"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
      #expect(example.write(path, ranks: 1, overwrite: true) == [])
      #expect(try AnnDataFile(path).rowCount == 5000)
    }
  }

  @Test func aMissingFolderIsNamed() throws {
    try withFolder { folder in
      let error = #expect(throws: StorageError.self) {
        try AnnDataWriter.requireWritable(folder + "/no/fit.h5ad", overwrite: false)
      }
      #expect(error?.problem.contains("no folder") ?? false)
      #expect(throws: StorageError.self) {
        try AnnDataWriter.requireWritable(folder, overwrite: true)
      }
    }
  }

  @Test func anAbandonedFileLeavesNothing() throws {
    try withFolder { folder in
      do {
        let writer = try AnnDataWriter(folder + "/fit.h5ad", overwrite: false, rank: 0)
        writer.write(rows: example.rows)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  static let python = ProcessInfo.processInfo.environment["DISTFIT_PYTHON"]

  @Test(.enabled(if: python != nil, "DISTFIT_PYTHON names no Python with anndata"))
  func anndataOpensTheFileWithoutWarnings() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5ad"
      #expect(example.write(path, ranks: 2) == [])
      let script = """
        import warnings; warnings.simplefilter('error')
        import anndata, numpy, sys
        a = anndata.read_h5ad(sys.argv[1])
        assert a.shape == (5000, 700), a.shape
        assert list(a.obs['type'].cat.categories) == ['B', 'T – naïve', 'NK'] and a.obs['type'].cat.ordered
        assert a.obs['type'].isna().sum() == 1250
        assert a.obs['age'].isna().sum() == 715 and a.obs['age'].iloc[1] == 1
        assert a.obs['kept'].dtype == bool and a.obs['kept'].sum() == 1667
        assert a.obs['doublet'].isna().sum() == 556
        assert a.obs['gap'].isna().sum() == 2500
        assert a.obs['note'].iloc[7] == 'é7'
        assert a.obsm['X_dgd'].dtype == numpy.float32 and a.obsm['X_dgd'].shape == (5000, 20)
        assert a.layers['denoised'][4000, 10] == 4010
        assert a.X.has_sorted_indices and a.X[1, 0] == 0
        rows, columns = 13, 13
        s = a.uns['distfit']['settings']
        assert s['rate'] == 0.1 and s['epochs'] == 7 and s['name'] == 'dgd' and list(s['list']) == ['a', '', 'ü']
        assert a.uns['distfit']['weights'].shape == (60, 100)
        assert a.obsp['connectivities'][2, 0] == 1
        a.write_h5ad(sys.argv[1] + '.copy')
        print(a)
        """
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(Self.python))
      process.arguments = ["-c", script, path]
      let pipe = Pipe()
      process.standardError = pipe
      process.standardOutput = pipe
      try process.run()
      let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(output)")
    }
  }
}

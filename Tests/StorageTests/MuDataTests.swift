import Foundation
import Modeling
import Storage
import Testing

@Suite struct MuDataTests {
  /// Rows 0 … 9 of the whole; `rna` has the first seven, `genotype` the last five in reverse.
  private func write(_ path: String) throws {
    let writer = try AnnDataWriter(
      path, overwrite: false, rank: 0, modalities: ["rna", "genotype"])
    let genes = Table(names: ["g1", "g2", "g3"])
    let variants = Table(names: ["rs1", "rs2"])
    writer.write(rows: Table(names: (0..<10).map { "s\($0)" }))
    writer.write(columns: Table(names: genes.names + variants.names))
    writer.write(positions: (0..<10).map { $0 < 7 ? $0 : nil }, inRowsOf: "rna")
    writer.write(positions: (0..<10).map { $0 < 5 ? nil : 9 - $0 }, inRowsOf: "genotype")
    writer.write(positions: [0, 1, 2, nil, nil], inColumnsOf: "rna")
    writer.write(positions: [nil, nil, nil, 0, 1], inColumnsOf: "genotype")
    writer.select(modality: "rna")
    writer.write(rows: Table(names: (0..<7).map { "s\($0)" }))
    writer.write(columns: genes)
    writer.writeRows("X", rowCount: 7, width: 3, ownRows: [0..<7], with: SingleRank()) {
      $0.flatMap { [Float($0), 0, 1] }
    }
    writer.select(modality: "genotype")
    writer.write(rows: Table(names: (0..<5).map { "s\(9 - $0)" }))
    writer.write(columns: variants)
    writer.writeRows("X", rowCount: 5, width: 2, ownRows: [0..<5], with: SingleRank()) {
      $0.flatMap { [Float($0 % 3), 2] }
    }
    try writer.finish()
  }

  @Test func modalitiesAreReadBack() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5mu"
      try write(path)
      let file = try MuDataFile(path)
      #expect(file.modalityNames == ["rna", "genotype"])
      #expect(file.rowCount == 10)
      #expect(try file.positions(in: "rna") == [0, 1, 2, 3, 4, 5, 6, nil, nil, nil])
      #expect(try file.positions(in: "genotype") == [nil, nil, nil, nil, nil, 4, 3, 2, 1, 0])
      let genotype = try file.modality("genotype").matrix(.main)
      #expect(try genotype.reals(in: 0..<5) == [0, 2, 1, 2, 2, 2, 0, 2, 1, 2])
      let error = #expect(throws: StorageError.self) { try file.modality("atac") }
      #expect(error?.problem.contains("rna, genotype") ?? false)
      #expect(throws: StorageError.self) { try AnnDataFile(path) }
    }
  }

  @Test(
    .enabled(if: AnnDataWriterTests.python != nil, "DISTFIT_PYTHON names no Python with mudata"))
  func mudataOpensTheFileWithoutWarnings() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5mu"
      try write(path)
      let script = """
        import sys, warnings, mudata
        mudata.set_options(pull_on_update=False)
        with warnings.catch_warnings(record=True) as found:
          warnings.simplefilter('always')
          m = mudata.read_h5mu(sys.argv[1])
        found = [w for w in found if 'muon/mudata' in str(w.message)]
        assert not found, found[0].message
        assert m.shape == (10, 5), m.shape
        assert list(m.mod) == ['rna', 'genotype']
        assert m['genotype'].X[4, 0] == 1
        assert list(m.obsmap['genotype'])[5] == 5
        """
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(AnnDataWriterTests.python))
      process.arguments = ["-c", script, path]
      let pipe = Pipe()
      process.standardError = pipe
      try process.run()
      let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(output)")
    }
  }

  @Test(.enabled(if: dataFile("README.md") != nil, "no data-files here"))
  func filesOfMudataAreRead() throws {
    let file = try MuDataFile(#require(dataFile("scicar_mosaic.h5mu")))
    #expect(file.rowCount == 600)
    let rna = try file.positions(in: "rna")
    let atac = try file.positions(in: "atac")
    #expect(rna.count { $0 != nil } == 450 && atac.count { $0 != nil } == 450)
    #expect(zip(rna, atac).count { $0 != nil && $1 != nil } == 300)
    for (name, total) in [("rna", 301_344), ("atac", 295_049)] {
      let matrix = try file.modality(name).matrix(.main)
      let (_, statistics) = try matrix.counts(ofLanes: [0..<450])
      #expect(statistics.total == total)
    }
    let all = try MuDataFile(#require(dataFile("scicar_600.h5mu")))
    let (_, statistics) = try all.modality("rna").matrix(.main).counts(ofLanes: [0..<600])
    #expect(statistics.total == 397_815)
  }

  @Test(
    .enabled(if: dataFile("README.md") != nil, "no data-files here"),
    arguments: [
      ("mu_mod_missing", "/mod/atac/X"), ("mu_obsmap_bad", "/obsmap/rna"), ("mu_no_mod", "/mod"),
    ])
  func damageIsNamed(_ name: String, _ words: String) throws {
    let path = try #require(dataFile("broken/\(name).h5mu"))
    let error = #expect(throws: StorageError.self) {
      let file = try MuDataFile(path)
      for name in file.modalityNames {
        _ = try file.positions(in: name)
        _ = try file.modality(name).matrix(.main)
      }
    }
    #expect(error?.description.contains(words) ?? false, "\(String(describing: error))")
  }
}

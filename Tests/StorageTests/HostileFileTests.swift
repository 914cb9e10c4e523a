import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Files that lead into other files: nothing of those is opened, and the object is named.
@Suite(.serialized) struct HostileFileTests {
  /// A copy of a file of Tests/Reference/HostileFiles: two cells, three genes and something no code of ours writes.
  private func hostile(_ name: String, in folder: String) throws -> String {
    let path = folder + "/data.h5ad"
    try FileManager.default.copyItem(
      atPath: Reference.url("HostileFiles/\(name).h5ad").path, toPath: path)
    return path
  }

  private func expectRefusal(_ path: String, _ words: String) throws {
    for look in [
      { try HDF5Check.require([path]) },
      { () throws(StorageError) in _ = try AnnDataFile(path).matrix(.main) },
    ] {
      let error = #expect(throws: StorageError.self) { try look() }
      #expect(error?.place == "/X", "\(error.debugDescription)")
      #expect(error?.problem.contains(words) == true, "\(error.debugDescription)")
    }
  }

  @Test func valuesInAnotherFileAreRefused() throws {
    try withFolder { folder in
      let path = try hostile("values-elsewhere", in: folder)
      try expectRefusal(path, "/etc/passwd")
    }
  }

  @Test func virtualDataSetsAreRefusedAndTheirSourcesNotOpened() throws {
    try withFolder { folder in
      let path = try hostile("virtual", in: folder)
      // Whoever opens this waits for ever.
      mkfifo(folder + "/source.h5", 0o600)
      try expectRefusal(path, "source.h5")
    }
  }

  @Test func linksIntoOtherFilesAreRefusedAndNotFollowed() throws {
    try withFolder { folder in
      let path = try hostile("link-elsewhere", in: folder)
      mkfifo(folder + "/other.h5", 0o600)
      try expectRefusal(path, "another file")
    }
  }

  @Test func linksInACircleEnd() throws {
    try withFolder { folder in
      let path = try hostile("circle", in: folder)
      let error = #expect(throws: StorageError.self) { try AnnDataFile(path).tree("uns/distfit") }
      #expect(error?.problem.contains("never ends") == true)
    }
  }

  @Test func pipesAreNoHDF5Files() throws {
    try withFolder { folder in
      mkfifo(folder + "/data.h5ad", 0o600)
      let error = #expect(throws: StorageError.self) { try AnnDataFile(folder + "/data.h5ad") }
      #expect(error?.problem.contains("pipe") == true)
    }
  }

  @Test func manyColumnsHashesAndRepeatedNamesComeBack() throws {
    try withFolder { folder in
      let path = folder + "/data.h5ad"
      let columns = (0..<4500).map { NamedColumn("column \($0)", .integers([Int64($0), nil])) }
      let hash = NamedColumn("hash", .unsigned([.max, 1 << 63]))
      let writer = try AnnDataWriter(path, overwrite: false, rank: 0)
      writer.write(rows: Table(names: ["c1", "c2"], columns: [hash] + columns))
      writer.write(columns: Table(names: ["g1"]))
      try writer.finish()
      try HDF5Check.require([path])
      var warnings: [String] = []
      let table = try AnnDataFile(path).rows(warnings: &warnings)
      #expect(table.columns.count == 4501 && table["hash"] == .unsigned([.max, 1 << 63]))
      #expect(table.columns.last == columns.last)
    }
  }
}

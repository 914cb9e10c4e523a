@preconcurrency import CHDF5
import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Files that lead into other files: nothing of those is opened, and the object is named.
@Suite(.serialized) struct HostileFileTests {
  /// An AnnData file without X.
  private func frame(_ path: String) throws {
    let writer = try AnnDataWriter(path, overwrite: false, rank: 0)
    writer.write(rows: Table(names: ["c1", "c2"]))
    writer.write(columns: Table(names: ["g1", "g2", "g3"]))
    try writer.finish()
  }

  /// Adds something by the C library itself: no code of ours writes such files.
  private func change(_ path: String, _ body: (hid_t) -> Void) throws {
    H5open()
    let readAndWrite: UInt32 = 1  // H5F_ACC_RDWR
    let file = H5Fopen(path, readAndWrite, hid_t(H5P_DEFAULT))
    try #require(file >= 0)
    body(file)
    H5Fclose(file)
  }

  private func dataset(_ file: hid_t, _ set: (hid_t) -> Void) {
    let extent: [hsize_t] = [2, 3]
    let space = H5Screate_simple(2, extent, nil)
    let creation = H5Pcreate(H5P_CLS_DATASET_CREATE_ID_g)
    set(creation)
    let dataset = H5Dcreate2(
      file, "X", H5T_NATIVE_INT_g, space, hid_t(H5P_DEFAULT), creation, hid_t(H5P_DEFAULT))
    H5Dclose(dataset)
    H5Pclose(creation)
    H5Sclose(space)
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
      let path = folder + "/data.h5ad"
      try frame(path)
      try change(path) { file in
        dataset(file) { _ = H5Pset_external($0, "/etc/passwd", 0, 24) }
      }
      try expectRefusal(path, "/etc/passwd")
    }
  }

  @Test func virtualDataSetsAreRefusedAndTheirSourcesNotOpened() throws {
    try withFolder { folder in
      let path = folder + "/data.h5ad"
      // Whoever opens this waits for ever.
      mkfifo(folder + "/source.h5", 0o600)
      try frame(path)
      try change(path) { file in
        let extent: [hsize_t] = [2, 3]
        let space = H5Screate_simple(2, extent, nil)
        dataset(file) { _ = H5Pset_virtual($0, space, folder + "/source.h5", "X", space) }
        H5Sclose(space)
      }
      try expectRefusal(path, "source.h5")
    }
  }

  @Test func linksIntoOtherFilesAreRefusedAndNotFollowed() throws {
    try withFolder { folder in
      let path = folder + "/data.h5ad"
      mkfifo(folder + "/other.h5", 0o600)
      try frame(path)
      try change(path) { file in
        H5Lcreate_external(
          folder + "/other.h5", "/X", file, "X", hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
      }
      try expectRefusal(path, "another file")
    }
  }

  @Test func linksInACircleEnd() throws {
    try withFolder { folder in
      let path = folder + "/fit.h5ad"
      let writer = try AnnDataWriter(path, overwrite: false, rank: 0)
      writer.write(rows: Table(names: ["c1"]))
      writer.write(columns: Table(names: ["g1"]))
      writer.write(.group(["a": .group(["b": .integer(1)])]), at: "uns/distfit")
      try writer.finish()
      try change(path) { file in
        for name in ["left", "right"] {
          H5Lcreate_soft(
            "/uns/distfit", file, "uns/distfit/a/\(name)", hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT))
        }
      }
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

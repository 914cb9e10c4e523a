import Foundation
import Modeling
import Storage
import Testing

@Suite struct TreeFileTests {
  let tree = Example().tree

  private func lane(_ number: Int) -> StoredTree {
    .group(["moments": .floats((0..<100).map { Float($0 * number) }, shape: [10, 10])])
  }

  private func write(_ path: String, ranks size: Int) {
    let (tree, lane) = (tree, lane)
    SimulatedRanks.run(size) { ranks in
      do {
        let writer = try TreeFileWriter(path, kind: "distfit checkpoint", rank: ranks.rank)
        writer.add(tree, as: "shared")
        let plan = LanePlan(rowCount: 100, laneCount: 20)
        writer.addParts(
          "lane", plan.lanes(ofRank: ranks.rank, of: size), of: 20, with: ranks, tree: lane)
        try writer.finish()
      } catch { Issue.record("\(error)") }
    }
  }

  @Test func treesComeBackWithTheirBits() throws {
    try withFolder { folder in
      write(folder + "/1", ranks: 1)
      write(folder + "/3", ranks: 3)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/1"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/3")) == bytes)
      let file = try TreeFile(folder + "/3", kind: "distfit checkpoint")
      #expect(try file.names().count == 21)
      #expect(TreeBytes.encoded(try file.read("shared")) == TreeBytes.encoded(tree))
      #expect(
        TreeBytes.encoded(TreeBytes.decoded(TreeBytes.encoded(tree))) == TreeBytes.encoded(tree))
      for number in 0..<20 {
        #expect(try file.read(TreeFileWriter.partName("lane", number)) == lane(number))
      }
    }
  }

  @Test func foreignFilesAreRefused() throws {
    try withFolder { folder in
      write(folder + "/checkpoint", ranks: 1)
      let other = #expect(throws: StorageError.self) {
        try TreeFile(folder + "/checkpoint", kind: "distfit model")
      }
      #expect(other?.problem.contains("expected a distfit model") ?? false)
      let writer = try AnnDataWriter(folder + "/fit.h5ad", overwrite: false, rank: 0)
      try writer.finish()
      #expect(throws: StorageError.self) {
        try TreeFile(folder + "/fit.h5ad", kind: "distfit checkpoint")
      }
    }
  }

  @Test func noChangedByteIsRead() throws {
    try withFolder { folder in
      write(folder + "/checkpoint", ranks: 1)
      let url = URL(fileURLWithPath: folder + "/checkpoint")
      let whole = try Data(contentsOf: url)
      let expected = TreeBytes.encoded(tree)
      var refused = 0
      // Changes spread over the file: each is refused, or hits bytes that mean nothing.
      for step in 0..<200 {
        var damaged = whole
        let position = step * whole.count / 200 + step % 7
        damaged[position] ^= 0x5a
        try damaged.write(to: url)
        do {
          let file = try TreeFile(url.path, kind: "distfit checkpoint")
          #expect(TreeBytes.encoded(try file.read("shared")) == expected, "byte \(position)")
          for number in 0..<20 {
            #expect(try file.read(TreeFileWriter.partName("lane", number)) == lane(number))
          }
        } catch { refused += 1 }
      }
      #expect(refused > 50)
      for length in [0, 7, 100, whole.count / 2, whole.count - 1] {
        try whole.prefix(length).write(to: url)
        #expect(throws: StorageError.self) {
          let file = try TreeFile(url.path, kind: "distfit checkpoint")
          for name in try file.names() { _ = try file.read(name) }
        }
      }
    }
  }
}

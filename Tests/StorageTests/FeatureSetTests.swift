import Foundation
import Modeling
import Storage
import Testing

@Suite struct FeatureSetTests {
  private func write(_ folder: String, _ name: String, _ text: String) throws -> String {
    let path = "\(folder)/\(name)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func setsOfGenesAndRegionsAreRead() throws {
    try withFolder { folder in
      let sets = try FeatureSets.gmt(
        try write(folder, "a.gmt", "one\thttp\tA\tB\n\ntwo\t\tC\t\n"))
      #expect(sets.map(\.name) == ["one", "two"] && sets.map(\.genes) == [["A", "B"], ["C"]])
      let regions = try FeatureSets.bed(
        try write(folder, "a.bed", "track x\nchr1\t0\t10\tq\n1 20 30 r\nX\t5\t6\tq\nY 1 2\n"))
      #expect(regions.map(\.name) == ["q", "r", "a.bed"])
      #expect(regions[0].regions.map(\.range) == [0..<10, 5..<6])
      #expect(try FeatureSets.names(try write(folder, "n.txt", "A\tx\nB\n")) == ["A", "B"])
    }
  }

  @Test func badSetsAreRefusedWithTheirLine() throws {
    try withFolder { folder in
      for (text, words) in [("one\tx\n", "line 1 has no genes"), ("", "no gene sets")] {
        let path = try write(folder, "a.gmt", text)
        let error = #expect(throws: StorageError.self) { try FeatureSets.gmt(path) }
        #expect(error?.description.contains(words) ?? false)
      }
      for (text, words) in [
        ("1\t5\t5\n", "line 1"), ("1\t5\n", "line 1"), ("1\t-1\t5\n", "line 1"),
        ("#\n", "no intervals"),
      ] {
        let path = try write(folder, "a.bed", text)
        let error = #expect(throws: StorageError.self) { try FeatureSets.bed(path) }
        #expect(error?.description.contains(words) ?? false)
      }
    }
  }

  @Test(arguments: ["t.tsv", "t.tsv.gz"])
  func tablesAreWrittenAndReadBack(name: String) throws {
    try withFolder { folder in
      let path = "\(folder)/\(name)"
      let writer = try TableWriter(path, header: ["name", "n", "x", "word"], overwrite: false)
      for row in 0..<40_000 {
        try writer.append(["r\(row)", "\(row)", row == 3 ? "NA" : "0.5", row % 2 == 0 ? "a" : "b"])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) != [name])
      try writer.finish()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [name])
      let table = try TableFile.read(path)
      #expect(table.count == 40_000 && table["n"] == .integers((0..<40_000).map { Int64($0) }))
      guard case .numbers(let numbers)? = table["x"] else { return #expect(Bool(false)) }
      #expect(numbers[3].isNaN && numbers[4] == 0.5)
      #expect(table["word"]?.asCategories?.names == ["a", "b"])
      #expect(throws: StorageError.self) {
        try TableWriter(path, header: ["x"], overwrite: false)
      }
    }
  }
}

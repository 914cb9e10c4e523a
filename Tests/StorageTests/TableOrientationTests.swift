import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// Tables of samples in the ways they come.
struct TableOrientationTests {
  @Test(arguments: [
    "id\tage\tsex\na\t3\tf\nb\t4\tm\n", "id\ta\tb\nage\t3\t4\nsex\tf\tm\n",
    "FID\tIID\tage\tsex\n1\ta\t3\tf\n2\tb\t4\tm\n",
  ])
  func everyWayGivesTheSameTable(_ text: String) throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).tsv"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let table = try TableFile.read(path, about: ["a", "b", "c"]).table
    #expect(table.names == ["a", "b"] && table.columns.map(\.name) == ["age", "sex"])
    #expect(table["age"] == .integers([3, 4]))
    #expect(table["sex"]?.asCategories?.names == ["f", "m"])
  }
}

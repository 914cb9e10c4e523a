import Foundation
import Testing

/// What other programs computed is worth as much as is known of how.
@Suite struct ReferenceTests {
  /// `Tests/Reference/sources.tsv` has a line for every file, or for its folder, with the tool and its versions.
  @Test func everyRecordedFigureNamesTheToolAndVersionThatMadeIt() throws {
    let folder = Repository.root.appendingPathComponent("Tests/Reference")
    let table = try String(
      contentsOf: folder.appendingPathComponent("sources.tsv"), encoding: .utf8)
    let lines = table.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(lines.first == ["path", "tool", "versions", "what"])
    for line in lines.dropFirst() {
      try #require(line.count == 4)
      #expect(line.allSatisfy { !$0.isEmpty } && line[2].contains(/[0-9]/), "\(line[0])")
      let path = folder.appendingPathComponent(line[0]).path
      #expect(FileManager.default.fileExists(atPath: path), "\(line[0]) is not there any more")
    }
    let known = lines.dropFirst().map { $0[0] }
    for case let file as String in try #require(
      FileManager.default.enumerator(atPath: folder.path))
    where file.contains(".") && !file.hasPrefix("Generators/") && file != "sources.tsv" {
      #expect(
        known.contains { file == $0 || file.hasPrefix($0 + "/") }, "\(file) has no known source")
    }
  }
}

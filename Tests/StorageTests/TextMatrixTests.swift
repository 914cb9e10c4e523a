import Foundation
import Modeling
import Storage
import TestSupport
import Testing

@Suite struct TextMatrixTests {
  private func write(_ folder: String, _ name: String, _ text: String) throws -> String {
    let path = "\(folder)/\(name)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private let expected: [Double] = [5, 0, 0, 0, 0, 7, 1, 300, 0]

  @Test func genesAndSamplesAreToldByTheHeader() throws {
    let byGene = "gene\ts1\ts2\ts3\nA\t5\t0\t1\nB\t0\t0\t300\nC\t0\t7\t0\n"
    let bySample = "sample\tA\tB\tC\ns1\t5\t0\t0\ns2\t0\t0\t7\n\ns3\t1\t300\t0\n"
    let gct =
      "#1.2\n3\t3\nName\tDescription\ts1\ts2\ts3\nA\tx\t5\t0\t1\nB\ty\t0\t0\t300\nC\tx\t0\t7\t0\n"
    try withFolder { folder in
      for (name, text) in [
        ("a.tsv", byGene), ("b.tsv", bySample), ("c.gct", gct),
        ("d.csv", "\"\",\"s1\",\"s2\",\"s3\"\r\n\"A\",5,0,1.0\r\n\"B\",0,0,3e2\r\n\"C\",0,7,0\r\n"),
      ] {
        let path = try write(folder, name, text)
        let file = try AnnDataFile(path)
        #expect(file.rowCount == 3 && file.columnCount == 3)
        let (matrix, note) = try CountSource.matrix(of: file)
        #expect(note == nil)
        #expect(try matrix.reals(in: 0..<3) == expected)
        #expect(try matrix.reals(in: 1..<2) == [0, 0, 7])
        var warnings: [String] = []
        #expect(try file.rows(warnings: &warnings).names == ["s1", "s2", "s3"])
        let genes = try file.columns(warnings: &warnings)
        // Of the table without a word in its corner names decide, which is said.
        #expect(genes.names == ["A", "B", "C"] && warnings.isEmpty == (name != "d.csv"))
        if name == "c.gct" { #expect(genes["Description"]?.asCategories?.codes == [0, 1, 0]) }
        let (lanes, statistics) = try matrix.counts(ofLanes: [0..<2, 2..<3])
        #expect(lanes.map(\.rowCount) == [2, 1] && statistics.totals == [6, 300, 7])
      }
      let packed = try write(folder, "e.tsv", byGene)
      _ = try Command(URL(fileURLWithPath: "/bin/gzip"), [packed]).outcome(within: 20)
      let (matrix, _) = try CountSource.matrix(of: AnnDataFile(packed + ".gz"))
      #expect(try matrix.reals(in: 0..<3) == expected)
    }
  }

  @Test func tablesBesideBecomeAnnotations() throws {
    try withFolder { folder in
      let path = try write(folder, "a.tsv", "gene\ts1\ts2\nA\t1\t2\nB\t0\t3\n")
      _ = try write(folder, "samples.tsv", "sample\tdonor\tage\ns2\td1\t.\ns1\td2\t4.5\nx\td3\t1\n")
      _ = try write(folder, "genes.tsv", "gene\tlength\nA\t10\nC\t20\n")
      let file = try AnnDataFile(path)
      var warnings: [String] = []
      let rows = try file.rows(warnings: &warnings)
      #expect(rows["donor"]?.asCategories?.names == ["d1", "d2", "d3"])
      #expect(rows["donor"]?.asCategories?.codes == [1, 0])
      guard case .numbers(let ages)? = rows["age"] else { return #expect(Bool(false), "no age") }
      #expect(ages[0] == 4.5 && ages[1].isNaN)
      _ = try file.columns(warnings: &warnings)
      #expect(warnings.count == 1 && warnings[0].contains("genes.tsv"))
    }
  }

  @Test func badTablesAreRefusedWithTheirLine() throws {
    try withFolder { folder in
      for (name, text, words) in [
        ("a.tsv", "gene\ts1\nA\t1\t2\n", "line 2 has 3 fields, expected 2"),
        ("a.tsv", "gene\ts1\nA\tx\n", "has no columns of numbers"),
        ("a.tsv", "gene\ts1\nA\t1\nB\tx\n", "line 3 has \"x\" for s1"),
        ("a.tsv", "gene\ts1\n", "nothing below"), ("a.tsv", "gene\n", "no columns"),
        ("a.tsv", "", "is empty"), ("a.tsv", "gene\ts1\ts1\nA\t1\t2\n", "sample s1 twice"),
        ("a.gct", "#1.4\n1\t1\nName\tDescription\ts\nA\tx\t1\n", "the versions of GCT"),
        ("a.gct", "#1.3\n1\t1\nName\tDescription\ts\nA\tx\t1\n", "numbers of genes and samples"),
        ("a.gct", "#1.2\n2\t1\nName\tDescription\ts\nA\tx\t1\n", "has 1 genes, expected 2"),
        ("a.gct", "#1.2\n1\t2\nName\tDescription\ts\nA\tx\t1\n", "names 1 samples, expected 2"),
      ] {
        let path = try write(folder, name, text)
        let error = #expect(throws: StorageError.self) { try AnnDataFile(path) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(error.map { "\($0)" } ?? "")")
      }
      for (value, words) in [("-1", "negative"), ("1.5", "1.5"), ("NA", "NaN")] {
        let others = (0..<40).map { "g\($0)\t\($0)\n" }.joined()
        let path = try write(folder, "b.tsv", "gene\ts1\nA\t\(value)\n" + others)
        let (matrix, _) = try CountSource.matrix(of: AnnDataFile(path))
        let error = #expect(throws: StorageError.self) { try matrix.counts(ofLanes: [0..<1]) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(error.map { "\($0)" } ?? "")")
      }
      #expect(throws: StorageError.self) { try AnnDataFile("\(folder)/none.tsv") }
    }
  }

  @Test(.enabled(if: SharedData.has("data/yri-lcl-69"), "\(SharedData.missing("data/yri-lcl-69"))"))
  func realBulkCountsAreRead() throws {
    let url = try #require(SharedData.url("data/yri-lcl-69/counts.tsv.gz"))
    let file = try AnnDataFile(url.path)
    #expect(file.rowCount == 69 && file.columnCount == 17_310)
    var warnings: [String] = []
    let rows = try file.rows(warnings: &warnings)
    #expect(rows["sex"]?.asCategories?.names == ["female", "male"])
    let (lanes, _) = try CountSource.matrix(of: file).matrix.counts(ofLanes: [0..<69])
    #expect(lanes[0].nonZeroCount > 0)
  }
}

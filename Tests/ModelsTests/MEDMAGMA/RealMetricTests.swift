import Foundation
import Graphs
import LinearAlgebra
import Metrics
import TestSupport
import Testing

/// Scores of the reference's own graphs of real data sets, those of the five strongest edges of each cell.
@Suite struct RealMetricTests {
  private static let sets = [
    "blakeley-30", "yan-90-rpkm", "camp-fetal-cortex-220", "mixology-sc-dropseq",
  ]

  @Test(
    .enabled(
      if: sets.allSatisfy { SharedData.has("data/" + $0) }, "not all of \(sets) are in the data"),
    arguments: sets)
  func scoresOfTheReferencesGraphsEqualTheRecorded(_ set: String) throws {
    let folder = try #require(SharedData.url("data/\(set)"))
    let labels = try String(
      contentsOf: folder.appendingPathComponent("labels.tsv"), encoding: .utf8
    ).split(separator: "\n").dropFirst().map { line in
      String(line.split(separator: "\t", omittingEmptySubsequences: false)[1])
    }
    let names = Set(labels).sorted()
    let classes = labels.map { names.firstIndex(of: $0) ?? -1 }
    let arrays = try ReferenceMatrices("medmagma/real.tsv")
    let recorded = try Reference.table("medmagma/real-metrics.tsv").filter { $0[0] == set }
    #expect(recorded.count == 4)
    for line in recorded {
      let values = line.dropFirst(2).map { Double($0) ?? .nan }
      let edges = arrays.matrix("\(set)/edges/\(line[1])")
      let pairs = (0..<edges.rowCount).map {
        (first: Int(edges[$0, 0]), second: Int(edges[$0, 1]))
      }
      #expect(Double(pairs.count) == values[0])
      let nominal = try #require(nominalAssortativity(edges: pairs, classes: classes))
      #expect(abs(nominal - values[1]) < 1e-9, "\(line[1])")
      let numeric = try #require(
        numericAssortativity(edges: pairs, values: classes.map(Double.init)))
      #expect(abs(numeric - values[2]) < 1e-9, "\(line[1])")

      // Every edge, whatever its rank: Leiden's algorithm is random, the best of a hundred resolutions less so.
      let neighbours = StrongestNeighbours(
        rowStarts: starts(pairs, count: classes.count), columns: columns(pairs, classes.count),
        weights: [Double](repeating: 1, count: 2 * pairs.count))
      let scores = try NetworkScores(
        neighbours, classes: classes, tops: [classes.count],
        resolutions: NetworkScores.resolutions, isPublished: false)
      let tolerance = Tolerance.bestPartition(vertices: classes.count)
      let ami = try #require(scores.best(\.ami)?.ami)
      let balanced = try #require(scores.best(\.balancedAMI)?.balancedAMI)
      #expect(ami.isClose(to: values[3], tolerance), "\(line[1])")
      #expect(balanced.isClose(to: values[5], tolerance), "\(line[1])")
    }
  }

  private func adjacency(_ pairs: [(Int, Int)], _ count: Int) -> [[Int]] {
    var lists = [[Int]](repeating: [], count: count)
    for (first, second) in pairs {
      lists[first].append(second)
      lists[second].append(first)
    }
    return lists.map { $0.sorted() }
  }

  private func starts(_ pairs: [(Int, Int)], count: Int) -> [Int] {
    adjacency(pairs, count).reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
  }

  private func columns(_ pairs: [(Int, Int)], _ count: Int) -> [Int] {
    adjacency(pairs, count).flatMap { $0 }
  }
}

import Concurrency
import LinearAlgebra
import Modeling
import Models
import Testing

/// GmGM's further rules for edges: its own graphs of a 12 × 16 matrix.
@Suite struct EdgeRuleTests {
  let workers = Workers(threadCount: 1)

  @Test func sharesOfTheLaterVertexChooseTheReferencesEdges() throws {
    var rule = EdgeRule(density: 0.3)
    rule.isWeighted = true
    for axis in ["row", "col"] {
      let (found, wanted) = try edges(rule, "gram_threshold_overall_colweighted", axis)
      #expect(found == wanted && !found.isEmpty, "\(axis)")
    }
  }

  /// The published program takes the first three of a row for sorted, so that it misses some of the strongest.
  @Test func sharesOfTheOtherVertexChooseMostOfTheReferencesEdges() throws {
    var rule = EdgeRule(top: 3)
    rule.isWeighted = true
    for axis in ["row", "col"] {
      let (found, wanted) = try edges(rule, "gram_threshold_rowwise_colweighted", axis)
      let share = Double(found.intersection(wanted).count) / Double(found.union(wanted).count)
      #expect(share > 0.75, "\(axis)")
    }
  }

  @Test func nothingIsSignificantWhereTheReferenceFindsNothing() throws {
    var plain = EdgeRule()
    plain.significance = 0.3
    var corrected = EdgeRule()
    corrected.bonferroni = 0.3
    for axis in ["row", "col"] {
      for (rule, name) in [
        (plain, "gram_statistical_significance"), (corrected, "gram_bonferroni"),
      ] {
        let (found, wanted) = try edges(rule, name, axis)
        #expect(found == wanted, "\(name) \(axis)")
      }
    }
  }

  /// 4 Φ⁻¹(1 − α) / √16 = Φ⁻¹(1 − α): 1.6449 for α = 0.05; among three pairs 2.1280.
  @Test func significanceIsALimitOfTheWeights() {
    let matrix = Matrix<Double>(rows: [[9, 1.6, 1.7], [1.6, 9, -2.2], [1.7, -2.2, 9]])
    var rule = EdgeRule()
    rule.significance = 0.05
    #expect(pairs(rule, matrix, otherCount: 16) == [[2, 0], [2, 1]])
    rule.bonferroni = 0.05
    #expect(pairs(rule, matrix, otherCount: 16) == [[2, 1]])
    rule.bonferroni = 0
    #expect(pairs(rule, matrix, otherCount: 16).isEmpty)
  }

  private func edges(
    _ rule: EdgeRule, _ name: String, _ axis: String
  ) throws -> (found: Set<[Int]>, wanted: Set<[Int]>) {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let precisions = try MultiAxisFit().precisions(
      of: arrays.matrix(name + "/data/data"), on: workers)
    let (matrix, other) =
      axis == "row"
      ? (precisions.rows, precisions.columns) : (precisions.columns, precisions.rows)
    let expected = arrays.matrix("\(name)/precision/\(axis)")
    var wanted: Set<[Int]> = []
    #expect(expected.rowCount == matrix.rowCount)
    for row in 0..<expected.rowCount {
      for column in 0..<row where expected[row, column] != 0 { wanted.insert([row, column]) }
    }
    return (pairs(rule, matrix, otherCount: other.rowCount), wanted)
  }

  private func pairs(_ rule: EdgeRule, _ matrix: Matrix<Double>, otherCount: Int) -> Set<[Int]> {
    let order = matrix.rowCount
    let graph = rule.graph(
      of: matrix, vertices: Array(0..<order), count: order, otherCount: otherCount, name: "graph")
    var pairs: Set<[Int]> = []
    for row in 0..<order {
      for place in graph.rowStarts[row]..<graph.rowStarts[row + 1] {
        let column = Int(graph.columns[place])
        if column < row { pairs.insert([row, column]) }
      }
    }
    return pairs
  }
}

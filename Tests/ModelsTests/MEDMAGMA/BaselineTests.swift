import Concurrency
import LinearAlgebra
import Modeling
import Models
import Testing

/// What must hold of ranks, pseudo-inverses and edges on any data.
@Suite struct BaselineTests {
  let workers = Workers(threadCount: 1)

  @Test func ranksDoNotChangeUnderIncreasingFunctionsOfTheValues() throws {
    let data = Matrix<Double>(rows: [[1, 7, 2], [5, 1, 1], [3, 3, 9], [2, 2, 2]])
    let bent = data.map { $0 * $0 * $0 + 1 }
    let plain = NonparanormalSkeptic.correlations(data, on: workers)
    #expect(plain == NonparanormalSkeptic.correlations(bent, on: workers))
    #expect(
      NonparanormalSkeptic.normalScores(data) == NonparanormalSkeptic.normalScores(bent))
    for row in 0..<4 {
      #expect(plain[row, row] == 1)
      for column in 0..<row { #expect(abs(plain[row, column]) <= 1) }
    }
  }

  @Test func pseudoInverseInvertsWhatCanBeInverted() throws {
    let data = Matrix<Double>(rows: [[2, 0, 1], [0, 3, 1]])
    let precisions = try singleAxisPrecisions(of: data, tolerance: 1e-9, on: workers)
    // X Xᵀ = [[5, 1], [1, 10]]
    #expect(
      precisions.rows.difference(
        from: Matrix<Double>(rows: [[10 / 49.0, -1 / 49.0], [-1 / 49.0, 5 / 49.0]])) < 1e-12)
    let gram = data.gram(.transposed)
    let back = matrixProduct(matrixProduct(gram, precisions.columns), gram)
    #expect(back.difference(from: gram) < 1e-12)
  }

  @Test func penalizedFitMovesLittleWhenTheDataDo() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let data = arrays.matrix("gram_dense/data/data")
    var fit = MultiAxisFit()
    fit.penalty = 0.01
    let plain = try fit.precisions(of: data, on: workers)
    let moved = try fit.precisions(of: data.map { $0 * (1 + 1e-9) + 1e-9 }, on: workers)
    #expect(moved.rows.difference(from: plain.rows) < 1e-6)
    #expect(moved.columns.difference(from: plain.columns) < 1e-6)
  }

  @Test func equalWeightsFallToTheSmallerIndex() {
    let precision = Matrix<Double>(rows: [
      [9, 1, 1, 1], [1, 9, 1, 1], [1, 1, 9, 1], [1, 1, 1, 9],
    ])
    let graph = EdgeRule(top: 1).graph(
      of: precision, vertices: [0, 1, 3, 4], count: 5, otherCount: 1, name: "g")
    // 0 takes 1; 1, 3 and 4 take 0; vertex 2 was left out of the fit
    #expect(graph.rowStarts == [0, 3, 4, 4, 5, 6])
    #expect(graph.columns == [1, 3, 4, 0, 0, 0])
    let densest = EdgeRule(density: 0.34)
      .graph(of: precision, vertices: [0, 1, 2, 3], count: 4, otherCount: 1, name: "g")
    #expect(densest.columns == [1, 2, 0, 0])
  }

  @Test func diagonalsAndZerosAreNoEdges() {
    let precision = Matrix<Double>(rows: [[9, 0, -2], [0, 9, 1], [-2, 1, 9]])
    let all = EdgeRule().graph(
      of: precision, vertices: [0, 1, 2], count: 3, otherCount: 1, name: "g")
    #expect(all.columns == [2, 2, 0, 1])
    #expect(all.weights == [2, 1, 2, 1])
    let strong = EdgeRule(threshold: 1.5)
      .graph(of: precision, vertices: [0, 1, 2], count: 3, otherCount: 1, name: "g")
    #expect(strong.columns == [2, 0])
  }
}

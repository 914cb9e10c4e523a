import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Probability
import Testing

/// GmGM 0.5.7 on small matrices. The published program keeps absolute values in single precision and no diagonal;
/// the recorded matrices are twice those, a symmetric matrix plus its transpose.
@Suite struct GmGMGoldenTests {
  let workers = Workers(threadCount: 1)

  @Test func gramPathOfOneMatrixEqualsTheReference() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let data = arrays.matrix("gram_dense/data/data")
    let spectra = try MultiAxisFit().spectra(of: data, on: workers)
    #expect(spectra.rows.values.difference(from: arrays.vector("gram_dense/es/row")) < 1e-6)
    #expect(spectra.columns.values.difference(from: arrays.vector("gram_dense/es/col")) < 1e-6)
    let solution = GmGMEigenvalues().solve(
      [spectra.rows.values, spectra.columns.values], data: [(0, 1)], on: workers)
    #expect(solution.values[0].difference(from: arrays.vector("gram_dense/evals/row")) < 1e-6)
    #expect(solution.values[1].difference(from: arrays.vector("gram_dense/evals/col")) < 1e-6)
    let precisions = try MultiAxisFit().precisions(of: data, on: workers)
    try compare(precisions, with: "gram_dense", arrays, tolerance: 1e-6)
  }

  /// Second moments have none, but rounding makes some, and other programs' statistics may.
  @Test func statisticsThatAreAllNegativeGiveFinitePositiveSums() {
    for (first, second) in [
      ([-3.0, -2, -0.5], [-1.0, -1, -0.25, -4]), ([-1e-17, -1e-18], [-1e-17, -3e-18, -1e-19]),
    ] {
      let solution = GmGMEigenvalues().solve([first, second], data: [(0, 1)], on: workers)
      for lambda in solution.values[0] {
        for mu in solution.values[1] { #expect((lambda + mu).isFinite && lambda + mu > 0) }
      }
    }
  }

  @Test func centredDataTakeTheSamePath() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let data = arrays.matrix("gram_centred/data/data")
    let mean = data.elements.reduce(0, +) / Double(data.elements.count)
    let precisions = try MultiAxisFit().precisions(of: data.map { $0 - mean }, on: workers)
    try compare(precisions, with: "gram_centred", arrays, tolerance: 1e-6)
  }

  @Test func twoDataSetsShareTheirRows() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let name = "gram_two_datasets_shared_rows/"
    let (a, b) = (arrays.matrix(name + "data/a"), arrays.matrix(name + "data/b"))
    let spectra = [
      try AxisSpectrum.gram([a, b], on: workers),
      try AxisSpectrum.gram([a.transposed()], on: workers),
      try AxisSpectrum.gram([b.transposed()], on: workers),
    ]
    let solution = GmGMEigenvalues().solve(
      spectra.map(\.values), data: [(0, 1), (0, 2)], on: workers)
    for (axis, values) in zip(["row", "colA", "colB"], solution.values) {
      #expect(values.difference(from: arrays.vector(name + "evals/" + axis)) < 1e-6, "\(axis)")
    }
  }

  @Test func samplesOfABatchAreAveraged() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let all = arrays.matrix("gram_batch_axis/data/data")
    let samples = (0..<5).map { sample in
      Matrix(rows: (0..<12).map { Array(all.row(12 * sample + $0)) })
    }
    let rows = try AxisSpectrum.gram(samples, on: workers)
    let columns = try AxisSpectrum.gram(samples.map { $0.transposed() }, on: workers)
    let solution = GmGMEigenvalues().solve(
      [rows.values, columns.values], data: [(0, 1)], on: workers)
    let name = "gram_batch_axis/evals/"
    #expect(solution.values[0].difference(from: arrays.vector(name + "row")) < 1e-6)
    #expect(solution.values[1].difference(from: arrays.vector(name + "col")) < 1e-6)
  }

  @Test func truncatedPathOfRanksEqualsTheReference() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let name = "svd_dense_skeptic"
    var fit = MultiAxisFit()
    fit.componentCount = 8
    fit.usesRanks = true
    let precisions = try fit.precisions(of: arrays.matrix(name + "/data/data"), on: workers)
    // Random projections with four power iterations: 1e-4 of the largest entry.
    try compare(precisions, with: name, arrays, tolerance: 1e-4)
  }

  /// Eigenvalues that are not divided by their norm lead the path along its boundary, where rounding decides: the
  /// published program itself gives .0016 and .346 for the same eigenvalue when the order of the others changes.
  @Test(arguments: ["svd_dense", "svd_sparse"])
  func truncatedSpectraEqualTheReference(_ name: String) throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    var fit = MultiAxisFit()
    fit.componentCount = 8
    let spectra = try fit.spectra(of: arrays.matrix(name + "/data/data"), on: workers)
    for (axis, spectrum) in [("row", spectra.rows), ("col", spectra.columns)] {
      let expected = arrays.vector("\(name)/es/\(axis)").sorted(by: >)
      #expect(spectrum.values.difference(from: expected) < 1e-8, "\(axis)")
      #expect(spectrum.vectors.columnCount == 8)
    }
  }

  /// Of the three strongest per row the published program finds those of the columns; among the rows it misses
  /// some, because it takes the first three of a row for sorted.
  @Test(arguments: [
    ("gram_threshold_overall_30pct", EdgeRule(density: 0.3), ["row", "col"]),
    ("gram_threshold_rowwise_30pct", EdgeRule(top: 3), ["col"]),
  ])
  func graphsHaveTheReferencesEdges(_ name: String, _ rule: EdgeRule, _ axes: [String]) throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let precisions = try MultiAxisFit().precisions(
      of: arrays.matrix(name + "/data/data"), on: workers)
    for axis in axes {
      let matrix = axis == "row" ? precisions.rows : precisions.columns
      let expected = arrays.matrix("\(name)/precision/\(axis)")
      let order = matrix.rowCount
      let graph = rule.graph(
        of: matrix, vertices: Array(0..<order), count: order, otherCount: 28 - order, name: "graph")
      var found = Matrix<Double>(rowCount: order, columnCount: order)
      for row in 0..<order {
        for place in graph.rowStarts[row]..<graph.rowStarts[row + 1] {
          found[row, Int(graph.columns[place])] = Double(graph.weights[place])
        }
      }
      #expect(
        found.map { $0 != 0 }.elements == expected.map { $0 != 0 }.elements, "edges of \(axis)")
    }
  }

  /// The published threshold is one of the weights, rounded to single precision: that edge itself may be there or not.
  @Test func everySecondVertexHasAnEdgeToAnEarlierOne() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let precisions = try MultiAxisFit().precisions(
      of: arrays.matrix("gram_nonsingleton/data/data"), on: workers)
    var rule = EdgeRule()
    rule.nonsingleton = 0.5
    for (axis, matrix) in [("row", precisions.rows), ("col", precisions.columns)] {
      let order = matrix.rowCount
      let expected = arrays.matrix("gram_nonsingleton/precision/\(axis)")
      let graph = rule.graph(
        of: matrix, vertices: Array(0..<order), count: order, otherCount: 1, name: "graph")
      var found: Set<[Int]> = []
      for row in 0..<order {
        for place in graph.rowStarts[row]..<graph.rowStarts[row + 1] {
          found.insert([row, Int(graph.columns[place])])
        }
      }
      let wanted = Set(
        (0..<order).flatMap { row in
          (0..<order).filter { expected[row, $0] != 0 }.map { [row, $0] }
        })
      #expect(found.isSuperset(of: wanted) && found.count <= wanted.count + 2, "\(axis)")
      let joined = (0..<order).filter { vertex in
        found.contains { $0[0] == vertex && $0[1] < vertex }
      }
      #expect(2 * joined.count == order, "\(axis)")
    }
    rule.nonsingleton = 0
    let order = precisions.rows.rowCount
    let fewest = rule.graph(
      of: precisions.rows, vertices: Array(0..<order), count: order, otherCount: 1, name: "graph")
    #expect(fewest.columns.count == 2)
  }

  /// The published program never applies the ranks on the Gram path and divides the diagonal twice. From those
  /// second moments, defects and all, the path is the same.
  @Test func fromThePublishedSecondMomentsOfRanksThePathIsThePublished() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let data = arrays.matrix("gram_skeptic/data/data")
    func spectrum(_ matrix: Matrix<Double>) throws -> AxisSpectrum {
      var moments = matrix.gram()
      let diagonal = moments.diagonal
      for row in diagonal.indices {
        for column in diagonal.indices {
          let published = moments[row, column] / diagonal[row] / diagonal[column]
          moments[row, column] = sin(.pi / 6 * published) / Double(matrix.columnCount)
        }
      }
      return try .normalized(moments)
    }
    let spectra = [try spectrum(data), try spectrum(data.transposed())]
    let solution = GmGMEigenvalues().solve(spectra.map(\.values), data: [(0, 1)], on: workers)
    for (axis, name) in ["row", "col"].enumerated() {
      let golden = "gram_skeptic/"
      #expect(
        spectra[axis].values.difference(from: arrays.vector(golden + "es/" + name)) < 1e-6,
        "\(name)")
      #expect(
        solution.values[axis].difference(from: arrays.vector(golden + "evals/" + name)) < 1e-6,
        "\(name)")
    }
  }

  /// Ranks of sparse data as published: small non-zeros are not moved past the zeros, and the singular values are
  /// those of the truncated scores of the non-zeros plus the zeros' scores.
  @Test func fromThePublishedScoresOfSparseDataTheSpectraAreThePublished() throws {
    let arrays = try ReferenceMatrices("medmagma/gmgm.tsv")
    let data = arrays.matrix("svd_sparse_skeptic/data/data")
    for (axis, matrix) in [("row", data), ("col", data.transposed())] {
      let (rowCount, columnCount) = (matrix.rowCount, matrix.columnCount)
      var scores = Matrix<Double>(rowCount: rowCount, columnCount: columnCount)
      var zeros = [Double](repeating: 0, count: columnCount)
      for column in 0..<columnCount {
        let rows = (0..<rowCount).filter { matrix[$0, column] != 0 }
        let values = rows.map { matrix[$0, column] }
        let negatives = values.count { $0 < 0 }
        let zeroCount = rowCount - rows.count
        let zeroRank = Double(negatives + 1 + rowCount - negatives - rows.count) / 2
        if zeroCount > 0 { zeros[column] = normalQuantile(zeroRank / Double(rowCount + 1)) }
        for (place, row) in rows.enumerated() {
          let below = values.count { $0 < values[place] }
          let equal = values.count { $0 == values[place] }
          var rank = Double(below) + Double(equal + 1) / 2
          if zeroCount > 0, rank > zeroRank { rank += Double(zeroCount) }
          scores[row, column] = normalQuantile(rank / Double(rowCount + 1)) - zeros[column]
        }
      }
      let whole = try SingularValueDecomposition(scores)
      var truncated = Matrix<Double>(rowCount: rowCount, columnCount: columnCount)
      for row in 0..<rowCount {
        for column in 0..<columnCount {
          truncated[row, column] = zeros[column]
          for k in 0..<8 {
            truncated[row, column] +=
              whole.left[row, k] * whole.values[k] * whole.rightTransposed[k, column]
          }
        }
      }
      let spectrum = try AxisSpectrum.truncated(truncated, to: 9)
      let expected = arrays.vector("svd_sparse_skeptic/es/\(axis)").sorted(by: >)
      #expect(spectrum.values.difference(from: expected) < 1e-6, "\(axis)")
    }
  }

  private func compare(
    _ precisions: MultiAxisPrecisions, with name: String, _ arrays: ReferenceMatrices,
    tolerance: Double
  ) throws {
    for (axis, matrix) in [("row", precisions.rows), ("col", precisions.columns)] {
      var found = matrix.map { 2 * $0.magnitude }
      for vertex in 0..<found.rowCount { found[vertex, vertex] = 0 }
      #expect(
        found.difference(from: arrays.matrix("\(name)/precision/\(axis)")) < tolerance, "\(axis)")
    }
  }
}

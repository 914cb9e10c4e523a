import LinearAlgebra
import Testing

private func positiveDefinite(_ order: Int, seed: Int = 1) -> Matrix<Double> {
  var matrix = scattered(order, order + 3, seed: seed).gram()
  for index in 0..<order { matrix[index, index] += 0.5 }
  return matrix
}

private func symmetric(_ order: Int) -> Matrix<Double> {
  var matrix = scattered(order, order)
  matrix.add(matrix.transposed())
  return matrix
}

@Suite struct CholeskyTests {
  @Test(arguments: [0, 1, 2, 7, 60])
  func factorsAndInverts(order: Int) throws {
    let matrix = positiveDefinite(order)
    let cholesky = try Cholesky(matrix)
    let factor = cholesky.factor
    #expect(
      backwardError(plainProduct(factor, factor.transposed()), matrix) < allowedBackwardError)
    for row in 0..<order {
      for column in row + 1..<max(order, row + 1) { #expect(factor[row, column] == 0) }
    }
    let inverse = cholesky.inverse()
    #expect(inverse == inverse.transposed())
    #expect(
      backwardError(plainProduct(matrix, inverse), .identity(order)) < 30 * allowedBackwardError)
  }

  @Test func onlyTheLowerTriangleIsRead() throws {
    var matrix = positiveDefinite(5)
    let expected = try Cholesky(matrix).factor
    matrix[0, 4] = 77
    #expect(try Cholesky(matrix).factor == expected)
  }

  @Test func matricesWithoutFactorAreNamed() {
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 2)) {
      try Cholesky(Matrix(rows: [[1, 2], [2, 1]]))
    }
    #expect(throws: LinearAlgebraError.notFinite(row: 1, column: 0)) {
      try Cholesky(Matrix(rows: [[1, 0], [.nan, 1]]))
    }
  }

  @Test(arguments: [0, 1, 2, 6, 21])
  func smallSystemsAgreeWithLAPACK(order: Int) throws {
    let matrix = positiveDefinite(order, seed: 3)
    let right = scattered(order, 1, seed: 4)
    let expected = plainProduct(try Cholesky(matrix).inverse(), right)
    var work = matrix.elements
    var solution = right.elements
    let solved = work.withUnsafeMutableBufferPointer { a in
      solution.withUnsafeMutableBufferPointer { b -> Bool in
        guard let a = a.baseAddress, let b = b.baseAddress else { return order == 0 }
        return solvePositiveDefinite(a, order: order, right: b)
      }
    }
    #expect(solved || order == 0)
    let result = Matrix(rowCount: order, columnCount: 1, elements: solution)
    #expect(backwardError(result, expected) < 100 * allowedBackwardError)
    var indefinite = [1.0, 2, 2, 1]
    var b = [1.0, 1]
    let refused = solvePositiveDefinite(&indefinite, order: 2, right: &b)
    #expect(!refused)
  }
}

@Suite struct EigenTests {
  @Test(arguments: [0, 1, 2, 9, 64])
  func eigenvectorsDiagonalise(order: Int) throws {
    let matrix = symmetric(order)
    let eigen = try SymmetricEigen(matrix)
    #expect(eigen.values == eigen.values.sorted())
    #expect(backwardError(eigen.rebuilt { $0 }, matrix) < allowedBackwardError)
    let gram = plainProduct(eigen.vectors.transposed(), eigen.vectors)
    #expect(backwardError(gram, .identity(order)) < allowedBackwardError)
    for k in 0..<order {
      let column = eigen.vectors.column(k)
      let largest = column.max { abs($0) < abs($1) } ?? 0
      #expect(largest > 0)
    }
  }

  @Test(arguments: [0, 1, 5, 20])
  func theLargestFewAgreeWithAll(count: Int) throws {
    let matrix = symmetric(20)
    let all = try SymmetricEigen(matrix)
    let few = try SymmetricEigen(matrix, largest: count)
    #expect(few.values.count == count && few.vectors.columnCount == count)
    for k in 0..<count {
      let other = 20 - count + k
      #expect(abs(few.values[k] - all.values[other]) < 1e-12)
      for row in 0..<20 {
        #expect(abs(few.vectors[row, k] - all.vectors[row, other]) < 1e-10)
      }
    }
  }

  @Test func sameMatrixGivesSameBits() throws {
    let matrix = symmetric(37)
    let first = try SymmetricEigen(matrix)
    let second = try SymmetricEigen(matrix)
    #expect(first.values == second.values && first.vectors == second.vectors)
  }

  @Test func functionsOfAMatrixUseItsEigenvalues() throws {
    let matrix = positiveDefinite(12)
    let inverse = try SymmetricEigen(matrix).rebuilt { 1 / $0 }
    #expect(inverse == inverse.transposed())
    #expect(backwardError(inverse, try Cholesky(matrix).inverse()) < 100 * allowedBackwardError)
  }
}

@Suite struct OrthogonalFactorisationTests {
  @Test(arguments: [(5, 3), (3, 5), (1, 1), (30, 30), (0, 3), (3, 0)])
  func singularVectorsRebuildTheMatrix(rowCount: Int, columnCount: Int) throws {
    let matrix = scattered(rowCount, columnCount)
    let decomposition = try SingularValueDecomposition(matrix)
    let scaled = plainProduct(decomposition.left, Matrix(diagonal: decomposition.values))
    let rebuilt = plainProduct(scaled, decomposition.rightTransposed)
    #expect(backwardError(rebuilt, matrix) < allowedBackwardError)
    #expect(decomposition.values == decomposition.values.sorted(by: >))
    for row in 0..<decomposition.rightTransposed.rowCount {
      let largest = decomposition.rightTransposed.row(row).max { abs($0) < abs($1) } ?? 0
      #expect(largest > 0)
    }
  }

  @Test func deficientRankGivesTheSolutionOfLeastNorm() throws {
    let thin = scattered(10, 2)
    let matrix = plainProduct(thin, scattered(2, 4, seed: 5))
    let decomposition = try SingularValueDecomposition(matrix)
    #expect(decomposition.rank(tolerance: 1e-10) == 2)
    let inverse = decomposition.leastSquares(.identity(10), tolerance: 1e-10)
    let rebuilt = plainProduct(plainProduct(matrix, inverse), matrix)
    #expect(backwardError(rebuilt, matrix) < 10 * allowedBackwardError)
    let projector = plainProduct(inverse, matrix)
    #expect(backwardError(projector, projector.transposed()) < 10 * allowedBackwardError)
  }

  @Test(arguments: [(6, 4), (4, 4), (50, 13), (3, 0), (1, 1)])
  func orthonormalTimesTriangularIsTheMatrix(rowCount: Int, columnCount: Int) throws {
    let matrix = scattered(rowCount, columnCount)
    let qr = try QR(matrix)
    #expect(
      backwardError(plainProduct(qr.orthonormal, qr.triangular), matrix) < allowedBackwardError)
    let gram = plainProduct(qr.orthonormal.transposed(), qr.orthonormal)
    #expect(backwardError(gram, .identity(columnCount)) < allowedBackwardError)
    #expect(qr.triangular.diagonal.allSatisfy { $0 >= 0 })
  }

  @Test func residualsAreThoseOfLeastSquares() throws {
    let matrix = scattered(20, 4)
    let right = scattered(20, 3, seed: 8)
    let first = try SingularValueDecomposition(matrix).leastSquares(right, tolerance: 1e-12)
    let residuals = try QR(matrix).residuals(right)
    var expected = right
    expected.add(plainProduct(matrix, first), times: -1)
    #expect(backwardError(residuals, expected) < 10 * allowedBackwardError)
  }

  @Test func collinearColumnsAreFound() throws {
    var matrix = scattered(12, 4)
    for row in 0..<12 { matrix[row, 2] = matrix[row, 0] - 2 * matrix[row, 1] }
    #expect(try QR(matrix).dependentColumns() == [2])
    #expect(try QR(scattered(12, 4)).dependentColumns().isEmpty)
  }
}

@Suite struct LUTests {
  @Test(arguments: [0, 1, 3, 40])
  func generalMatricesAreInverted(order: Int) throws {
    var matrix = scattered(order, order, seed: 6)
    for index in 0..<order { matrix[index, index] += 2 }
    let lu = try LU(matrix)
    #expect(
      backwardError(plainProduct(matrix, lu.inverse()), .identity(order))
        < 30 * allowedBackwardError)
  }

  @Test func singularMatricesAreNamed() throws {
    #expect(throws: LinearAlgebraError.singular(position: 1)) {
      try LU(Matrix(rows: [[1, 2], [2, 4]]))
    }
  }
}

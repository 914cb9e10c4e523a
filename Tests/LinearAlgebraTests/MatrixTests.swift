import LinearAlgebra
import TestSupport
import Testing

/// A matrix of numbers without structure.
func scattered(_ rowCount: Int, _ columnCount: Int, seed: Int = 1) -> Matrix<Double> {
  var elements: [Double] = []
  var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
  for _ in 0..<rowCount * columnCount {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    elements.append(Double(Int64(bitPattern: state) >> 20) * 0x1p-43)
  }
  return Matrix(rowCount: rowCount, columnCount: columnCount, elements: elements)
}

/// The product by its definition.
func plainProduct(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Matrix<Double> {
  var product = Matrix<Double>(rowCount: a.rowCount, columnCount: b.columnCount)
  for i in 0..<a.rowCount {
    for j in 0..<b.columnCount {
      for k in 0..<a.columnCount { product[i, j] += a[i, k] * b[k, j] }
    }
  }
  return product
}

/// The largest difference of two matrices in units of n ε times the largest element.
func backwardError(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
  guard a.rowCount == b.rowCount, a.columnCount == b.columnCount else { return .infinity }
  let scale = b.elements.reduce(1e-300) { max($0, abs($1)) }
  let n = Double(max(a.rowCount, a.columnCount, 1))
  let difference = zip(a.elements, b.elements).reduce(0.0) { max($0, abs($1.0 - $1.1)) }
  return difference / (scale * n * 0x1p-52)
}

/// Elemental's bound for one factorisation or product, in units of n ε.
let allowedBackwardError = Tolerance.linearAlgebra(1).relative / 0x1p-52

@Suite struct MatrixTests {
  @Test func elementsAreStoredRowByRow() {
    var matrix = Matrix(rows: [[1.0, 2, 3], [4, 5, 6]])
    #expect(matrix.elements == [1, 2, 3, 4, 5, 6])
    #expect(matrix[1, 0] == 4)
    #expect(Array(matrix.row(1)) == [4, 5, 6])
    #expect(matrix.column(2) == [3, 6])
    matrix[0, 2] = 9
    matrix.setRow(1, to: [7, 8, 9])
    #expect(matrix == Matrix(rows: [[1, 2, 9], [7, 8, 9]]))
    #expect(Matrix<Double>.identity(2).elements == [1, 0, 0, 1])
    #expect(Matrix(diagonal: [2.0, 3]).diagonal == [2, 3])
  }

  @Test func transposingTwiceGivesTheMatrixBack() {
    for rowCount in [0, 1, 5, 33, 70] {
      for columnCount in [0, 1, 31, 64, 100] {
        let matrix = scattered(rowCount, columnCount)
        let transposed = matrix.transposed()
        #expect(transposed.rowCount == columnCount && transposed.columnCount == rowCount)
        #expect(transposed.transposed() == matrix)
        if rowCount > 1, columnCount > 1 { #expect(transposed[1, 0] == matrix[0, 1]) }
      }
    }
  }

  @Test(arguments: [(3, 4, 5), (1, 1, 1), (17, 64, 33), (40, 1, 7), (5, 0, 3), (0, 2, 2)])
  func productsAgreeWithTheirDefinition(m: Int, k: Int, n: Int) {
    let a = scattered(m, k)
    let b = scattered(k, n, seed: 2)
    let expected = plainProduct(a, b)
    let products = [
      matrixProduct(a, b), matrixProduct(a.transposed(), b, transposing: .first),
      matrixProduct(a, b.transposed(), transposing: .second),
      matrixProduct(a.transposed(), b.transposed(), transposing: .both),
    ]
    for product in products { #expect(backwardError(product, expected) < allowedBackwardError) }
    let single = matrixProduct(a.map { Float($0) }, b.map { Float($0) }).map { Double($0) }
    #expect(backwardError(single, expected) < allowedBackwardError * 0x1p29)
  }

  @Test func accumulatedProductsAddToWhatIsThere() {
    let a = scattered(6, 4)
    let b = scattered(4, 5, seed: 2)
    var sum = scattered(6, 5, seed: 3)
    var expected = plainProduct(a, b)
    expected.scale(by: 2)
    expected.add(sum, times: -0.5)
    sum.setProduct(a, b, alpha: 2, beta: -0.5)
    #expect(backwardError(sum, expected) < allowedBackwardError)
    var fresh = Matrix(rowCount: 6, columnCount: 5, repeating: Double.nan)
    fresh.setProduct(a, b)
    #expect(fresh.elements.allSatisfy { $0.isFinite })
    var empty = Matrix(rowCount: 6, columnCount: 5, repeating: Double.nan)
    empty.setProduct(Matrix(rowCount: 6, columnCount: 0), Matrix(rowCount: 0, columnCount: 5))
    #expect(empty.elements.allSatisfy { $0 == 0 })
  }

  @Test func matrixTimesVectorAgreesWithMatrixTimesMatrix() {
    let a = scattered(9, 6)
    let x = scattered(6, 1, seed: 4)
    let y = scattered(9, 1, seed: 5)
    let right = Matrix(rowCount: 9, columnCount: 1, elements: a.product(x.elements))
    #expect(backwardError(right, plainProduct(a, x)) < allowedBackwardError)
    let left = Matrix(rowCount: 6, columnCount: 1, elements: a.product(y.elements, .transposed))
    #expect(backwardError(left, plainProduct(a.transposed(), y)) < allowedBackwardError)
  }

  @Test func gramMatricesAreSymmetricToTheBit() {
    let a = scattered(23, 41)
    let outer = a.gram()
    let inner = a.gram(.transposed)
    #expect(outer == outer.transposed())
    #expect(inner == inner.transposed())
    #expect(backwardError(outer, plainProduct(a, a.transposed())) < allowedBackwardError)
    #expect(backwardError(inner, plainProduct(a.transposed(), a)) < allowedBackwardError)
    let single = a.map { Float($0) }.gram().map { Double($0) }
    #expect(backwardError(single, outer) < allowedBackwardError * 0x1p29)
  }
}

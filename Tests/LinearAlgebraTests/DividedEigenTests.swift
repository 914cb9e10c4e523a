import Kernels
import LinearAlgebra
import Networks
import Testing

/// Eigenproblems by divide and conquer: every kind of spectrum, against LAPACK.
@Suite struct DividedEigenTests {
  private func matrix(_ kind: String, _ order: Int) -> Matrix<Double> {
    var matrix = scattered(order, order)
    matrix.add(matrix.transposed())
    switch kind {
    case "scattered": return matrix
    case "identity": return .identity(order)
    case "zero": return Matrix(rowCount: order, columnCount: order)
    case "low rank": return scattered(order, 2).gram()
    case "diagonal": return Matrix(diagonal: (0..<order).map { Double($0 % 3) - 1 })
    case "equal blocks":
      // Every eigenvalue twice
      for row in 0..<order {
        for column in 0..<order {
          let half = order / 2
          let (i, j) = (row % max(half, 1), column % max(half, 1))
          if row / max(half, 1) != column / max(half, 1) {
            matrix[row, column] = 0
          } else if row >= half {
            matrix[row, column] = matrix[i, j]
          }
        }
      }
      return matrix
    case "graded":
      for row in 0..<order {
        for column in 0..<order {
          matrix[row, column] /= Double((1 + row) * (1 + column)) * Double((1 + row) * (1 + column))
        }
      }
      return matrix
    case "Wilkinson":
      var result = Matrix(diagonal: (0..<order).map { abs(Double($0) - Double(order - 1) / 2) })
      for index in 1..<max(order, 1) {
        result[index, index - 1] = 1
        result[index - 1, index] = 1
      }
      return result
    case "shifted":
      // As the moments of an E step: all negative, a common part, and a narrow bulk
      matrix.scale(by: 1e-3)
      for index in 0..<order { matrix[index, index] -= 1 }
      return matrix
    default:
      matrix.scale(by: 1e-170)
      return matrix
    }
  }

  @Test(arguments: [
    "scattered", "identity", "zero", "low rank", "diagonal", "equal blocks", "graded", "Wilkinson",
    "shifted", "tiny",
  ])
  func valuesAndVectorsAreThoseOfTheMatrix(_ kind: String) throws {
    for order in [0, 1, 2, 3, 31, 32, 33, 66, 131, 202] {
      let matrix = matrix(kind, order)
      let eigen = try SymmetricEigen(matrix, by: Kernels.current.secular)
      let values = try SymmetricEigen(matrix).values
      let size = values.reduce(0) { max($0, abs($1)) }
      let allowed = 1e-15 * Double(order + 10)
      for (found, expected) in zip(eigen.values, values) {
        #expect(abs(found - expected) <= allowed * size, "\(kind) \(order)")
      }
      #expect(eigen.values == eigen.values.sorted(), "\(kind) \(order)")
      let vectors = eigen.vectors
      let products = matrixProduct(vectors, vectors, transposing: .first)
      var residual = matrixProduct(matrix, vectors)
      for row in 0..<order {
        for column in 0..<order {
          let expected = row == column ? 1.0 : 0
          #expect(abs(products[row, column] - expected) <= allowed, "\(kind) \(order)")
          residual[row, column] -= vectors[row, column] * eigen.values[column]
        }
      }
      #expect(residual.elements.allSatisfy { abs($0) <= allowed * size }, "\(kind) \(order)")
    }
  }

  @Test func onlyTheLowerTriangleIsReadAndNaNIsRefused() throws {
    var matrix = matrix("scattered", 70)
    let expected = try SymmetricEigen(matrix, by: Kernels.current.secular).values
    for row in 0..<70 { for column in row + 1..<70 { matrix[row, column] = 5 } }
    #expect(try SymmetricEigen(matrix, by: Kernels.current.secular).values == expected)
    matrix[40, 3] = .nan
    #expect(throws: LinearAlgebraError.notFinite(row: 40, column: 3)) {
      try SymmetricEigen(matrix, by: Kernels.current.secular)
    }
  }
}

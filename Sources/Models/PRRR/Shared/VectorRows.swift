package import Kernels
package import LinearAlgebra

/// Rows of numbers in whole vectors of eight, zeros behind each row: what the kernels go through.
package struct VectorRows: Sendable {
  /// How many rows there are.
  package let rowCount: Int
  /// Vectors of each row.
  package let vectorsPerRow: Int
  private var vectors: [WideDoubles]

  /// Rows of zeros.
  package init(rowCount: Int, width: Int) {
    self.rowCount = rowCount
    vectorsPerRow = (width + 7) / 8
    vectors = Array(repeating: WideDoubles(repeating: 0), count: rowCount * vectorsPerRow)
  }

  /// The first `width` numbers of each row of a matrix.
  package init(_ matrix: Matrix<Double>, width: Int) {
    self.init(rowCount: matrix.rowCount, width: width)
    let (stride, columnCount) = (stride, matrix.columnCount)
    matrix.withUnsafeElements { source in
      withMutableNumbers { target in
        for row in 0..<matrix.rowCount {
          for column in 0..<width {
            target[row * stride + column] = source[row * columnCount + column]
          }
        }
      }
    }
  }

  /// Numbers from a row to the next.
  package var stride: Int { 8 * vectorsPerRow }

  /// Sets everything to zero.
  package mutating func reset() {
    vectors.withUnsafeMutableBufferPointer { $0.update(repeating: WideDoubles(repeating: 0)) }
  }

  /// The first numbers of each row, row by row.
  package func numbers(width: Int) -> [Double] {
    withNumbers { source in
      Array(unsafeUninitializedCapacity: rowCount * width) { target, count in
        for row in 0..<rowCount {
          for column in 0..<width { target[row * width + column] = source[row * stride + column] }
        }
        count = rowCount * width
      }
    }
  }

  /// Writes the first columns one after the other, `apart` numbers from one to the next.
  package func setColumns(_ target: UnsafeMutablePointer<Double>, width: Int, stride apart: Int) {
    withNumbers { source in
      for row in 0..<rowCount {
        for column in 0..<width { target[column * apart + row] = source[row * stride + column] }
      }
    }
  }

  /// As vectors. Of no rows: a pointer that must not be read.
  package func withVectors<Result>(_ body: (UnsafePointer<WideDoubles>) -> Result) -> Result {
    vectors.withUnsafeBufferPointer { body($0.baseAddress ?? Self.nowhere) }
  }

  /// As vectors, to be changed.
  package mutating func withMutableVectors<Result>(
    _ body: (UnsafeMutablePointer<WideDoubles>) -> Result
  ) -> Result {
    vectors.withUnsafeMutableBufferPointer {
      body($0.baseAddress ?? UnsafeMutablePointer(mutating: Self.nowhere))
    }
  }

  /// As numbers, `stride` apart for each row.
  package func withNumbers<Result>(_ body: (UnsafePointer<Double>) -> Result) -> Result {
    withVectors { body(UnsafeRawPointer($0).assumingMemoryBound(to: Double.self)) }
  }

  /// As numbers, to be changed.
  package mutating func withMutableNumbers<Result>(
    _ body: (UnsafeMutablePointer<Double>) -> Result
  ) -> Result {
    withMutableVectors { body(UnsafeMutableRawPointer($0).assumingMemoryBound(to: Double.self)) }
  }

  /// Aligned, and no memory: what a pointer to no vectors may be.
  private nonisolated(unsafe) static let nowhere = UnsafePointer(
    UnsafeMutablePointer<WideDoubles>.allocate(capacity: 1))
}

/// Why a factorisation has no result.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// The leading minor of this order is not positive.
  case notPositiveDefinite(order: Int)
  /// The pivot at this place (from 0) is exactly zero.
  case singular(position: Int)
  /// NaN or infinity at this row and column.
  case notFinite(row: Int, column: Int)
  /// LAPACK's iteration did not converge; `code` is what the routine returned.
  case notConverged(routine: String, code: Int)

  /// One sentence for the user.
  public var description: String {
    switch self {
    case .notPositiveDefinite(let order):
      "the matrix is not positive definite: its leading minor of order \(order) is not positive"
    case .singular(let position):
      "the matrix is singular: pivot \(position) is zero"
    case .notFinite(let row, let column):
      "the matrix holds NaN or infinity at row \(row), column \(column)"
    case .notConverged(let routine, let code):
      "LAPACK's \(routine) did not converge (info \(code))"
    }
  }
}

extension Matrix<Double> {
  /// The largest absolute value; eight at a time.
  ///
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)`` for the first NaN or infinity.
  func checkedSize() throws(LinearAlgebraError) -> Double {
    var largest = SIMD8<Double>.zero
    // NaN and infinity times zero are NaN
    var nothing = SIMD8<Double>.zero
    let whole = elements.count & ~7
    withUnsafeBase { base in
      for start in stride(from: 0, to: whole, by: 8) {
        let values = UnsafeRawPointer(base + start).loadUnaligned(as: SIMD8<Double>.self)
        let sizes = values.replacing(with: -values, where: values .< 0)
        largest.replace(with: sizes, where: sizes .> largest)
        nothing += values * 0
      }
    }
    let rest = elements[whole...]
    let isFinite = nothing == .zero && rest.allSatisfy(\.isFinite)
    if !isFinite { try checkFinite() }
    return rest.reduce(largest.max()) { max($0, abs($1)) }
  }
}

extension Matrix where Scalar: BinaryFloatingPoint {
  /// - Throws: ``LinearAlgebraError/notFinite(row:column:)`` for the first NaN or infinity.
  func checkFinite() throws(LinearAlgebraError) {
    if let index = elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(row: index / columnCount, column: index % columnCount)
    }
  }
}

public import LinearAlgebra
import Modeling
import RealModule

/// The point of the fibre of Y that the present model finds most probable: z* = diag(s₁) Y diag(s₂).
///
/// Alternates between the axes, "flop" (s₂ for given s₁) and "flip" (s₁ for given s₂):
///
///     flip:  minimise sᵀ Q s,  Q = Ω₁ ∘ (Ŷ Ŷᵀ) + diag(diag(Ŷ Ω₂ Ŷᵀ)),  Ŷ = Y diag(s₂)
///
/// until both Σ|Δs| < 1e-3, at most 200 rounds, and divides each of s₁, s₂ by its Euclidean norm. The norms
/// matter: the curvature term and the eigenvalue kernel are not free of scale.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | Y | data after the quotient map | d₁ × d₂ | `data` |
/// | Ω₁, Ω₂ | precision matrices of rows, columns | d₁ × d₁, d₂ × d₂ | `rowPrecision`, `columnPrecision` |
/// | s₁, s₂ | scalings | d₁, d₂ | `rowScaling`, `columnScaling` |
///
/// | Deviation | Reference code | distfit | Why |
/// |---|---|---|---|
/// | start of each solve | 1 | the last solution | same minimiser, fewer steps |
/// | rounds | at least two | one where it moves nothing by 1e-10 | same result |
///
/// Source: MED-MAGMA paper, section 3.5; MED-MAGMA-NeurIPS2026@6c208ce, MED_MAGMA.py, `flipflop`.
public struct FlipFlop: Sendable {
  /// s₁ with norm 1.
  public let rowScaling: [Double]
  /// s₂ with norm 1.
  public let columnScaling: [Double]
  /// Rounds made.
  public let roundCount: Int

  static let roundLimit = 200
  static let tolerance = 1e-3

  /// Finds the point from scalings of an earlier step.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where a row or column of the data is zero or not finite.
  public init(
    _ data: Matrix<Double>, rowPrecision: Matrix<Double>, columnPrecision: Matrix<Double>,
    rowScaling: [Double], columnScaling: [Double], on workers: Workers
  ) throws(LinearAlgebraError) {
    try self.init(
      data, data.transposed(), rowPrecision: rowPrecision, columnPrecision: columnPrecision,
      rowScaling: rowScaling, columnScaling: columnScaling, .whole, with: Alone(), on: workers)
  }

  /// The same with the work shared.
  ///
  /// Collective where the share is divided.
  init<Everyone: Team & ~Copyable>(
    _ data: Matrix<Double>, _ transposed: Matrix<Double>, rowPrecision: Matrix<Double>,
    columnPrecision: Matrix<Double>, rowScaling: [Double], columnScaling: [Double],
    _ share: WorkShare, with everyone: borrowing Everyone, on workers: Workers
  ) throws(LinearAlgebraError) {
    var (s1, s2) = (rowScaling, columnScaling)
    // As a round finds scalings: with a product of 1
    let (start1, start2) = (Self.balanced(s1), Self.balanced(s2))
    var rounds = 0
    while rounds < Self.roundLimit {
      rounds += 1
      let flop = Self.quadraticForm(
        transposed, precision: columnPrecision, otherPrecision: rowPrecision, scaling: s1, share,
        with: everyone, on: workers)
      let next2 = try DiagonalScaling(of: flop, startingAt: s2).scaling
      let flip = Self.quadraticForm(
        data, precision: rowPrecision, otherPrecision: columnPrecision, scaling: next2, share,
        with: everyone, on: workers)
      let next1 = try DiagonalScaling(of: flip, startingAt: s1).scaling
      let change1 = zip(next1, s1).reduce(0) { $0 + abs($1.0 - $1.1) }
      let change2 = zip(next2, s2).reduce(0) { $0 + abs($1.0 - $1.1) }
      (s1, s2) = (next1, next2)
      if change1 < Self.tolerance, change2 < Self.tolerance { break }
      // Scalings that had arrived before: another round would change nothing.
      if rounds == 1, zip(s1 + s2, start1 + start2).allSatisfy({ abs($0 / $1 - 1) < 1e-10 }) {
        break
      }
    }
    self.rowScaling = Self.normalized(s1)
    self.columnScaling = Self.normalized(s2)
    roundCount = rounds
  }

  /// Q of one axis for a given scaling of the other: Ω ∘ (Ŷ Ŷᵀ) + diag(diag(Ŷ Ω′ Ŷᵀ)), Ŷ = Y diag(s).
  ///
  /// Local.
  /// - Parameters:
  ///   - data: the axis's vertices in rows.
  ///   - precision: Ω of the axis.
  ///   - otherPrecision: Ω′ of the other axis.
  public static func quadraticForm(
    _ data: Matrix<Double>, precision: Matrix<Double>, otherPrecision: Matrix<Double>,
    scaling: [Double], on workers: Workers
  ) -> Matrix<Double> {
    quadraticForm(
      data, precision: precision, otherPrecision: otherPrecision, scaling: scaling, .whole,
      with: Alone(), on: workers)
  }

  /// The same with the work shared.
  ///
  /// Half of Ω′ is enough for the diagonal: ŷᵀ Ω′ ŷ = 2 ŷᵀ L ŷ − Σ Ω′_jj ŷ_j², L its lower triangle.
  private static func quadraticForm<Everyone: Team & ~Copyable>(
    _ data: Matrix<Double>, precision: Matrix<Double>, otherPrecision: Matrix<Double>,
    scaling: [Double], _ share: WorkShare, with everyone: borrowing Everyone, on workers: Workers
  ) -> Matrix<Double> {
    let width = data.columnCount
    var scaled = data
    scaled.scale(columnsBy: scaling)
    let diagonal = otherPrecision.diagonal
    return scaled.withUnsafeElements { scaled in
      precision.withUnsafeElements { precision in
        otherPrecision.withUnsafeElements { other in
          nonisolated(unsafe) let (y, omega, lower) = (
            scaled.baseAddress, precision.baseAddress, other.baseAddress
          )
          let order = width > 0 ? scaled.count / width : 0
          return symmetricBlocks(order: order, share, with: everyone, on: workers) { rows, target in
            guard let y, let omega, let lower else { return }
            let own = y + rows.lowerBound * width
            Double.gemm(
              rowCount: rows.count, columnCount: rows.upperBound, depth: width, alpha: 1,
              a: Operand(own, stride: width), b: Operand(y, stride: width, .transposed), beta: 0,
              c: target, cStride: order)
            var weighted = Array(UnsafeBufferPointer(start: own, count: rows.count * width))
            weighted.withUnsafeMutableBufferPointer { weighted in
              guard let base = weighted.baseAddress else { return }
              Double.trmm(
                rowCount: rows.count, order: width, lower: Operand(lower, stride: width), b: base,
                bStride: width)
              for (place, row) in rows.enumerated() {
                let (line, weights) = (target + place * order, omega + row * order)
                for column in 0...row { line[column] *= weights[column] }
                let values = own + place * width
                var (twice, single) = (Eight.zero, Eight.zero)
                forEachEight(base + place * width, values, count: width) { l, y, _ in twice += l * y
                }
                forEachEight(diagonal, values, count: width) { d, y, _ in single += d * (y * y) }
                line[row] += 2 * twice.sum() - single.sum()
              }
            }
          }
        }
      }
    }
  }

  private static func balanced(_ values: [Double]) -> [Double] {
    let logMean = values.reduce(0) { $0 + .log($1) } / Double(max(values.count, 1))
    return values.map { $0 / .exp(logMean) }
  }

  private static func normalized(_ values: [Double]) -> [Double] {
    let norm = dot(values, values).squareRoot()
    return values.map { $0 / norm }
  }
}

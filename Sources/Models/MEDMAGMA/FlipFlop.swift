public import Concurrency
public import LinearAlgebra
import Modeling
import RealModule
import Sums

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
/// | first round's change | from s with norm 1, so that two rounds follow | from s with product 1 as later | one is enough near the end |
/// | products Y diag(s)² Yᵀ | made anew | those of the last step and of its moments serve again | same result |
///
/// Source: MED-MAGMA paper, section 3.5; MED-MAGMA-NeurIPS2026@6c208ce, MED_MAGMA.py, `flipflop`.
public struct FlipFlop: Sendable {
  /// s₁ with norm 1.
  public let rowScaling: [Double]
  /// s₂ with norm 1.
  public let columnScaling: [Double]
  /// How many rounds of flip and flop were made.
  public let roundCount: Int
  /// Y diag(s)² Yᵀ of the last flip, and what it is multiplied by for the s₂ above.
  private(set) var rowGram: (matrix: Matrix<Double>, factor: Double)

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
    var state = EMState(rowScaling: rowScaling, columnScaling: columnScaling)
    state.rowPrecision = rowPrecision
    state.columnPrecision = columnPrecision
    try self.init(data, data.transposed(), from: state, .whole, with: Alone(), on: workers)
  }

  /// Finds the point from the scalings of an earlier step, with the work shared among ranks.
  ///
  /// Collective where the share is divided.
  init<Everyone: Team & ~Copyable>(
    _ data: Matrix<Double>, _ transposed: Matrix<Double>, from state: EMState,
    _ share: WorkShare, with everyone: borrowing Everyone, on workers: Workers
  ) throws(LinearAlgebraError) {
    // As a round finds scalings: with a product of 1
    var (s1, s2) = (Self.balanced(state.rowScaling), Self.balanced(state.columnScaling))
    let norm = dot(state.rowScaling, state.rowScaling).squareRoot()
    let startFactor = dot(s1, s1).squareRoot() / norm
    // The first flop finds its product made by the last step's moments, else makes the same bits
    var kept: Matrix<Double>?
    if let columnGram = state.columnGram {
      kept = columnGram
    } else {
      let startData = scaled(transposed, columnsBy: state.rowScaling, on: workers)
      kept = symmetricProduct(startData, share, with: everyone, on: workers)
    }
    var gram: Matrix<Double>?
    var rounds = 0
    while rounds < Self.roundLimit {
      rounds += 1
      let flopData = scaled(transposed, columnsBy: s1, on: workers)
      let flop = fibreForm(
        state.columnPrecision,
        kept ?? symmetricProduct(flopData, share, with: everyone, on: workers),
        times: kept == nil ? 1 : startFactor * startFactor,
        diagonal: rowForms(
          of: flopData, state.rowPrecision, share, with: everyone, on: workers), on: workers)
      kept = nil
      let next2 = try DiagonalScaling(of: flop, startingAt: s2, on: workers)
      let flipData = scaled(data, columnsBy: next2.scaling, on: workers)
      let product = symmetricProduct(flipData, share, with: everyone, on: workers)
      let flip = fibreForm(
        state.rowPrecision, product, times: 1,
        diagonal: rowForms(
          of: flipData, state.columnPrecision, share, with: everyone, on: workers), on: workers)
      let next1 = try DiagonalScaling(of: flip, startingAt: s1, on: workers)
      let change1 = zip(next1.scaling, s1).map { abs($0 - $1) }.reduce(0, +)
      let change2 = zip(next2.scaling, s2).map { abs($0 - $1) }.reduce(0, +)
      (s1, s2, gram) = (next1.scaling, next2.scaling, product)
      if change1 < Self.tolerance, change2 < Self.tolerance { break }
    }
    rowScaling = Self.normalized(s1)
    columnScaling = Self.normalized(s2)
    roundCount = rounds
    rowGram = (gram ?? Matrix(rowCount: 0, columnCount: 0), 1 / dot(s2, s2))
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
    let scaled = scaled(data, columnsBy: scaling, on: workers)
    return fibreForm(
      precision, parallelGram(scaled, on: workers), times: 1,
      diagonal: rowForms(of: scaled, otherPrecision, .whole, with: Alone(), on: workers),
      on: workers)
  }

  /// Gives the memory of the product back.
  mutating func dropRowGram() { rowGram.matrix = Matrix(rowCount: 0, columnCount: 0) }

  private static func balanced(_ values: [Double]) -> [Double] {
    let logMean = values.reduce(0) { $0 + .log($1) } / Double(max(values.count, 1))
    return values.map { $0 / .exp(logMean) }
  }

  private static func normalized(_ values: [Double]) -> [Double] {
    let norm = dot(values, values).squareRoot()
    return values.map { $0 / norm }
  }
}

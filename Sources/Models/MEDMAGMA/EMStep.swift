public import Concurrency
import Kernels
public import LinearAlgebra
import Modeling
import Networks
import Sums

/// The state of MED-MAGMA's EM on one matrix: two precision matrices and the scalings that lead to z*.
public struct EMState: Sendable, Codable, Equatable {
  /// Ω₁, rows (cells).
  public var rowPrecision: Matrix<Double> { didSet { inverses = nil } }
  /// Ω₂, columns (genes).
  public var columnPrecision: Matrix<Double> { didSet { inverses = nil } }
  /// s₁ of the last flip-flop.
  public var rowScaling: [Double] { didSet { columnGram = nil } }
  /// s₂ of the last flip-flop.
  public var columnScaling: [Double]
  /// What the curvature needs of Ω₁ and Ω₂, where the step that made them knew it.
  var inverses: FibreInverses?
  /// Yᵀ diag(s₁)² Y, where the step that found s₁ made it; not stored.
  var columnGram: Matrix<Double>?

  private enum CodingKeys: CodingKey {
    case rowPrecision, columnPrecision, rowScaling, columnScaling, inverses
  }

  /// `inverses`, found if need be.
  func fibreInverses() throws(LinearAlgebraError) -> FibreInverses {
    if let inverses { return inverses }
    return try FibreInverses(rows: rowPrecision, columns: columnPrecision)
  }

  /// The state before the first step: identity matrices and these scalings.
  public init(rowScaling: [Double], columnScaling: [Double]) {
    rowPrecision = .identity(rowScaling.count)
    columnPrecision = .identity(columnScaling.count)
    self.rowScaling = rowScaling
    self.columnScaling = columnScaling
  }
}

/// One step of MED-MAGMA's EM.
///
///     E:  z* = diag(s₁) Y diag(s₂)  (FlipFlop);   S₁ = z* z*ᵀ ∓ C₁/2,  S₂ = z*ᵀ z* ∓ C₂/2  (curvature)
///     M:  S_k = V_k diag(e_k) V_kᵀ;   (λ, μ) = kernel(e₁, e₂);   Ω₁ = V₁ diag(λ) V₁ᵀ,  Ω₂ = V₂ diag(μ) V₂ᵀ
///
/// | Deviation | Paper | Reference code | distfit default | Why |
/// |---|---|---|---|---|
/// | sign of the curvature | Laplace's expansion adds it | subtracts | subtracts | plus is at chance level |
/// | M step | maximises | stops after 1 000 iterations | as the code | stopping is the regulariser |
///
/// Source: MED-MAGMA paper, section 3.3; MED-MAGMA-NeurIPS2026@6c208ce, MED_MAGMA.py, `EM_step`.
public struct EMStep: Sendable {
  /// How the curvature enters.
  public var curvatureTerm = CurvatureTerm.minus
  /// The M step's path.
  public var kernel = EigenvalueKernel()
  /// ρ of the M step with an optimum; 0 follows the path that stops early.
  public var penalty = 0.0

  /// The reference's step.
  public init() {}

  /// What one E step finds.
  public struct Moments: Sendable {
    /// S₁, the second moments of the rows, d₁ × d₁.
    public var rows: Matrix<Double>
    /// S₂, the second moments of the columns, d₂ × d₂.
    public var columns: Matrix<Double>
    /// The flip-flop that led there.
    public var flipFlop: FlipFlop
    /// Yᵀ diag(s₁)² Y.
    var columnGram: Matrix<Double>
  }

  /// The E step: expected second moments of both axes.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where the data have a zero row or column.
  public func moments(
    of data: Matrix<Double>, at state: EMState, on workers: Workers
  ) throws(LinearAlgebraError) -> Moments {
    try moments(of: data, at: state, .whole, with: Alone(), on: workers)
  }

  /// The E step, expected second moments of both axes, with its work shared among ranks.
  ///
  /// Collective where the share is divided.
  func moments<Everyone: Team & ~Copyable>(
    of data: Matrix<Double>, at state: EMState, _ share: WorkShare,
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(LinearAlgebraError) -> Moments {
    let transposed = data.transposed()
    var flipFlop = try FlipFlop(data, transposed, from: state, share, with: everyone, on: workers)
    let scaledByRows = scaled(transposed, columnsBy: flipFlop.rowScaling, on: workers)
    let columnGram = symmetricProduct(
      scaledByRows, share, with: everyone, on: workers)
    var rows = secondMoments(
      flipFlop.rowGram.matrix, times: flipFlop.rowGram.factor, scaling: flipFlop.rowScaling,
      on: workers)
    flipFlop.dropRowGram()
    var columns = secondMoments(
      columnGram, times: 1, scaling: flipFlop.columnScaling, on: workers)
    if curvatureTerm != .none {
      let inverses = try state.fibreInverses()
      let rowTotals = state.rowPrecision.rowTotals
      let columnTotals = state.columnPrecision.rowTotals
      CurvatureParts(ofOther: columnTotals, own: rowTotals, inverses.columns, inverses.rows)
        .add(curvatureTerm.factor, inverses.rows, to: &rows, on: workers)
      CurvatureParts(ofOther: rowTotals, own: columnTotals, inverses.rows, inverses.columns)
        .add(curvatureTerm.factor, inverses.columns, to: &columns, on: workers)
    }
    return Moments(rows: rows, columns: columns, flipFlop: flipFlop, columnGram: columnGram)
  }

  /// Takes the step and returns how far the precision matrices moved,
  /// √(‖ΔΩ₁‖²/d₁² + ‖ΔΩ₂‖²/d₂²). A step that would lead to numbers that are not finite is not taken.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError`; the state is then the same, less what can be found anew.
  public func advance(
    _ state: inout EMState, on data: Matrix<Double>, workers: Workers
  ) throws(LinearAlgebraError) -> Double {
    try advance(&state, on: data, .whole, with: Alone(), workers: workers)
  }

  /// Takes the step with its work shared among ranks, products by blocks of rows, eigenproblems by
  /// axes, and returns how far the precision matrices moved, √(‖ΔΩ₁‖²/d₁² + ‖ΔΩ₂‖²/d₂²).
  ///
  /// Collective where the share is divided.
  func advance<Everyone: Team & ~Copyable>(
    _ state: inout EMState, on data: Matrix<Double>, _ share: WorkShare,
    with everyone: borrowing Everyone, workers: Workers
  ) throws(LinearAlgebraError) -> Double {
    let (d1, d2) = (data.rowCount, data.columnCount)
    let moments = try moments(of: data, at: state, share, with: everyone, on: workers)
    // Of no use any more, and eigenproblems need the memory
    (state.inverses, state.columnGram) = (nil, nil)
    let (eigen, solution) = try spectra(of: moments, share, with: everyone, on: workers)
    func matrix(_ spectrum: AxisSpectrum, _ values: [Double]) -> Matrix<Double> {
      precision(spectrum.vectors, values, share, with: everyone, on: workers)
    }
    let rows = matrix(eigen.rows, solution.lambda)
    let columns = matrix(eigen.columns, solution.mu)
    let change1 = distance(rows.elements, state.rowPrecision.elements) / Double(d1)
    let change2 = distance(columns.elements, state.columnPrecision.elements) / Double(d2)
    let change = (change1 * change1 + change2 * change2).squareRoot()
    guard change.isFinite else { return change }
    state.rowPrecision = rows
    state.columnPrecision = columns
    state.rowScaling = moments.flipFlop.rowScaling
    state.columnScaling = moments.flipFlop.columnScaling
    state.columnGram = moments.columnGram
    if curvatureTerm != .none {
      let rowTotal = rows.rowTotals.reduce(0, +)
      let columnTotal = columns.rowTotals.reduce(0, +)
      state.inverses = FibreInverses(
        inverseRows: matrix(
          eigen.rows, solution.lambda.map { 1 / (Double(d2) * $0 + columnTotal) }),
        inverseColumns: matrix(
          eigen.columns, solution.mu.map { 1 / (Double(d1) * $0 + rowTotal) }))
    }
    return change
  }

  /// Spectra of both moments, and the eigenvalues of Ω₁ and Ω₂ that follow from theirs.
  private func spectra<Everyone: Team & ~Copyable>(
    of moments: Moments, _ share: WorkShare, with everyone: borrowing Everyone, on workers: Workers
  ) throws(LinearAlgebraError) -> (
    (rows: AxisSpectrum, columns: AxisSpectrum), EigenvalueKernel.Solution
  ) {
    let kernels = Kernels.current.secular
    guard share.isDivided else {
      let found = try onBothAxes(workers) { (isRows) throws(LinearAlgebraError) in
        try DividedEigen(isRows ? moments.rows : moments.columns, by: kernels)
      }
      let (e1, e2) = (found.rows.values, found.columns.values)
      let (rows, columns, solution) = vectorsOfBothAxes(found, on: workers) {
        Result { () throws(LinearAlgebraError) in try eigenvalues(e1, e2, on: workers) }
      }
      return (
        (AxisSpectrum(values: e1, vectors: rows), AxisSpectrum(values: e2, vectors: columns)),
        try solution.get()
      )
    }
    let (d1, d2) = (moments.rows.rowCount, moments.columns.rowCount)
    let eigen = try spectraOfBothAxes([(d1, d1), (d2, d2)], share, with: everyone, on: workers) {
      (isRows) throws(LinearAlgebraError) in
      let eigen = try SymmetricEigen(isRows ? moments.rows : moments.columns, by: kernels)
      return AxisSpectrum(values: eigen.values, vectors: eigen.vectors)
    }
    return (eigen, try eigenvalues(eigen.rows.values, eigen.columns.values, on: workers))
  }

  private func eigenvalues(
    _ rows: [Double], _ columns: [Double], on workers: Workers
  ) throws(LinearAlgebraError) -> EigenvalueKernel.Solution {
    penalty > 0
      ? try PenalizedEigenvalues(penalty: penalty).solve(rows, columns, on: workers)
      : kernel.solve(rows, columns, on: workers)
  }
}

public import LinearAlgebra

/// The state of MED-MAGMA's EM: two precision matrices and the scalings that lead to z*.
public struct EMState: Sendable, Codable, Equatable {
  /// Ω₁, rows (cells).
  public var rowPrecision: Matrix<Double>
  /// Ω₂, columns (genes).
  public var columnPrecision: Matrix<Double>
  /// s₁ of the last flip-flop.
  public var rowScaling: [Double]
  /// s₂ of the last flip-flop.
  public var columnScaling: [Double]

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
    /// S₁.
    public var rows: Matrix<Double>
    /// S₂.
    public var columns: Matrix<Double>
    /// The flip-flop that led there.
    public var flipFlop: FlipFlop
  }

  /// The E step: expected second moments of both axes.
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError` where the data have a zero row or column.
  public func moments(
    of data: Matrix<Double>, at state: EMState, on workers: Workers
  ) throws(LinearAlgebraError) -> Moments {
    let flipFlop = try FlipFlop(
      data, rowPrecision: state.rowPrecision, columnPrecision: state.columnPrecision,
      rowScaling: state.rowScaling, columnScaling: state.columnScaling, on: workers)
    var point = data
    let width = data.columnCount
    point.withUnsafeMutableElements { point in
      for row in 0..<data.rowCount {
        let factor = flipFlop.rowScaling[row]
        for column in 0..<width {
          point[row * width + column] =
            (factor * point[row * width + column]) * flipFlop.columnScaling[column]
        }
      }
    }
    var rows = parallelGram(point, on: workers)
    var columns = parallelGram(point.transposed(), on: workers)
    if curvatureTerm != .none {
      let results = try onBothAxes(workers) { (isRows) throws(LinearAlgebraError) in
        try isRows
          ? curvature(rowPrecision: state.columnPrecision, columnPrecision: state.rowPrecision)
          : curvature(rowPrecision: state.rowPrecision, columnPrecision: state.columnPrecision)
      }
      rows.add(results.rows, times: curvatureTerm.factor)
      columns.add(results.columns, times: curvatureTerm.factor)
    }
    return Moments(rows: rows, columns: columns, flipFlop: flipFlop)
  }

  /// Takes the step and returns how far the precision matrices moved,
  /// √(‖ΔΩ₁‖²/d₁² + ‖ΔΩ₂‖²/d₂²).
  ///
  /// Local. The bits do not depend on the number of threads.
  /// - Throws: `LinearAlgebraError`; the state is then unchanged.
  public func advance(
    _ state: inout EMState, on data: Matrix<Double>, workers: Workers
  ) throws(LinearAlgebraError) -> Double {
    let moments = try moments(of: data, at: state, on: workers)
    let eigen = try onBothAxes(workers) { (isRows) throws(LinearAlgebraError) in
      try SymmetricEigen(isRows ? moments.rows : moments.columns)
    }
    let solution =
      penalty > 0
      ? try PenalizedEigenvalues(penalty: penalty)
        .solve(eigen.rows.values, eigen.columns.values, on: workers)
      : kernel.solve(eigen.rows.values, eigen.columns.values, on: workers)
    let rows = precision(eigen.rows.vectors, solution.lambda, on: workers)
    let columns = precision(eigen.columns.vectors, solution.mu, on: workers)
    let change1 = distance(rows.elements, state.rowPrecision.elements) / Double(rows.rowCount)
    let change2 =
      distance(columns.elements, state.columnPrecision.elements) / Double(columns.rowCount)
    state.rowPrecision = rows
    state.columnPrecision = columns
    state.rowScaling = moments.flipFlop.rowScaling
    state.columnScaling = moments.flipFlop.columnScaling
    return (change1 * change1 + change2 * change2).squareRoot()
  }
}

/// V diag(values) Vᵀ, symmetric to the bit.
func precision(
  _ vectors: Matrix<Double>, _ values: [Double], on workers: Workers
) -> Matrix<Double> {
  var scaled = vectors
  let width = values.count
  scaled.withUnsafeMutableElements { elements in
    for row in 0..<vectors.rowCount {
      for column in 0..<width { elements[row * width + column] *= values[column] }
    }
  }
  var result = parallelProduct(scaled, vectors.transposed(), on: workers)
  let order = result.rowCount
  result.withUnsafeMutableElements { elements in
    for row in 0..<order {
      for column in 0..<row { elements[column * order + row] = elements[row * order + column] }
    }
  }
  return result
}

/// Runs the work of the row axis and of the column axis at the same time.
func onBothAxes<Result: Sendable>(
  _ workers: Workers, _ body: (_ isRows: Bool) throws(LinearAlgebraError) -> Result
) throws(LinearAlgebraError) -> (rows: Result, columns: Result) {
  var results: [Swift.Result<Result, LinearAlgebraError>?] = [nil, nil]
  results.withUnsafeMutableBufferPointer { results in
    nonisolated(unsafe) let target = results
    workers.perform(2) { axis in
      do throws(LinearAlgebraError) {
        target[axis] = .success(try body(axis == 0))
      } catch {
        target[axis] = .failure(error)
      }
    }
  }
  guard let rows = results[0], let columns = results[1] else {
    preconditionFailure("the workers left a piece undone")
  }
  return (try rows.get(), try columns.get())
}

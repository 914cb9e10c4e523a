public import Concurrency
import Graphs
package import LinearAlgebra
public import Modeling
import Optimization
import Probability
public import Sums

/// MED-MAGMA, the matrix elliptical distribution's multi-axis graphical modelling algorithm: networks of cells
/// and of genes at once, from data whose rows and columns carry unknown factors.
///
///     X = diag(r) Z diag(c),   r, c > 0;    vec Z ~ N(0, (Ω₁ ⊕ Ω₂)⁻¹),  Ω₁ ⊕ Ω₂ = Ω₁ ⊗ I + I ⊗ Ω₂
///
/// Y = `QuotientMap`(X) is what r and c cannot touch; `EMStep` alternates between the most probable point of its
/// fibre and the precision matrices. Vertices are joined where Ω is large (`EdgeRule`).
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | X | values of the kept cells and genes | d₁ × d₂ | `State.data` |
/// | Y | after the quotient map | d₁ × d₂ | `State.quotient` |
/// | Ω₁, Ω₂ | precision matrices | d₁ × d₁, d₂ × d₂ | `State.em` |
/// | s₁, s₂ | scalings that lead from Y to z* | d₁, d₂ | `State.em` |
///
/// | Deviation | Paper | Reference code | distfit default | Why |
/// |---|---|---|---|---|
/// | zeros | one pass of centring | one pass | passes until nothing is left | only then are r, c gone |
/// | number of genes | at least as many as cells | nearest number | nearest number | parity |
/// | diagonal | | counted as an edge in some figures | never an edge | it is no relation |
///
/// The rows of all lanes are brought together once, in one sum. Then the products of an iteration are shared by blocks
/// of rows and its two eigenproblems by axes (`WorkShare`); what remains is the same on every rank.
///
/// Source: Making multi-axis models robust to multiplicative noise: how, and why? (NeurIPS 2026 submission);
/// MED-MAGMA-NeurIPS2026/MED-MAGMA-NeurIPS2026@6c208ce, MED_MAGMA.py.
public struct MEDMAGMA: Model {
  /// As in `distfit fit medmagma`.
  public static let name = "medmagma"
  /// What it is.
  public static let summary =
    "Networks of cells and of genes at once, robust to unknown factors of rows and columns."

  /// The settings of the fit.
  public let configuration: MEDMAGMAConfiguration
  private let summary: DataSummary
  private let classes: NetworkClasses?

  /// 64 lanes unless set.
  public static func laneCount(_ configuration: MEDMAGMAConfiguration, rowCount: Int) -> Int {
    min(configuration.lanes ?? 64, max(1, rowCount))
  }

  /// Counts or real numbers, as the settings say.
  public static func values(_ configuration: MEDMAGMAConfiguration) -> ValueKind {
    configuration.data.valueKind
  }

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` where there are fewer than three rows or columns.
  public init(
    _ configuration: MEDMAGMAConfiguration, for data: DataSummary
  ) throws(ModelError) {
    classes = try configuration.data.check(data, labels: configuration.labels)
    self.configuration = configuration
    summary = data
  }

  /// Everything that is the same on every rank.
  public struct State: Codable, Sendable {
    /// The matrix; nil before the first step.
    package var data: NetworkData?
    /// Y, the data divided by the scales of their rows and columns.
    package var quotient: Matrix<Double>?
    /// Ω₁, Ω₂, s₁, s₂.
    package var em: EMState?
    /// EM iterations made.
    package var iterationCount = 0
  }

  /// One lane.
  ///
  /// - Throws: `ModelError` for values that are not finite, or negative where logarithms are wanted.
  public func lane(from rows: RowData) throws(ModelError) -> NetworkLane {
    try NetworkLane(
      rows,
      needsLogarithms: configuration.data.highlyVariable != nil
        && configuration.data.takesLogarithms,
      names: summary)
  }

  /// The state before the first step, which prepares the data.
  public func start() -> State { State() }

  /// Prepares the data, or takes one EM step.
  ///
  /// Collective: the first step sums twice; the others hand round the blocks of large matrices.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout State, _ lanes: inout [NetworkLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) -> StepReport {
    do {
      guard let quotient = shared.quotient, var em = shared.em else {
        return try prepare(&shared, lanes, with: everyone, on: workers)
      }
      let isOver = shared.iterationCount >= configuration.iterations
      guard !isOver else { return try report(shared, change: nil, .planCompleted) }
      let share = WorkShare.of(
        lanes, rowCount: summary.rowCount, order: max(quotient.rowCount, quotient.columnCount),
        with: everyone)
      // One copy: it gives memory back on the way
      shared.em = nil
      let outcome = Result { () throws(LinearAlgebraError) in
        try emStep.advance(&em, on: quotient, share, with: everyone, workers: workers)
      }
      shared.em = em
      let change = try outcome.get()
      guard change.isFinite else {
        throw ModelError("EM iteration \(shared.iterationCount + 1): the precisions are not finite")
      }
      shared.iterationCount += 1
      if change < configuration.tolerance {
        return try report(shared, change: change, .objectiveTolerance)
      }
      return try report(
        shared, change: change,
        shared.iterationCount == configuration.iterations ? .planCompleted : nil)
    } catch let error as ModelError {
      return failed(error)
    } catch {
      return failed(
        ModelError(
          "EM iteration \(shared.iterationCount + 1): \(error); --penalty 0.01 keeps the eigenvalues in bounds"
        ))
    }
  }

  /// The step that the settings ask for.
  var emStep: EMStep {
    var step = EMStep()
    step.curvatureTerm = configuration.curvature
    step.kernel.iterationLimit = configuration.kernelIterations
    step.penalty = configuration.penalty
    return step
  }

  private func prepare<Everyone: Team & ~Copyable>(
    _ shared: inout State, _ lanes: [NetworkLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(ModelError) -> StepReport {
    let data = try NetworkData(lanes, configuration.data, for: summary, with: everyone)
    let quotient = try QuotientMap(passes: configuration.quotientPasses)
      .network(of: data.matrix, on: workers)
    let random = RandomSource(seed: UInt64(configuration.seed))
    func scaling(_ purpose: RandomPurpose, _ count: Int) -> [Double] {
      var stream = random.stream(purpose)
      return (0..<count).map { _ in stream.uniform() }
    }
    shared.em = EMState(
      rowScaling: scaling("row scaling", data.rows.count),
      columnScaling: scaling("column scaling", data.columns.count))
    shared.data = data
    shared.quotient = quotient
    let matrix = "networks of \(data.rows.count) cells and \(data.columns.count) genes"
    return StepReport(
      stage: "preparation", progress: 0, rowsProcessed: summary.rowCount, endsEpoch: false,
      remark: (data.remarks + [matrix]).joined(separator: "\n"))
  }

  private func report(
    _ shared: State, change: Double?, _ termination: Termination?
  ) throws(GraphError) -> StepReport {
    var measures: [StepReport.Measure] = change.map { [.init("change", $0)] } ?? []
    if termination != nil, let classes, let data = shared.data, let em = shared.em {
      measures += try classes.agreement(of: em.rowPrecision, rows: data.rows)
    }
    return StepReport(
      stage: "iteration \(shared.iterationCount) of \(configuration.iterations)",
      progress: Double(shared.iterationCount) / Double(configuration.iterations),
      rowsProcessed: shared.data?.rows.count ?? 0, endsEpoch: change != nil,
      measures: measures, termination: termination)
  }

  private func failed(_ error: ModelError) -> StepReport {
    StepReport(
      stage: "failed", progress: 1, rowsProcessed: 0, endsEpoch: false, failure: error)
  }
}

extension MEDMAGMA {
  /// Each row's scaling s₁; NaN for rows that were left out.
  public func rowOutput(_ shared: State, _ lane: NetworkLane) -> RowOutput {
    var scaling = [Double](repeating: .nan, count: lane.rows.count)
    if let data = shared.data, let em = shared.em {
      for (row, value) in zip(data.rows, em.rowScaling) where lane.rows.contains(row) {
        scaling[row - lane.rows.lowerBound] = value
      }
    }
    return RowOutput(columns: [NamedColumn("medmagma_scaling", .numbers(scaling))])
  }

  /// The networks of rows and columns, and how they compare with known classes.
  public func sharedOutput(_ shared: State) -> SharedOutput {
    guard let data = shared.data, let em = shared.em else {
      return SharedOutput(parameters: .group([:]))
    }
    return SharedOutput(
      columns: [NamedColumn("medmagma_scaling", .numbers(em.columnScaling))],
      networks: NetworkOutput(
        data, rows: em.rowPrecision, columns: em.columnPrecision, rowCount: summary.rowCount,
        edges: configuration.edges, withMatrices: configuration.writesMatrices),
      parameters: .group(["iterations": .integer(Int64(shared.iterationCount))]))
  }
}

public import Concurrency
import LinearAlgebra
public import Modeling
import Optimization
import RealModule
public import Sums

/// GmGM, the multi-axis Gaussian graphical model, and the single-axis pseudo-inverse: networks of cells and of
/// genes without regard to factors of rows and columns.
///
/// | `--method` | Learns from | By |
/// |---|---|---|
/// | gmgm | log(1 + x) | `MultiAxisFit` |
/// | gmgm-skeptic | ranks: of each gene among cells for cells, of each cell among genes for genes | `MultiAxisFit` |
/// | quotient-gmgm | `QuotientMap` of the values | `MultiAxisFit` |
/// | single-axis | the values | `singleAxisPrecisions` |
///
/// One step: the rows of all lanes are brought together in one sum, products and eigenproblems are shared among ranks.
///
/// Source: B. Andrew, D. Westhead, L. Cutillo, GmGM: a fast multi-axis Gaussian graphical model, AISTATS 2024;
/// BaileyAndrew/GmGM-python, version 0.5.7.
public struct GmGM: Model {
  /// As in `distfit fit gmgm`.
  public static let name = "gmgm"
  /// What it is.
  public static let summary =
    "Networks of cells and of genes at once: GmGM, on values, ranks or quotients, and one axis at a time."

  /// The settings of the fit.
  public let configuration: GmGMConfiguration
  private let summary: DataSummary
  private let classes: NetworkClasses?

  /// 64 lanes unless set.
  public static func laneCount(_ configuration: GmGMConfiguration, rowCount: Int) -> Int {
    min(configuration.lanes ?? 64, max(1, rowCount))
  }

  /// Counts or real numbers, as the settings say.
  public static func values(_ configuration: GmGMConfiguration) -> ValueKind {
    configuration.data.valueKind
  }

  /// A model of data of this shape.
  ///
  /// - Throws: `ModelError` where there are fewer than three rows or columns.
  public init(_ configuration: GmGMConfiguration, for data: DataSummary) throws(ModelError) {
    classes = try configuration.data.check(data, labels: configuration.labels)
    self.configuration = configuration
    summary = data
  }

  /// Everything that is the same on every rank.
  public struct State: Codable, Sendable {
    /// The matrix; nil before the first step.
    package var data: NetworkData?
    /// Ω₁ and Ω₂, the precision matrices of both axes; nil before they are found.
    package var precisions: MultiAxisPrecisions?
  }

  /// One lane.
  ///
  /// - Throws: `ModelError` for values that are not finite, or negative where logarithms are wanted.
  public func lane(from rows: RowData) throws(ModelError) -> NetworkLane {
    let data = configuration.data
    let wantsLogarithms = data.highlyVariable != nil || configuration.method == .gmgm
    return try NetworkLane(
      rows, needsLogarithms: wantsLogarithms && data.takesLogarithms, names: summary)
  }

  /// The state before the first step, which prepares the data.
  public func start() -> State { State() }

  /// The whole fit.
  ///
  /// Collective: two sums, and the blocks of large matrices.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout State, _ lanes: inout [NetworkLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) -> StepReport {
    var report = StepReport(
      stage: configuration.method.rawValue, progress: 1, rowsProcessed: summary.rowCount,
      endsEpoch: true)
    do {
      let data = try NetworkData(lanes, configuration.data, for: summary, with: everyone)
      report.remark =
        (data.remarks + ["networks of \(data.rows.count) cells and \(data.columns.count) genes"])
        .joined(separator: "\n")
      let share = WorkShare.of(
        lanes, rowCount: summary.rowCount, order: max(data.rows.count, data.columns.count),
        with: everyone)
      let precisions = try configuration.precisions(
        of: data.matrix, share, with: everyone, on: workers)
      shared = State(data: data, precisions: precisions)
      report.measures = [.init("iterations", Double(precisions.iterationCount))]
      if let classes {
        report.measures += try classes.agreement(of: precisions.rows, rows: data.rows)
      }
      report.termination = .planCompleted
    } catch let error as ModelError {
      report.failure = error
    } catch {
      report.failure = ModelError("\(configuration.method.rawValue): \(error)")
    }
    return report
  }

  /// Nothing about single rows.
  public func rowOutput(_ shared: State, _ lane: NetworkLane) -> RowOutput { RowOutput() }

  /// The networks of rows and columns, and how they compare with known classes.
  public func sharedOutput(_ shared: State) -> SharedOutput {
    guard let data = shared.data, let precisions = shared.precisions else {
      return SharedOutput(parameters: .group([:]))
    }
    return SharedOutput(
      networks: NetworkOutput(
        data, rows: precisions.rows, columns: precisions.columns, rowCount: summary.rowCount,
        edges: configuration.edges, withMatrices: configuration.writesMatrices),
      parameters: .group(["iterations": .integer(Int64(precisions.iterationCount))]))
  }
}

extension GmGMConfiguration {
  /// The precision matrices by the method asked for.
  ///
  /// Collective where the share is divided.
  /// - Throws: `LinearAlgebraError`; `ModelError` where the quotient leaves nothing.
  func precisions<Everyone: Team & ~Copyable>(
    of matrix: Matrix<Double>, _ share: WorkShare, with everyone: borrowing Everyone,
    on workers: Workers
  ) throws -> MultiAxisPrecisions {
    guard method != .singleAxis else {
      return try singleAxisPrecisions(
        of: matrix, tolerance: pseudoInverseTolerance, share, with: everyone, on: workers)
    }
    let (fit, values) = try multiAxisFit(of: matrix, on: workers)
    return try fit.precisions(of: values, share, with: everyone, on: workers)
  }

  /// The fit of two axes that the method stands for, and the values it is of: those of the matrix, their logarithms
  /// or their quotient.
  ///
  /// - Throws: `ModelError` where the quotient leaves nothing.
  func multiAxisFit(
    of matrix: Matrix<Double>, on workers: Workers
  ) throws -> (fit: MultiAxisFit, values: Matrix<Double>) {
    var fit = MultiAxisFit()
    fit.componentCount = components
    fit.penalty = penalty
    fit.usesRanks = method == .skeptic
    switch method {
    case .quotient:
      return (fit, try QuotientMap(passes: quotientPasses).network(of: matrix, on: workers))
    case .gmgm where data.takesLogarithms: return (fit, matrix.map { .log(onePlus: $0) })
    case .gmgm, .skeptic, .singleAxis: return (fit, matrix)
    }
  }
}

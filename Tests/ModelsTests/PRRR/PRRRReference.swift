import Concurrency
import Foundation
import LinearAlgebra
import Modeling
import Models
import Sums
import TestSupport

/// What the published classes computed on 328 pancreatic cells and 100 genes.
struct PRRRReference: Decodable {
  var covariates: [String]
  var genes: [String]
  var logJoint: Double
  var nnLogJointGamma11: Double
  var nnLogJointGamma21: Double
  var publishedFinalLosses: [Double]
  var publishedNonnegativeFinalLosses: [Double]
  var counts: [[Double]]
  var design: [[Double]]
  var arrays: [String: [[Double]]]

  static func read() throws -> PRRRReference {
    try Reference.json("prrr/map.json", as: PRRRReference.self)
  }

  func array(_ name: String) -> Matrix<Double> { Matrix(rows: arrays[name] ?? []) }

  /// U, V, v0 of a reference's state.
  func coefficients(_ u: String, _ v: String, _ v0: String) -> ReducedRankCoefficients {
    let loadings = array(v)
    let intercepts = array(v0)
    return ReducedRankCoefficients(
      covariateLoadings: array(u),
      geneCoefficients: Matrix(
        rows: (0..<loadings.columnCount).map { loadings.column($0) + [intercepts[0, $0]] }))
  }

  /// The data as a fit sees them, covariates as numbers.
  var data: TestCounts { TestCounts(counts: counts, design: design, covariates: covariates) }
}

/// Counts and covariates in memory.
struct TestCounts {
  var counts: [[Double]]
  var design: [[Double]]
  var covariates: [String]

  var raw: [RawCovariate] {
    covariates.indices.map { column in
      RawCovariate(covariates[column], .numbers(design.map { $0[column] }))
    }
  }

  var summary: DataSummary {
    let columnCount = counts.first?.count ?? 0
    return DataSummary(
      rows: Table(names: counts.indices.map { "row \($0)" }),
      columns: Table(names: (0..<columnCount).map { "gene \($0)" }),
      columnTotals: (0..<columnCount).map { column in counts.reduce(0) { $0 + $1[column] } },
      columnMaxima: (0..<columnCount).map { column in counts.map { $0[column] }.max() ?? 0 },
      columnNonZeros: (0..<columnCount).map { column in counts.count { $0[column] != 0 } },
      fingerprint: "test")
  }

  func rows(_ range: Range<Int>) -> RowData {
    RowData(
      rows: range,
      matrix: .reals(
        Matrix(
          rowCount: range.count, columnCount: counts.first?.count ?? 0,
          elements: range.flatMap { counts[$0] })))
  }

  /// The lanes of a model.
  func lanes<Fitted: Model>(_ model: Fitted) throws -> [Fitted.Lane] {
    let laneCount = Fitted.laneCount(model.configuration, rowCount: counts.count)
    let plan = LanePlan(rowCount: counts.count, laneCount: laneCount)
    return try (0..<laneCount).map { try model.lane(from: rows(plan.rows(ofLane: $0))) }
  }
}

extension Model {
  /// Steps until the end; the last report.
  func fitted(
    _ data: TestCounts, workers: Workers = Workers(threadCount: 1), limit: Int = 100_000
  ) throws -> (state: Shared, report: StepReport, history: [[Double]]) {
    var lanes = try data.lanes(self)
    var state = start()
    var history: [[Double]] = []
    for _ in 0..<limit {
      let report = try step(&state, &lanes, with: Alone(), on: workers)
      history.append(report.measures.map(\.value))
      if report.termination != nil { return (state, report, history) }
    }
    return (state, StepReport(stage: "", progress: 1, rowsProcessed: 0, endsEpoch: true), history)
  }
}

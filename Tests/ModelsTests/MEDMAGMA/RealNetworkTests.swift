import Foundation
import LinearAlgebra
import Modeling
import Models
import Optimization
import Storage
import TestSupport
import Testing

/// The reference programs on real data sets prepared by the published protocol: genes, and the graph of the five
/// strongest edges of each cell. Skipped where the data sets are not there.
@Suite struct RealNetworkTests {
  let workers = Workers(threadCount: 2)

  /// yan has not converged after the published twenty iterations: what the reference's flips leave, 1e-5, shows.
  @Test(arguments: [
    ("blakeley-30", NetworkValues.counts, 1.0), ("yan-90-rpkm", .reals, 0.88),
    ("camp-fetal-cortex-220", .counts, 0.99),
  ])
  func medmagmaFindsTheReferencesGenesAndEdges(
    _ set: String, _ values: NetworkValues, _ overlap: Double
  ) throws {
    guard let rows = try rows(of: set) else { return }
    let arrays = try ReferenceArrays("medmagma/real.tsv")
    var configuration = MEDMAGMAConfiguration()
    configuration.data.values = values
    configuration.quotientPasses = 1
    let model = try MEDMAGMA(configuration, for: rows.summary)
    var lanes = [try model.lane(from: rows.data)]
    var shared = model.start()
    _ = model.step(&shared, &lanes, with: Alone(), on: workers)
    let genes = arrays.vector("\(set)/genes").map { Int($0) }
    #expect(shared.data?.columns == genes)
    guard shared.data?.columns == genes else { return }
    // The reference's own random start.
    shared.em = EMState(
      rowScaling: arrays.vector("\(set)/s1"), columnScaling: arrays.vector("\(set)/s2"))
    var changes: [Double] = []
    var ending: StepReport?
    while ending == nil {
      let report = model.step(&shared, &lanes, with: Alone(), on: workers)
      changes += report.measures.map(\.value)
      if report.termination != nil || report.failure != nil { ending = report }
    }
    #expect(ending?.termination == .planCompleted)
    let magnitudes = arrays.vector("\(set)/magnitudes")
    #expect(changes.count == magnitudes.count)
    #expect(abs(changes[0] / magnitudes[0] - 1) < 1e-4)
    let precision = try #require(shared.em?.rowPrecision)
    #expect(shareOfEdges(precision, arrays.matrix("\(set)/edges/EM")) >= overlap)
  }

  /// With more cells than genes the published program is asked for more singular values than there are, and its
  /// result is another; so the sets here have no fewer genes than cells.
  @Test(arguments: [
    ("gmgm", "GmGM", 0.98), ("gmgm-skeptic", "GmGM_skeptic", 0.99), ("single-axis", "Basic", 0.95),
  ])
  func theBaselinesFindTheReferencesEdges(
    _ method: String, _ name: String, _ overlap: Double
  ) throws {
    let set = "camp-fetal-cortex-220"
    guard let rows = try rows(of: set) else { return }
    let arrays = try ReferenceArrays("medmagma/real.tsv")
    var configuration = GmGMConfiguration()
    try GmGMConfiguration.setting(named: "method").set(method, in: &configuration)
    configuration.components = rows.summary.rowCount
    let model = try GmGM(configuration, for: rows.summary)
    var lanes = [try model.lane(from: rows.data)]
    var shared = model.start()
    let report = model.step(&shared, &lanes, with: Alone(), on: workers)
    #expect(report.failure == nil)
    let precision = try #require(shared.precisions?.rows)
    #expect(shareOfEdges(precision, arrays.matrix("\(set)/edges/\(name)")) >= overlap)
  }

  /// Common edges over all edges, of the graphs of the five strongest per vertex.
  private func shareOfEdges(_ precision: Matrix<Double>, _ expected: Matrix<Double>) -> Double {
    let order = precision.rowCount
    let graph = EdgeRule(top: 5)
      .graph(of: precision, vertices: Array(0..<order), count: order, otherCount: 1, name: "graph")
    var found: Set<[Int]> = []
    for vertex in 0..<order {
      for place in graph.rowStarts[vertex]..<graph.rowStarts[vertex + 1] {
        let other = Int(graph.columns[place])
        if other < vertex { found.insert([vertex, other]) }
      }
    }
    let wanted = Set((0..<expected.rowCount).map { [Int(expected[$0, 0]), Int(expected[$0, 1])] })
    return Double(found.intersection(wanted).count) / Double(found.union(wanted).count)
  }

  private func rows(of set: String) throws -> (summary: DataSummary, data: RowData)? {
    guard let folder = SharedData.url("data/\(set)") else {
      print(SharedData.missing("data/\(set)"))
      return nil
    }
    let file = try AnnDataFile(folder.path)
    let matrix = try file.matrix(.main)
    var warnings: [String] = []
    let cells = try file.rows(warnings: &warnings)
    let genes = try file.columns(of: .main, warnings: &warnings)
    let zeros = [Double](repeating: 0, count: genes.count)
    let values = Matrix(
      rowCount: cells.count, columnCount: genes.count,
      elements: try matrix.reals(in: 0..<cells.count))
    return (
      DataSummary(
        rows: cells, columns: genes, columnTotals: zeros, columnMaxima: zeros,
        columnNonZeros: genes.names.map { _ in 0 }, fingerprint: set),
      RowData(rows: 0..<cells.count, matrix: .reals(values))
    )
  }
}

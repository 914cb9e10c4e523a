import Concurrency
import LinearAlgebra
import Modeling
import Models
import Optimization
import Sums
import TestSupport
import Testing

/// New cells on a fit: every one on its own.
struct DGDEmbeddingTests {
  private let workers = Workers(threadCount: 2)

  /// Real values around three profiles.
  private func values(_ rowCount: Int, _ columnCount: Int) -> Matrix<Double> {
    var matrix = Matrix<Double>(rowCount: rowCount, columnCount: columnCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        matrix[row, column] =
          Double((row % 3 + 1) * (column % 4)) + Double((row * 7 + column) % 5) / 10
      }
    }
    return matrix
  }

  private func summary(_ rowCount: Int, _ columnCount: Int) -> DataSummary {
    let zeros = [Double](repeating: 0, count: columnCount)
    return DataSummary(
      rows: Table(names: (0..<rowCount).map { "cell\($0)" }),
      columns: Table(names: (0..<columnCount).map { "gene\($0)" }), columnTotals: zeros,
      columnMaxima: zeros, columnNonZeros: zeros.map { Int($0) }, fingerprint: "values")
  }

  @Test(arguments: [2e6, 1e200, .infinity])
  func aBadCellChangesNoBitOfTheOthers(_ bad: Double) throws {
    let (N, G) = (100, 12)
    var settings = try BatteryFit<DGD>.configuration([
      "likelihood": "gaussian", "activation": "identity", "scaling": "none",
    ])
    settings.batch = 40
    let model = try DGD(settings, for: summary(N, G))
    let fit: StoredTree = .group([
      "model": .string("dgd"), "settings": settings.storedTree,
    ]).merged(with: model.sharedOutput(model.start()).parameters)
    func embedded(_ matrix: Matrix<Double>) throws -> [DGDLane] {
      let embedding = try DGD.embedding(of: fit, for: summary(N, G), steps: 5)
      var lanes = try [0..<30, 30..<N].map { range in
        let rows = range.flatMap { row in (0..<G).map { matrix[row, $0] } }
        return try embedding.lane(
          from: RowData(
            rows: range,
            matrix: .reals(Matrix(rowCount: range.count, columnCount: G, elements: rows))))
      }
      embedding.represent(&lanes, on: workers) { _ in }
      return lanes
    }
    let good = values(N, G)
    var spoiled = good
    spoiled[57, 3] = bad
    let (expected, found) = (try embedded(good), try embedded(spoiled))
    func rows(_ lanes: [DGDLane]) -> [[UInt64]] {
      lanes.flatMap { lane in
        (0..<lane.rows.count).map { row in
          lane.saved.spaces[0][row].map { UInt64($0.bitPattern) }
            + [lane.saved.losses[0][row].bitPattern]
        }
      }
    }
    let differing = zip(rows(expected), rows(found)).enumerated().filter { $1.0 != $1.1 }
    #expect(differing.map(\.offset) == [57])
    #expect(found[1].saved.spaces[0].values.allSatisfy { $0.isFinite })
    #expect(!(found[1].saved.losses[0][27] < 1e12))
  }

  @Test func aFitGoesOnWhereAValidationCellIsBadAndSaysSo() throws {
    let (N, G) = (90, 10)
    let settings = try BatteryFit<DGD>.configuration([
      "likelihood": "gaussian", "activation": "identity", "scaling": "none", "epochs": "4",
      "frozen-epochs": "0",
    ])
    func run(_ bad: Double?) throws -> (reports: [StepReport], saved: [DGDLane.Saved]) {
      let model = try DGD(settings, for: summary(N, G))
      var matrix = values(N, G)
      let clean = try model.lane(from: RowData(rows: 0..<N, matrix: .reals(matrix)))
      if let bad { matrix[try #require(clean.uses.validation.first), 0] = bad }
      var lanes = [try model.lane(from: RowData(rows: 0..<N, matrix: .reals(matrix)))]
      var shared = model.start()
      var reports: [StepReport] = []
      while reports.last?.termination == nil {
        reports.append(try model.step(&shared, &lanes, with: Alone(), on: workers))
      }
      return (reports, lanes.map(\.saved))
    }
    let (good, spoiled) = (try run(nil), try run(1e9))
    #expect(spoiled.reports.last?.termination == .planCompleted)
    #expect(spoiled.reports.count == good.reports.count)
    let measured = spoiled.reports.filter(\.endsEpoch)
    #expect(measured.allSatisfy { $0.measures.contains { $0.name == "validation" } })
    let cell = try #require(
      zip(good.saved[0].losses[0], spoiled.saved[0].losses[0]).enumerated().first {
        $1.0 != $1.1
      })
    #expect(measured.allSatisfy { $0.remark?.contains("cell\(cell.offset)") == true })
    #expect(
      good.reports.allSatisfy { $0.remark?.contains("cell") != true || $0.stage == "measured" })
  }
}

extension StoredTree {
  /// A group with the members of another.
  fileprivate func merged(with other: StoredTree) -> StoredTree {
    guard case .group(let mine) = self, case .group(let theirs) = other else { return self }
    return .group(mine.merging(theirs) { own, _ in own })
  }
}

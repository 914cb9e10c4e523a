import Concurrency
import LinearAlgebra
import Modeling
import Models
import Optimization
import Sums
import TestSupport
import Testing

/// The models of networks on awkward data, and on any split of the lanes.
@Suite struct NetworkModelTests {
  @Test(arguments: GmGMMethod.allCases)
  func gmgmHasTheSameBitsForEverySplitOfTheLanes(_ method: GmGMMethod) throws {
    let fit = try BatteryFit<GmGM>(BatteryData(), settings: ["method": method.rawValue])
    let expected = try fit.joined(fit.run(steps: 1)).fingerprint()
    #expect(expected.count > 1000)
    for split in SimulatedTeam.splits(ofLanes: 8) {
      let members = try fit.run(steps: 1, split: split, threads: 2)
      #expect(try fit.joined(members).fingerprint() == expected, "\(split)")
    }
  }

  /// Where most values are zero, scalings of the fibre run away and every step takes long: the battery's data are
  /// too sparse for this model, whose matrices hold genes that most cells express.
  @Test func medmagmaHasTheSameBitsForEverySplitOfTheLanes() throws {
    let fit = try medmagma()
    let expected = try fit.joined(fit.run(steps: 4)).fingerprint()
    #expect(try fit.joined(fit.run(steps: 3)).fingerprint() != expected)
    for split in SimulatedTeam.splits(ofLanes: 8) where split.count < 4 || split.count > 7 {
      let members = try fit.run(steps: 4, split: split, threads: 2)
      let joined = try fit.joined(members).fingerprint()
      #expect(joined == expected, "\(split)")
      for member in members {
        let shared = try TreeEncoder.encode(member.shared)
        #expect(try bits(shared) == bits(TreeEncoder.encode(members[0].shared)))
      }
    }
  }

  @Test func medmagmaResumedByAnotherTeamEndsWithTheSameBits() throws {
    let fit = try medmagma()
    let expected = try fit.joined(fit.run(steps: 4)).fingerprint()
    let half = fit.joined(try fit.run(steps: 2, split: [0..<2, 2..<5, 5..<8]))
    let stored = BatteryState<MEDMAGMA>(
      shared: try TreeDecoder.decode(
        MEDMAGMA.State.self, from: TreeEncoder.encode(half.shared)),
      saved: half.saved)
    let members = try fit.run(steps: 2, split: [0..<7, 7..<8], threads: 2, from: stored)
    #expect(try fit.joined(members).fingerprint() == expected)
  }

  @Test func emptyLanesChangeNothing() throws {
    let data = try BatteryData(rowCount: 20, columnCount: 18, density: 0.9)
    let plain = try BatteryFit<MEDMAGMA>(data, lanes: [0..<9, 9..<20], settings: small)
    let padded = try BatteryFit<MEDMAGMA>(
      data, lanes: [0..<0, 0..<9, 9..<9, 9..<20, 20..<20], settings: small)
    let expected = try plain.run(steps: 3)[0].shared
    let found = try padded.run(steps: 3)[0].shared
    #expect(try bits(TreeEncoder.encode(found)) == bits(TreeEncoder.encode(expected)))
  }

  private let small = ["iterations": "5", "tolerance": "0", "kernel-iterations": "100"]

  private func medmagma() throws -> BatteryFit<MEDMAGMA> {
    try BatteryFit(BatteryData(rowCount: 20, columnCount: 18, density: 0.9), settings: small)
  }

  @Test func rowsWithoutAValueAreLeftOutAndStandWithoutEdges() throws {
    let fit = try BatteryFit<GmGM>(BatteryData(zeroRows: [0, 7]))
    let end = try fit.run(steps: 1)[0]
    #expect(end.reports[0].remark?.contains("2 cells without a value") == true)
    let networks = try #require(fit.model.sharedOutput(end.shared).networks)
    let graph = networks.rowGraphs[0]
    #expect(graph.vertexCount == 60)
    #expect(graph.rowStarts[1] == 0)
    #expect(graph.rowStarts[8] == graph.rowStarts[7])
    #expect(!graph.columns.contains(7))
    #expect(graph.weights.allSatisfy { $0 > 0 && $0.isFinite })
    #expect(networks.values.elements[..<networks.values.width].allSatisfy { $0 == 0 })
  }

  @Test func matricesAreWrittenOnRequestAndCarryTheGraphsWeights() throws {
    let fit = try BatteryFit<MEDMAGMA>(
      BatteryData(rowCount: 20, columnCount: 18, density: 0.9),
      settings: ["matrices": "true", "iterations": "2", "top": "3"])
    let end = try fit.run(steps: 3)[0]
    #expect(end.reports.last?.termination == .planCompleted)
    let networks = try #require(fit.model.sharedOutput(end.shared).networks)
    let graph = networks.rowGraphs[0]
    let matrix = networks.rowMatrices[0]
    #expect(matrix.width == 20)
    for row in 0..<20 {
      for place in graph.rowStarts[row]..<graph.rowStarts[row + 1] {
        let value = matrix.elements[row * 20 + Int(graph.columns[place])]
        #expect(value.magnitude == graph.weights[place])
      }
    }
    #expect(networks.columnMatrices[0].width == networks.chosenColumns.count)
  }

  @Test func tooFewRowsOrColumnsAreRefused() throws {
    let error = #expect(throws: ModelError.self) {
      _ = try BatteryFit<MEDMAGMA>(BatteryData(rowCount: 2))
    }
    #expect(error?.description.contains("2 cells") == true)
    let few = try BatteryFit<GmGM>(
      BatteryData(), settings: ["highly-variable": "1", "square": "false"])
    #expect(try few.run(steps: 1)[0].reports[0].failure?.description.contains("1 genes") == true)
  }

  @Test func constantMatricesAreRefused() throws {
    let ones = Matrix(rowCount: 5, columnCount: 4, repeating: 3.0)
    #expect(try failure(GmGM.self, ones, ["highly-variable": "none"])?.contains("constant") == true)
    #expect(try failure(GmGM.self, ones)?.contains("same value in all cells") == true)
    // A factor of each row times one of each column
    let product = Matrix<Double>(rows: [[1, 2, 3], [2, 4, 6], [3, 6, 9], [4, 8, 12]])
    #expect(
      try failure(MEDMAGMA.self, product, ["highly-variable": "none"])?.contains("product")
        == true)
  }

  @Test func valuesThatAreNotFiniteOrHaveNoLogarithmAreRefusedByPlace() throws {
    var data = Matrix<Double>(rows: [[1, 2, 3], [2, 5, 6], [3, 6, 1], [4, 8, 2]])
    data[2, 1] = .nan
    let error = #expect(throws: ModelError.self) { _ = try failure(MEDMAGMA.self, data) }
    #expect(error?.description == "cell c2, gene g1: the value is nan; networks need finite values")
    data[2, 1] = -1
    #expect(throws: ModelError.self) { _ = try failure(GmGM.self, data) }
    #expect(
      try failure(GmGM.self, data, ["log1p": "false", "highly-variable": "none"]) == nil)
  }

  /// What a fit of real numbers says is wrong with them.
  private func failure<Fitted: Model>(
    _ type: Fitted.Type, _ matrix: Matrix<Double>, _ settings: [String: String] = [:]
  ) throws -> String? {
    var configuration = Fitted.Configuration()
    for (name, text) in settings.merging(["values": "reals"], uniquingKeysWith: { $1 }) {
      try Fitted.Configuration.setting(named: name).set(text, in: &configuration)
    }
    let zeros = [Double](repeating: 0, count: matrix.columnCount)
    let model = try Fitted(
      configuration,
      for: DataSummary(
        rows: Table(names: (0..<matrix.rowCount).map { "c\($0)" }),
        columns: Table(names: (0..<matrix.columnCount).map { "g\($0)" }), columnTotals: zeros,
        columnMaxima: zeros, columnNonZeros: zeros.map { _ in 0 }, fingerprint: "matrix"))
    var lanes = [
      try model.lane(from: RowData(rows: 0..<matrix.rowCount, matrix: .reals(matrix)))
    ]
    var shared = model.start()
    return try model.step(&shared, &lanes, with: Alone(), on: Workers(threadCount: 1))
      .failure?.description
  }
}

/// Which genes are kept.
@Suite struct ColumnChoiceTests {
  @Test func columnsWithoutVarianceAreNeverChosen() {
    let moments = ColumnMoments(
      rowCount: 4, sums: [4, 4, 0, 8, 6], squares: [4, 8, 0, 40, 12], detected: [4, 2, 0, 3, 3])
    let chosen = moments.highlyVariable(5)
    #expect(!chosen[0] && !chosen[2])
  }

  @Test func theSquarestChoiceTakesTheSmallestFractionOfEquals() {
    let moments = ColumnMoments(
      rowCount: 3, sums: [3, 3, 3, 3, 3], squares: [5, 5, 5, 5, 5], detected: [3, 3, 2, 1, 1])
    let all = moments.squarest([true, true, true, true, true])
    // More than a third of three cells: two of them
    #expect(all.columns == [0, 1, 2])
    #expect(all.fraction == 0.34)
    let fewer = moments.squarest([true, false, true, false, true])
    #expect(fewer.columns == [0, 2, 4])
    #expect(fewer.fraction == 0)
  }
}

import LinearAlgebra
import Metrics
import Probability
import TestSupport
import Testing

struct ClusteringFigures: Decodable {
  struct Clustering: Decodable {
    let ari, ami, nmi, mi: Double
    let balanced_ami, balanced_ami_swapped, balanced_ari, balanced_ari_swapped: Double
    let hungarian_accuracy: Double
  }
  struct Graph: Decodable {
    let assortativity_nominal, assortativity_numeric: Double?
  }
  struct Area: Decodable {
    let auc_trapezoid, average_precision: Double
    let auroc: Double?
  }
  struct Silhouette: Decodable {
    let mean, with_singleton: Double
    let samples_first_five: [Double]
  }
  struct Values: Decodable {
    let clusterings: [String: Clustering]
    let graphs: [String: Graph]
    let aupr: [String: Area]
    let silhouette: Silhouette
  }
  let values: Values

  static func load() throws -> Values {
    try Reference.json("Metrics/fixture.json", as: ClusteringFigures.self).values
  }
}

@Suite struct ClusteringTests {
  /// scikit-learn, and balanced-clustering for the balanced forms.
  @Test func agreementOfPartitionsIsThePublishedPrograms() throws {
    let rows = try Reference.table("Metrics/clusterings.tsv")
    let header = rows[0]
    let figures = try ClusteringFigures.load().clusterings
    #expect(figures.count == 10)
    for (name, figure) in figures.sorted(by: { $0.key < $1.key }) {
      let truthColumn = try #require(header.firstIndex(of: name + ":truth"))
      let predictionColumn = try #require(header.firstIndex(of: name + ":prediction"))
      let truth = rows.dropFirst().compactMap { Int($0[truthColumn]) }
      let prediction = rows.dropFirst().compactMap { Int($0[predictionColumn]) }
      let table = ContingencyTable(truth: truth, prediction: prediction)
      let swapped = ContingencyTable(truth: prediction, prediction: truth)
      let information = MutualInformation(table)
      let pairs: [(String, Double, Double)] = [
        ("ari", adjustedRandIndex(table), figure.ari),
        ("ami", information.adjusted, figure.ami),
        ("nmi", information.normalized, figure.nmi),
        ("mi", information.information, figure.mi),
        ("balanced ari", balancedAdjustedRandIndex(table), figure.balanced_ari),
        ("swapped ari", balancedAdjustedRandIndex(swapped), figure.balanced_ari_swapped),
        ("balanced ami", MutualInformation.balanced(table).adjusted, figure.balanced_ami),
        ("swapped ami", MutualInformation.balanced(swapped).adjusted, figure.balanced_ami_swapped),
        ("accuracy", matchedAccuracy(table), figure.hungarian_accuracy),
      ]
      for (metric, value, expected) in pairs {
        #expect(value.isClose(to: expected, .metric), "\(name) \(metric)")
      }
    }
  }

  @Test func rowsWithoutLabelAreLeftOut() {
    let table = ContingencyTable(truth: [0, -1, 4, 4, 0], prediction: [2, 2, 7, -1, 2])
    #expect(table.classes == [0, 4] && table.clusters == [2, 7])
    #expect(table.rowCount == 3)
    #expect(table.counts == [2, 0, 0, 1])
    #expect(adjustedRandIndex(ContingencyTable(truth: [], prediction: [])) == 1)
    #expect(MutualInformation(ContingencyTable(truth: [], prediction: [])).adjusted == 1)
  }

  @Test func assignmentsAreTheCheapestOfAll() {
    var stream = RandomSource(seed: 11).stream("costs")
    withEvery(0...5, 1...6) { rowCount, columnCount in
      let costs = (0..<rowCount).map { _ in
        (0..<columnCount).map { _ in Double(stream.integer(below: 20)) - 8 }
      }
      let assignment = cheapestAssignment(costs)
      #expect(assignment.count == rowCount)
      let assigned = assignment.filter { $0 >= 0 }
      #expect(Set(assigned).count == assigned.count)
      #expect(assigned.count == min(rowCount, columnCount))
      let cost = assignment.enumerated().reduce(0) {
        $0 + ($1.element < 0 ? 0 : costs[$1.offset][$1.element])
      }
      #expect(cost == leastCost(costs, count: min(rowCount, columnCount)))
    }
  }

  /// By trying every assignment.
  private func leastCost(_ costs: [[Double]], count: Int) -> Double {
    func best(_ row: Int, _ used: Set<Int>) -> Double {
      if used.count == count { return 0 }
      if row == costs.count { return .infinity }
      var least = costs.count - row > count - used.count ? best(row + 1, used) : .infinity
      for (column, cost) in costs[row].enumerated() where !used.contains(column) {
        least = min(least, cost + best(row + 1, used.union([column])))
      }
      return least
    }
    return best(0, [])
  }

  @Test func silhouettesAreScikitLearns() throws {
    let figure = try ClusteringFigures.load().silhouette
    let points = Matrix(rows: try Reference.numbers("Metrics/silhouette_points.tsv"))
    let codes = try Reference.numbers("Metrics/silhouette_codes.tsv", headerCount: 1)
    let plain = codes.map { Int($0[0]) }
    let values = silhouettes(points, labels: plain)
    #expect(values.prefix(5).areClose(to: figure.samples_first_five, .metric))
    #expect(meanSilhouette(points, labels: plain).isClose(to: figure.mean, .metric))
    let withSingleton = codes.map { Int($0[1]) }
    #expect(
      meanSilhouette(points, labels: withSingleton).isClose(to: figure.with_singleton, .metric))
    let chosen = [7, 3, 3, points.rowCount - 1]
    #expect(
      silhouettes(of: chosen, points, labels: plain).areClose(
        to: chosen.map { values[$0] }, .metric))
  }

  @Test func silhouettesOfShiftedPointsKeepTheirDigits() throws {
    let points = Matrix(rows: try Reference.numbers("Metrics/silhouette_points.tsv"))
    let labels = try Reference.numbers("Metrics/silhouette_codes.tsv", headerCount: 1)
      .map { Int($0[0]) }
    let shifted = points.map { $0 + 1e6 }
    #expect(
      meanSilhouette(shifted, labels: labels).isClose(
        to: meanSilhouette(points, labels: labels), Tolerance(relative: 1e-8)))
  }

  @Test func assortativityIsIgraphs() throws {
    for (name, figure) in try ClusteringFigures.load().graphs where name != "no_edges" {
      let edges = try Reference.numbers("Metrics/graph_\(name)_edges.tsv").map {
        (first: Int($0[0]), second: Int($0[1]))
      }
      let codes = try Reference.numbers("Metrics/graph_\(name)_codes.tsv").map { Int($0[0]) }
      let nominal = try #require(nominalAssortativity(edges: edges, classes: codes))
      #expect(nominal.isClose(to: try #require(figure.assortativity_nominal), .metric))
      let numeric = try #require(
        numericAssortativity(edges: edges, values: codes.map { Double($0) }))
      #expect(numeric.isClose(to: try #require(figure.assortativity_numeric), .metric))
    }
    #expect(nominalAssortativity(edges: [], classes: [0, 1]) == nil)
    #expect(nominalAssortativity(edges: [(0, 1)], classes: [3, 3]) == nil)
  }
}

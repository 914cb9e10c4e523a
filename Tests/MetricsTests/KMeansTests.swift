import LinearAlgebra
import Metrics
import Probability
import TestSupport
import Testing

@Suite struct KMeansTests {
  private func blobs(_ count: Int, seed: UInt64) -> (points: Matrix<Double>, labels: [Int]) {
    let centres = [[0.0, 0, 0], [8, 0, 1], [0, 9, -2], [-7, -6, 3]]
    var stream = RandomSource(seed: seed).stream("blobs")
    let labels = (0..<count).map { $0 % 4 }
    return (
      Matrix(rows: labels.map { label in centres[label].map { $0 + stream.normal() } }), labels
    )
  }

  @Test func separatedGroupsAreFound() {
    let (points, labels) = blobs(400, seed: 1)
    let clustering = KMeans(points, clusterCount: 4, source: RandomSource(seed: 2))
    let table = ContingencyTable(truth: labels, prediction: clustering.labels)
    #expect(adjustedRandIndex(table) > 0.99)
    #expect(clustering.centres.rowCount == 4)
  }

  @Test func inertiaIsTheSumOfSquaresAboutTheCentres() {
    let points = blobs(60, seed: 3).points
    let clustering = KMeans(points, clusterCount: 3, source: RandomSource(seed: 4), restarts: 2)
    var sum = 0.0
    for (row, label) in clustering.labels.enumerated() {
      for (x, c) in zip(points.row(row), clustering.centres.row(label)) { sum += (x - c) * (x - c) }
    }
    #expect(clustering.inertia.isClose(to: sum, .metric))
  }

  /// Every division of 8 points into two groups.
  @Test func smallProblemsReachTheBestDivision() {
    let points = blobs(8, seed: 5).points
    var least = Double.infinity
    for mask in 1..<128 {
      var inertia = 0.0
      for side in [0, 1] {
        let rows = (0..<8).filter { (mask >> $0) & 1 == side }
        for column in 0..<3 {
          let values = rows.map { points[$0, column] }
          let mean = values.reduce(0, +) / Double(values.count)
          inertia += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
      }
      least = min(least, inertia)
    }
    let clustering = KMeans(points, clusterCount: 2, source: RandomSource(seed: 6))
    #expect(clustering.inertia.isClose(to: least, .metric))
  }

  @Test func sameSourceGivesSameClusters() {
    let points = blobs(100, seed: 7).points
    let first = KMeans(points, clusterCount: 6, source: RandomSource(seed: 8))
    let second = KMeans(points, clusterCount: 6, source: RandomSource(seed: 8))
    #expect(first.labels == second.labels && first.centres == second.centres)
  }

  @Test func asManyClustersAsPointsAndRepeatedPointsAreAllowed() {
    let points = blobs(9, seed: 9).points
    let all = KMeans(points, clusterCount: 9, source: RandomSource(seed: 1))
    #expect(all.inertia == 0 && Set(all.labels).count == 9)
    let copies = Matrix(rowCount: 5, columnCount: 2, repeating: 1.5)
    let same = KMeans(copies, clusterCount: 3, source: RandomSource(seed: 1))
    #expect(same.inertia == 0)
  }
}

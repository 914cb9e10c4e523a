import Metrics
import Modeling
import Models
import Probability
import Sums
import TestSupport
import Testing

@Suite struct KMeansTests {
  private func blobs(_ count: Int, seed: UInt64) -> (points: [[Double]], labels: [Int]) {
    let centres = [[0.0, 0, 0], [8, 0, 1], [0, 9, -2], [-7, -6, 3]]
    var stream = RandomSource(seed: seed).stream("blobs")
    let labels = (0..<count).map { $0 % 4 }
    return (labels.map { label in centres[label].map { $0 + stream.normal() } }, labels)
  }

  /// Points in lanes of ten.
  private func lanes(_ points: [[Double]]) -> StartPoints {
    let starts = Array(stride(from: 0, to: points.count, by: 10))
    return StartPoints(
      starts.map { Array(points[$0..<min($0 + 10, points.count)]) }, firstRows: starts,
      dimension: points[0].count)
  }

  private func clustering(_ points: [[Double]], _ count: Int, seed: UInt64) throws
    -> KMeans.Clustering
  {
    try KMeans(count: count, random: RandomSource(seed: seed)).best(
      of: lanes(points), with: Alone())
  }

  /// The sum of squares about the nearest centres.
  private func inertia(_ points: [[Double]], _ clustering: KMeans.Clustering) -> Double {
    points.reduce(0) { sum, point in
      let start = clustering.nearest(point, dimension: point.count) * point.count
      return zip(point, clustering.centres[start...]).reduce(sum) {
        $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
      }
    }
  }

  @Test func separatedGroupsAreFound() throws {
    let (points, labels) = blobs(400, seed: 1)
    let found = try clustering(points, 4, seed: 2)
    let table = ContingencyTable(
      truth: labels, prediction: points.map { found.nearest($0, dimension: 3) })
    #expect(adjustedRandIndex(table) > 0.99)
    #expect(found.centres.count == 12 && found.sizes == [100, 100, 100, 100])
  }

  @Test func inertiaIsTheSumOfSquaresAboutTheCentres() throws {
    let points = blobs(60, seed: 3).points
    let found = try clustering(points, 3, seed: 4)
    #expect(found.inertia.isClose(to: inertia(points, found), .metric))
  }

  /// Every division of 8 points into two groups.
  @Test func smallProblemsReachTheBestDivision() throws {
    let points = blobs(8, seed: 5).points
    var least = Double.infinity
    for mask in 1..<128 {
      var inertia = 0.0
      for side in [0, 1] {
        let rows = (0..<8).filter { (mask >> $0) & 1 == side }
        for column in 0..<3 {
          let values = rows.map { points[$0][column] }
          let mean = values.reduce(0, +) / Double(values.count)
          inertia += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
      }
      least = min(least, inertia)
    }
    #expect(try clustering(points, 2, seed: 6).inertia.isClose(to: least, .metric))
  }

  @Test func everySplitOfTheLanesGivesTheSameBits() throws {
    let points = blobs(40, seed: 7).points
    let expected = try clustering(points, 6, seed: 8)
    let all = lanes(points)
    for split in SimulatedTeam.splits(ofLanes: all.lanes.count) {
      let found = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        let own = StartPoints(
          Array(all.lanes[split[member]]), firstRows: Array(all.firstRows[split[member]]),
          dimension: 3)
        return try KMeans(count: 6, random: RandomSource(seed: 8)).best(of: own, with: everyone)
      }
      #expect(found.allSatisfy { $0.centres == expected.centres && $0.sizes == expected.sizes })
    }
  }

  @Test func asManyClustersAsPointsAndRepeatedPointsAreAllowed() throws {
    let points = blobs(9, seed: 9).points
    let all = try clustering(points, 9, seed: 1)
    #expect(all.inertia == 0 && all.sizes == Array(repeating: 1, count: 9))
    let copies = Array(repeating: [1.5, 1.5], count: 5)
    #expect(try clustering(copies, 3, seed: 1).inertia == 0)
  }
}

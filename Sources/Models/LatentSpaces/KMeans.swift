import Foundation
import Modeling
public import Probability
public import Sums

/// Points of several lanes.
public struct StartPoints: Sendable {
  /// Points of each lane.
  public let lanes: [[[Double]]]
  /// The index of each lane's first row in the whole data: it keys random numbers.
  public let firstRows: [Int]
  /// Numbers in a point.
  public let dimension: Int

  /// Points with their place in the whole data.
  public init(_ lanes: [[[Double]]], firstRows: [Int], dimension: Int) {
    self.lanes = lanes
    self.firstRows = firstRows
    self.dimension = dimension
  }
}

/// K-means over everyone's points: several keyed seedings by greedy k-means++, Lloyd's iterations, the
/// clustering of least inertia Σ_i min_k ‖z_i − μ_k‖².
///
/// A point is drawn with probability ∝ D² by a race: the smallest −log(u_i)/D_i² wins, with u_i keyed by the
/// point. That needs only a maximum over everyone, and the same point wins however the points are spread.
///
/// Source: D. Arthur, S. Vassilvitskii, k-means++, SODA 2007; S. P. Lloyd, IEEE Trans. Inf. Theory
/// 28:129–137, 1982, doi:10.1109/TIT.1982.1056489.
public struct KMeans: Sendable {
  /// How many clusters are looked for.
  public let count: Int
  /// What the seedings are drawn with.
  public let random: RandomSource
  /// Clusterings that compete.
  public var seedings = 10
  /// Points that compete to be the next centre of a seeding.
  private let candidates = 5
  private let iterations = 100

  /// K-means with so many clusters.
  public init(count: Int, random: RandomSource) {
    self.count = count
    self.random = random
  }

  /// Where the clusters are.
  public struct Clustering: Sendable {
    /// The centres, clusters × dimension.
    public fileprivate(set) var centres: [Double]
    /// Σ_i min_k ‖z_i − μ_k‖², before the centres moved for the last time.
    public fileprivate(set) var inertia = Double.infinity
    /// Points of each cluster.
    public fileprivate(set) var sizes: [Double] = []

    /// The centre nearest to a point; of equally near ones the first.
    public func nearest(_ point: [Double], dimension: Int) -> Int {
      var nearest = (distance: Double.infinity, k: 0)
      for k in 0..<centres.count / dimension {
        let distance = squaredDistance(point, centres[k * dimension..<(k + 1) * dimension])
        if distance < nearest.distance { nearest = (distance, k) }
      }
      return nearest.k
    }
  }

  /// The clustering of least inertia.
  ///
  /// Collective.
  /// - Throws: `SumFault` where a point is not finite or too far away.
  /// - Complexity: O(seedings · iterations · points · clusters · dimension).
  public func best<Everyone: Team & ~Copyable>(
    of points: StartPoints, with everyone: borrowing Everyone
  ) throws(SumFault) -> Clustering {
    var best = Clustering(centres: [])
    for seeding in 0..<seedings {
      var clustering = Clustering(centres: try seed(seeding, points, with: everyone))
      for _ in 0..<iterations {
        let next = try improved(clustering.centres, points, with: everyone)
        let isDone = !(next.inertia < clustering.inertia * (1 - 1e-9))
        clustering = next
        if isDone { break }
      }
      if clustering.inertia < best.inertia { best = clustering }
    }
    return best
  }

  /// Centres by greedy k-means++: of each round's candidates the one that lowers the inertia most.
  private func seed<Everyone: Team & ~Copyable>(
    _ seeding: Int, _ points: StartPoints, with everyone: borrowing Everyone
  ) throws(SumFault) -> [Double] {
    let L = points.dimension
    var distances = points.lanes.map { $0.map { _ in 1.0 } }
    var centres: [Double] = []
    for round in 0..<count {
      var proposals: [[Double]] = []
      for candidate in 0..<(round == 0 ? 1 : candidates) {
        let step = (seeding * count + round) * candidates + candidate
        proposals.append(try draw(step, distances, points, with: everyone))
      }
      var partials = PartialSums([.wide("potentials", count: proposals.count)])
      for (lane, rows) in points.lanes.enumerated() {
        partials.add(
          proposals.map { proposal in
            rows.indices.reduce(0) { sum, index in
              let distance = squaredDistance(rows[index], proposal[...])
              return sum + (round == 0 ? distance : min(distance, distances[lane][index]))
            }
          }, to: 0)
      }
      let sums = try everyone.sum(consume partials)
      let potentials = sums.values(of: 0)
      let best = potentials.indices.min { potentials[$0] < potentials[$1] } ?? 0
      let centre = proposals[best]
      for lane in points.lanes.indices {
        for index in points.lanes[lane].indices {
          let distance = squaredDistance(points.lanes[lane][index], centre[...])
          distances[lane][index] = round == 0 ? distance : min(distance, distances[lane][index])
        }
      }
      centres += centre
    }
    precondition(centres.count == count * L)
    return centres
  }

  /// The point that wins the race.
  private func draw<Everyone: Team & ~Copyable>(
    _ step: Int, _ distances: [[Double]], _ points: StartPoints, with everyone: borrowing Everyone
  ) throws(SumFault) -> [Double] {
    var best = (time: Double.infinity, lane: 0, index: 0)
    for lane in points.lanes.indices {
      for index in points.lanes[lane].indices where distances[lane][index] > 0 {
        var stream = random.stream(
          "k-means seeding", step: step, index: points.firstRows[lane] + index)
        let time = -log(stream.uniformOpen()) / distances[lane][index]
        if time < best.time { best = (time, lane, index) }
      }
    }
    let winner = -everyone.maximum(-best.time)
    var partials = PartialSums([
      .wide("drawn point", count: points.dimension), .wide("draws", count: 1),
    ])
    if best.time == winner, winner < .infinity {
      partials.add(points.lanes[best.lane][best.index], to: 0)
      partials.add(1, to: 1)
    }
    let sums = try everyone.sum(consume partials)
    let draws = max(sums.value(of: 1), 1)
    return sums.values(of: 0).map { $0 / draws }
  }

  /// One of Lloyd's iterations; a centre without points stays.
  private func improved<Everyone: Team & ~Copyable>(
    _ centres: [Double], _ points: StartPoints, with everyone: borrowing Everyone
  ) throws(SumFault) -> Clustering {
    let L = points.dimension
    var partials = PartialSums([
      .wide("centres", count: count * L), .wide("sizes", count: count), .wide("inertia", count: 1),
    ])
    for rows in points.lanes {
      var totals = [Double](repeating: 0, count: count * L)
      var sizes = [Double](repeating: 0, count: count)
      var inertia = 0.0
      for row in rows {
        var nearest = (distance: Double.infinity, k: 0)
        for k in 0..<count {
          let distance = squaredDistance(row, centres[k * L..<(k + 1) * L])
          if distance < nearest.distance { nearest = (distance, k) }
        }
        for l in 0..<L { totals[nearest.k * L + l] += row[l] }
        sizes[nearest.k] += 1
        inertia += nearest.distance
      }
      partials.add(totals, to: 0)
      partials.add(sizes, to: 1)
      partials.add(inertia, to: 2)
    }
    let sums = try everyone.sum(consume partials)
    var next = Clustering(
      centres: sums.values(of: 0), inertia: sums.value(of: 2), sizes: sums.values(of: 1))
    for k in 0..<count {
      for l in 0..<L {
        next.centres[k * L + l] =
          next.sizes[k] > 0 ? next.centres[k * L + l] / next.sizes[k] : centres[k * L + l]
      }
    }
    return next
  }
}

private func squaredDistance(_ a: [Double], _ b: ArraySlice<Double>) -> Double {
  var sum = 0.0
  for (x, y) in zip(a, b) { sum += (x - y) * (x - y) }
  return sum
}

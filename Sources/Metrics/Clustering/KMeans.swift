public import LinearAlgebra
public import Probability

/// K-means: the clustering of least inertia Σ_i ‖x_i − c(x_i)‖² among several keyed starts.
///
/// Greedy k-means++ seeding, then Lloyd's iterations until no row changes its cluster. Of equally near
/// centres the first wins; an empty cluster takes the row farthest from its centre. The result depends on
/// the points and the source alone.
/// Source: D. Arthur, S. Vassilvitskii, k-means++, SODA 2007; S. P. Lloyd, IEEE Trans. Inf. Theory
/// 28:129–137, 1982, doi:10.1109/TIT.1982.1056489.
public struct KMeans: Sendable {
  /// The centres, clusters × columns.
  public let centres: Matrix<Double>
  /// The cluster of every row.
  public let labels: [Int]
  /// Σ_i ‖x_i − c(x_i)‖².
  public let inertia: Double

  /// Clusters the rows of `points`.
  ///
  /// - Precondition: 1 ≤ clusterCount ≤ rows; restarts ≥ 1.
  /// - Complexity: O(restarts · iterations · rows · clusters · columns).
  public init(
    _ points: Matrix<Double>, clusterCount: Int, source: RandomSource, restarts: Int = 10,
    iterationLimit: Int = 300
  ) {
    precondition(
      clusterCount >= 1 && clusterCount <= points.rowCount && restarts >= 1,
      "\(clusterCount) clusters of \(points.rowCount) rows, \(restarts) starts")
    var best = Self.descend(points, clusterCount, source, restart: 0, iterationLimit)
    for restart in 1..<max(restarts, 1) {
      let next = Self.descend(points, clusterCount, source, restart: restart, iterationLimit)
      if next.inertia < best.inertia { best = next }
    }
    self = best
  }

  private init(centres: Matrix<Double>, labels: [Int], inertia: Double) {
    self.centres = centres
    self.labels = labels
    self.inertia = inertia
  }

  private static func descend(
    _ points: Matrix<Double>, _ clusterCount: Int, _ source: RandomSource, restart: Int,
    _ iterationLimit: Int
  ) -> KMeans {
    var stream = source.stream("k-means", index: restart)
    var centres = seeds(points, clusterCount, &stream)
    var (labels, distances) = nearest(points, centres)
    for _ in 0..<iterationLimit {
      centres = means(points, labels, distances, clusterCount)
      let next = nearest(points, centres)
      let isDone = next.labels == labels
      (labels, distances) = next
      if isDone { break }
    }
    return KMeans(centres: centres, labels: labels, inertia: distances.reduce(0, +))
  }

  /// Greedy k-means++: of 2 + ⌊log K⌋ candidates drawn ∝ squared distance the one that lowers the inertia
  /// most.
  private static func seeds(
    _ points: Matrix<Double>, _ clusterCount: Int, _ stream: inout RandomStream
  ) -> Matrix<Double> {
    let candidateCount = 2 + (Int.bitWidth - clusterCount.leadingZeroBitCount) * 7 / 10
    var chosen = [stream.integer(below: points.rowCount)]
    var distances = squaredDistances(points, to: points.row(chosen[0]))
    while chosen.count < clusterCount {
      guard distances.contains(where: { $0 > 0 }) else {
        chosen.append(stream.integer(below: points.rowCount))  // only copies are left
        continue
      }
      var best: (row: Int, distances: [Double], inertia: Double)?
      for _ in 0..<candidateCount {
        let row = stream.index(weights: distances)
        var lowered = squaredDistances(points, to: points.row(row))
        for index in lowered.indices { lowered[index] = min(lowered[index], distances[index]) }
        let inertia = lowered.reduce(0, +)
        if inertia < best?.inertia ?? .infinity { best = (row, lowered, inertia) }
      }
      guard let best else { break }
      chosen.append(best.row)
      distances = best.distances
    }
    return Matrix(rows: chosen.map { Array(points.row($0)) })
  }

  private static func squaredDistances(
    _ points: Matrix<Double>, to centre: ArraySlice<Double>
  ) -> [Double] {
    let centre = Array(centre)
    let width = points.columnCount
    return points.withUnsafeElements { x in
      (0..<points.rowCount).map { row in
        var sum = 0.0
        for column in 0..<width {
          let d = x[row * width + column] - centre[column]
          sum += d * d
        }
        return sum
      }
    }
  }

  private static func nearest(
    _ points: Matrix<Double>, _ centres: Matrix<Double>
  ) -> (labels: [Int], distances: [Double]) {
    var labels = [Int](repeating: 0, count: points.rowCount)
    var distances = squaredDistances(points, to: centres.row(0))
    for cluster in 1..<max(centres.rowCount, 1) {
      for (row, d) in squaredDistances(points, to: centres.row(cluster)).enumerated()
      where d < distances[row] {
        distances[row] = d
        labels[row] = cluster
      }
    }
    return (labels, distances)
  }

  private static func means(
    _ points: Matrix<Double>, _ labels: [Int], _ distances: [Double], _ clusterCount: Int
  ) -> Matrix<Double> {
    let width = points.columnCount
    var sums = Matrix<Double>(rowCount: clusterCount, columnCount: width)
    var sizes = [Int](repeating: 0, count: clusterCount)
    for (row, label) in labels.enumerated() {
      sizes[label] += 1
      for (column, x) in points.row(row).enumerated() { sums[label, column] += x }
    }
    var farthest = distances.indices.sorted { distances[$0] > distances[$1] }[...]
    for cluster in 0..<clusterCount {
      if sizes[cluster] > 0 {
        for column in 0..<width { sums[cluster, column] /= Double(sizes[cluster]) }
      } else if let row = farthest.popFirst() {
        sums.setRow(cluster, to: points.row(row))
      }
    }
    return sums
  }
}

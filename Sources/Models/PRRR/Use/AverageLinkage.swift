public import LinearAlgebra

/// Hierarchical clustering of points by average linkage.
///
///     d(A ∪ B, C) = (|A| d(A, C) + |B| d(B, C)) / (|A| + |B|),  d of points Euclidean
///
/// Built by chains of nearest neighbours: O(n²) time and memory. Of equal distances the smaller index wins.
/// Source: F. Murtagh, A survey of recent advances in hierarchical clustering algorithms, Computer Journal
/// 26:354–359, 1983, doi:10.1093/comjnl/26.4.354.
public struct AverageLinkage: Sendable {
  /// One merge, as in SciPy's linkage matrix: clusters 0 ..< n are points, n + i is the result of merge i.
  public struct Merge: Sendable, Equatable {
    /// The cluster with the smaller number.
    public let left: Int
    /// The second of the two clusters that are joined.
    public let right: Int
    /// The mean distance of their members, the height of the join.
    public let height: Double
    /// Points in both.
    public let count: Int
  }

  /// The merges by height, n − 1 of them.
  public let merges: [Merge]
  /// The points in the order of the leaves: of two subtrees the tighter comes first.
  public let order: [Int]

  /// Clusters the rows of a matrix.
  public init(_ points: Matrix<Double>) {
    let raw = Self.chain(points).sorted { $0.height < $1.height }
    let n = points.rowCount
    // The cluster that each point is in so far, and what the clusters are made of.
    var cluster = Array(0..<n)
    var leaves: [[Int]] = (0..<n).map { [$0] }
    var heights = Array(repeating: 0.0, count: n)
    var merges: [Merge] = []
    for merge in raw {
      let pair = [cluster[merge.a], cluster[merge.b]].sorted()
      let isLeftFirst =
        (heights[pair[0]], leaves[pair[0]][0]) <= (heights[pair[1]], leaves[pair[1]][0])
      let joined =
        isLeftFirst
        ? leaves[pair[0]] + leaves[pair[1]] : leaves[pair[1]] + leaves[pair[0]]
      for point in joined { cluster[point] = leaves.count }
      merges.append(
        Merge(left: pair[0], right: pair[1], height: merge.height, count: joined.count))
      leaves.append(joined)
      heights.append(merge.height)
    }
    self.merges = merges
    order = n == 0 ? [] : leaves[leaves.count - 1]
  }

  /// The merges in the order in which chains find them, each by one point of either side.
  private static func chain(
    _ points: Matrix<Double>
  ) -> [(a: Int, b: Int, height: Double)] {
    let n = points.rowCount
    var distances = Matrix<Double>(rowCount: n, columnCount: n)
    for a in 0..<n {
      for b in 0..<a {
        var sum = 0.0
        for (x, y) in zip(points.row(a), points.row(b)) { sum += (x - y) * (x - y) }
        distances[a, b] = sum.squareRoot()
        distances[b, a] = distances[a, b]
      }
    }
    var sizes = Array(repeating: 1, count: n)
    var merges: [(a: Int, b: Int, height: Double)] = []
    var chain: [Int] = []
    while merges.count < n - 1 {
      if chain.isEmpty { chain.append(sizes.firstIndex { $0 > 0 } ?? 0) }
      let last = chain[chain.count - 1]
      // The one before goes first, so that a chain of equal distances ends.
      var nearest = chain.count > 1 ? chain[chain.count - 2] : -1
      var shortest = nearest >= 0 ? distances[last, nearest] : .infinity
      for other in 0..<n where other != last && sizes[other] > 0 {
        if distances[last, other] < shortest || nearest < 0 {
          nearest = other
          shortest = distances[last, other]
        }
      }
      guard chain.count > 1, nearest == chain[chain.count - 2] else {
        chain.append(nearest)
        continue
      }
      chain.removeLast(2)
      merges.append((last, nearest, shortest))
      let total = Double(sizes[last] + sizes[nearest])
      for other in 0..<n where sizes[other] > 0 && other != last && other != nearest {
        let mean =
          (Double(sizes[last]) * distances[last, other]
            + Double(sizes[nearest]) * distances[nearest, other]) / total
        distances[nearest, other] = mean
        distances[other, nearest] = mean
      }
      sizes[nearest] += sizes[last]
      sizes[last] = 0
    }
    return merges
  }
}

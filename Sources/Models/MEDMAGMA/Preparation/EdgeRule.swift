public import LinearAlgebra
public import Modeling
import Probability

/// Which pairs of vertices become edges of a graph. Several rules: edges that satisfy all.
///
/// GmGM's rules are these: `overall` (`density`), `rowwise` (`top`), both `-col-weighted` (`isWeighted`),
/// `statistical-significance` and `bonferroni`:
///
///     |ω| ≥ 4 Φ⁻¹(1 − α/c) / √d′        d′ length of the other axis; c = 1, or d (d − 1)/2 with Bonferroni's correction
///
/// `nonsingleton-percentage` (`nonsingleton`) is the largest threshold for which that share of the vertices has an
/// edge to a vertex that stands earlier; the order of the vertices matters to it, as published.
///
/// Significance takes the values for noise of variance 1, which real data are not: a heuristic.
///
/// Source: BaileyAndrew/GmGM-python, version 0.5.7, core/presparse_methods.py.
public struct EdgeRule: Sendable, Equatable {
  /// Edges among the k strongest of either end.
  public var top: Int?
  /// Edges at least this strong.
  public var threshold: Double?
  /// The strongest fraction of all pairs.
  public var density: Double?

  /// α of the edges that are significant one by one.
  public var significance: Double?
  /// α of the edges that are significant among all pairs.
  public var bonferroni: Double?
  /// The share of vertices that have an edge to an earlier one.
  public var nonsingleton: Double?
  /// Whether `top` and `density` compare shares: `top` |ω_ij| / Σ_k |ω_jk| of each other vertex j, `density` the
  /// share of the vertex that stands later, as published.
  public var isWeighted = false

  /// A rule of those conditions that are given; an edge satisfies all of them.
  public init(top: Int? = nil, threshold: Double? = nil, density: Double? = nil) {
    self.top = top
    self.threshold = threshold
    self.density = density
  }

  /// The smallest weight of an edge among so many vertices.
  func limit(order: Int, otherCount: Int) -> Double {
    var limit = threshold ?? 0
    let pairs = Double(order * (order - 1)) / 2
    for (level, correction) in [(significance, 1), (bonferroni, max(pairs, 1))] {
      guard let level else { continue }
      guard level > 0 else { return .infinity }
      let quantile = normalQuantile(1 - level / correction)
      limit = max(limit, 4 * quantile / Double(max(otherCount, 1)).squareRoot())
    }
    return limit
  }

  /// The graph of a precision matrix: an edge's weight is |ω_ij|.
  ///
  /// The diagonal is no edge, nor is a zero. Equal weights: the pair with the smaller indices is stronger.
  /// - Parameters:
  ///   - precision: Ω of the kept vertices.
  ///   - vertices: where they stand among all.
  ///   - count: of all vertices; those not kept have no edge.
  ///   - otherCount: the length of the other axis, on which significance depends.
  public func graph(
    of precision: Matrix<Double>, vertices: [Int], count: Int, otherCount: Int, name: String
  ) -> NamedGraph {
    let order = precision.rowCount
    var isEdge = [Bool](repeating: true, count: order * order)
    for vertex in 0..<order { isEdge[vertex * order + vertex] = false }
    let weights = precision.elements.map(\.magnitude)
    let limit = max(limit(order: order, otherCount: otherCount), singletonLimit(weights, order))
    for index in weights.indices where weights[index] == 0 || weights[index] < limit {
      isEdge[index] = false
    }
    let compared = isWeighted ? Self.shares(weights, order) : weights
    if let top { keepStrongest(top, compared, order, &isEdge) }
    if let density { keepDensest(density, compared, order, &isEdge) }
    var starts = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    var next = 0
    for vertex in 0..<count {
      if next < order, vertices[next] == vertex {
        for other in 0..<order where isEdge[next * order + other] {
          columns.append(Int32(vertices[other]))
          values.append(Float(weights[next * order + other]))
        }
        next += 1
      }
      starts.append(columns.count)
    }
    return NamedGraph(name, rowStarts: starts, columns: columns, weights: values)
  }

  /// The weight that the wanted share of vertices reaches, each by its strongest edge to an earlier one.
  private func singletonLimit(_ weights: [Double], _ order: Int) -> Double {
    guard let nonsingleton, order > 0 else { return 0 }
    let strongest = (0..<order)
      .map { vertex in weights[vertex * order..<vertex * order + vertex].max() ?? 0 }
      .sorted()
    return strongest[min(Int((1 - nonsingleton) * Double(order)), order - 1)]
  }

  /// |ω_ij| / Σ_k≠i |ω_ik|, by rows i.
  private static func shares(_ weights: [Double], _ order: Int) -> [Double] {
    var shares = weights
    for vertex in 0..<order {
      var sum = -weights[vertex * order + vertex]
      for other in 0..<order { sum += weights[vertex * order + other] }
      guard sum > 0 else { continue }
      for other in 0..<order { shares[vertex * order + other] /= sum }
    }
    return shares
  }

  private func keepStrongest(
    _ top: Int, _ weights: [Double], _ order: Int, _ isEdge: inout [Bool]
  ) {
    var isKept = [Bool](repeating: false, count: order * order)
    for vertex in 0..<order {
      let row = vertex * order
      let others = (0..<order).filter { isEdge[row + $0] }
      // The share is that of the other vertex: its row of the shares.
      let strengths = others.map { isWeighted ? weights[$0 * order + vertex] : weights[row + $0] }
      let limit = largest(top, of: strengths)
      // Of those at the limit the first.
      var equalsLeft = top - strengths.count { $0 > limit }
      for (other, strength) in zip(others, strengths) where strength >= limit {
        if strength == limit {
          guard equalsLeft > 0 else { continue }
          equalsLeft -= 1
        }
        isKept[row + other] = true
        isKept[other * order + vertex] = true
      }
    }
    isEdge = isKept
  }

  private func keepDensest(
    _ density: Double, _ weights: [Double], _ order: Int, _ isEdge: inout [Bool]
  ) {
    let count = Int(density * Double(order * (order - 1) / 2))
    let pairs = (0..<order).flatMap { row in (0..<row).map { row * order + $0 } }
    let strongest = pairs.sorted {
      weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1]
    }
    for pair in strongest.dropFirst(count) {
      isEdge[pair] = false
      isEdge[pair % order * order + pair / order] = false
    }
  }
}

/// The k-th largest of some numbers, equal ones counted each; no limit where there are no more than k.
private func largest(_ k: Int, of values: [Double]) -> Double {
  guard k < values.count else { return -.infinity }
  // Few: kept in order on the way, which is faster than sorting all.
  guard k <= 64 else { return values.sorted()[values.count - k] }
  var kept = [Double](repeating: -.infinity, count: k)
  for value in values where value > kept[k - 1] {
    var place = k - 1
    while place > 0, kept[place - 1] < value {
      kept[place] = kept[place - 1]
      place -= 1
    }
    kept[place] = value
  }
  return kept[k - 1]
}

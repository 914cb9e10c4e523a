import Kernels
import RealModule

// x eigenvalues of one axis, c the smallest of the other axis; a node, v its weight, p nodes of a panel

/// A few weighted nodes that stand for the eigenvalues of one axis in sums over pairs.
///
/// 1/(x + y) and log(x + y) are smooth where x + y stays within a factor of two: on such a panel they are
/// polynomials in x up to 4 ρ^(−p), ρ = z + √(z² − 1), z = (sum of the panel's ends + 2c) / length. So sums over the
/// panel's eigenvalues are those over its p Chebyshev nodes,
///
///     v_a = Σ_i ℓ_a(x_i),  ℓ_a(x) = (1 + 2 Σ_k T_k(t_a) T_k(t)) / p
///
/// and sums for each of them come back from the nodes by the same polynomials. p is chosen for 4·10⁻¹⁷, the
/// rounding of the sums themselves. A panel with few eigenvalues keeps them as its nodes.
///
/// Source: for the interpolation, L. N. Trefethen, Approximation theory and approximation practice, SIAM 2013,
/// theorem 8.2; for sums through nodes, W. Fong, E. Darve, The black-box fast multipole method,
/// J. Comput. Phys. 228:8712–8725, 2009.
struct SpectrumNodes {
  /// Neighbouring eigenvalues that share nodes.
  struct Panel {
    var start: Int
    var count: Int
    var center: Double
    /// 1 / half the length; 0 where all are equal.
    var scale: Double
    var nodeStart: Int
    var nodeCount: Int
    /// Whether the eigenvalues themselves are the nodes.
    var isExact: Bool
  }

  private(set) var panels: [Panel] = []
  /// Filled up to fours by nodes of weight 0.
  private(set) var nodes: [Double] = []
  private(set) var weights: [Double] = []
  /// Sums at the nodes.
  private(set) var sums: [Double] = []
  private(set) var nodeCount = 0
  private var moments = [Points](repeating: .zero, count: Self.mostNodes)
  private var coefficients = [Double](repeating: 0, count: Self.mostNodes)

  /// ln(10¹⁷): nodes enough for double precision.
  private static let digits = 39.0
  /// Nodes of the longest panel.
  private static let mostNodes = 24
  /// For every p the values T_k(t_a), k after k.
  private static let tables = (0...mostNodes).map(polynomials)

  private static func polynomials(_ p: Int) -> [Double] {
    var table: [Double] = []
    for k in 0..<p {
      for a in 0..<p {
        let angle = Double(k * (2 * a + 1)) / Double(2 * p)
        table.append(.cos(.pi * angle))
      }
    }
    return table
  }

  /// Cuts the axis into panels; false where there would be more nodes than `limit`.
  mutating func divide(
    _ x: UnsafeBufferPointer<Double>, otherLowest c: Double, limit: Int,
    by kernels: any SpectrumKernels
  ) -> Bool {
    guard let base = x.baseAddress else { return false }
    panels.removeAll(keepingCapacity: true)
    nodeCount = 0
    let (low, high) = kernels.bounds(base, count: x.count)
    if high + c <= 2 * (low + c) {
      append(0, x.count, low, high, c)
      return nodeCount <= limit
    }
    var start = 0
    while start < x.count {
      var (low, high) = (x[start], x[start])
      var end = start + 1
      while end < x.count {
        let (lower, higher) = (min(low, x[end]), max(high, x[end]))
        guard higher + c <= 2 * (lower + c) else { break }
        (low, high) = (lower, higher)
        end += 1
      }
      append(start, end - start, low, high, c)
      guard nodeCount <= limit else { return false }
      start = end
    }
    return true
  }

  private mutating func append(
    _ start: Int, _ count: Int, _ low: Double, _ high: Double, _ c: Double
  ) {
    let z = (low + high + 2 * c) / (high - low)
    let rate = Double.log(z + (z * z - 1).squareRoot())
    let needed = high > low ? min(Int(Self.digits / rate) + 1, Self.mostNodes) : 1
    let isExact = count <= needed
    panels.append(
      Panel(
        start: start, count: count, center: (low + high) / 2,
        scale: high > low ? 2 / (high - low) : 0, nodeStart: nodeCount,
        nodeCount: isExact ? count : needed, isExact: isExact))
    nodeCount += isExact ? count : needed
  }

  /// Finds nodes and weights.
  mutating func gather(_ x: UnsafeBufferPointer<Double>, by kernels: any SpectrumKernels) {
    guard let base = x.baseAddress else { return }
    let padded = (nodeCount + 3) & ~3
    if nodes.count < padded {
      nodes = Array(repeating: 1, count: padded)
      weights = nodes
      sums = nodes
    }
    for index in nodeCount..<padded { (nodes[index], weights[index]) = (x[0], 0) }
    for panel in panels {
      let (first, p) = (panel.nodeStart, panel.nodeCount)
      guard !panel.isExact else {
        for index in 0..<p {
          (nodes[first + index], weights[first + index]) = (x[panel.start + index], 1)
        }
        continue
      }
      moments.withUnsafeMutableBufferPointer { moments in
        guard let target = moments.baseAddress else { return }
        kernels.moments(
          base + panel.start, count: panel.count, center: panel.center, scale: panel.scale,
          termCount: p, into: target)
        for k in 0..<p { coefficients[k] = moments[k].sum() * (k == 0 ? 1 : 2) / Double(p) }
      }
      let half = panel.scale > 0 ? 1 / panel.scale : 0
      let table = Self.tables[p]
      for a in 0..<p {
        nodes[first + a] = panel.center + half * (p > 1 ? table[p + a] : 0)
        var weight = 0.0
        for k in 0..<p { weight += coefficients[k] * table[k * p + a] }
        weights[first + a] = weight
      }
    }
  }

  /// Sums at the nodes of both axes; returns the sum of the logarithms of all pairs.
  mutating func sumPairs(
    with other: inout SpectrumNodes, by kernels: any SpectrumKernels
  ) -> Double {
    other.sums.withUnsafeMutableBufferPointer { columns in
      columns.update(repeating: 0)
      return sums.withUnsafeMutableBufferPointer { rows in
        guard let rows = rows.baseAddress, let columns = columns.baseAddress else { return 0 }
        return kernels.nodePairs(
          nodes, weights, count: nodeCount, other.nodes, other.weights,
          vectorCount: (other.nodeCount + 3) / 4, rowSums: rows, columnSums: columns)
      }
    }
  }

  /// Sums of every eigenvalue, from `sums` at the nodes.
  mutating func spread(
    _ x: UnsafeBufferPointer<Double>, into result: UnsafeMutableBufferPointer<Double>,
    by kernels: any SpectrumKernels
  ) {
    guard let base = x.baseAddress, let target = result.baseAddress else { return }
    for panel in panels {
      let (first, p) = (panel.nodeStart, panel.nodeCount)
      guard !panel.isExact else {
        for index in 0..<p { result[panel.start + index] = sums[first + index] }
        continue
      }
      let table = Self.tables[p]
      for k in 0..<p {
        var coefficient = 0.0
        for a in 0..<p { coefficient += sums[first + a] * table[k * p + a] }
        coefficients[k] = coefficient * (k == 0 ? 1 : 2) / Double(p)
      }
      kernels.series(
        base + panel.start, count: panel.count, center: panel.center, scale: panel.scale,
        coefficients: coefficients, termCount: p, into: target + panel.start)
    }
  }
}

/// How much more often edges join nodes of the same class than by chance (undirected, unweighted):
///
///     r = (Σ_c e_cc − Σ_c a_c²) / (1 − Σ_c a_c²)
///
/// e_cc is the share of edges inside class c, a_c the share of edge ends at class c. The classes' numbering
/// does not matter (unlike the numeric coefficient on category codes). Self-loops are refused: they would
/// count as agreement.
///
/// - Parameters:
///   - edges: pairs of nodes, each edge once; multiple edges count as often.
///   - classes: the class of every node.
/// - Returns: `nil` without edges, or where all edge ends lie in one class (0/0).
/// - Precondition: nodes exist; no edge joins a node to itself.
/// Source: M. E. J. Newman, Mixing patterns in networks, Phys. Rev. E 67:026126, 2003,
/// doi:10.1103/PhysRevE.67.026126, equation 2.
public func nominalAssortativity(edges: [(first: Int, second: Int)], classes: [Int]) -> Double? {
  if edges.isEmpty { return nil }
  let labels = Set(classes).sorted()
  let codeOf = Dictionary(uniqueKeysWithValues: zip(labels, 0...))
  var ends = [Int](repeating: 0, count: labels.count)
  var inside = 0
  for (first, second) in edges {
    precondition(first != second, "node \(first) is joined to itself")
    guard let a = codeOf[classes[first]], let b = codeOf[classes[second]] else { continue }
    ends[a] += 1
    ends[b] += 1
    if a == b { inside += 1 }
  }
  let count = Double(edges.count)
  var chance = 0.0
  for end in ends { chance += (Double(end) / (2 * count)) * (Double(end) / (2 * count)) }
  return chance == 1 ? nil : (Double(inside) / count - chance) / (1 - chance)
}

/// The assortativity by a number of every node: the correlation of the numbers at the two ends of an edge.
///
/// The published experiments use it on category codes, where it depends on the codes' order; for parity only.
/// - Returns: `nil` without edges, or where all ends have the same number.
public func numericAssortativity(edges: [(first: Int, second: Int)], values: [Double]) -> Double? {
  if edges.isEmpty { return nil }
  let count = Double(edges.count)
  var (product, mean, square) = (0.0, 0.0, 0.0)
  for (first, second) in edges {
    let (x, y) = (values[first], values[second])
    product += x * y
    mean += 0.5 * (x + y)
    square += 0.5 * (x * x + y * y)
  }
  mean /= count
  let variance = square / count - mean * mean
  return variance == 0 ? nil : (product / count - mean * mean) / variance
}

public import LinearAlgebra
public import Probability

/// A random tree that grows by preferential attachment: vertex t joins an earlier vertex, chosen with probability
/// proportional to one more than its number of neighbours, as igraph's `Graph.Barabasi` does.
///
/// Source: A.-L. Barabási, R. Albert, Emergence of scaling in random networks, Science 286:509–512, 1999,
/// doi:10.1126/science.286.5439.509, with one edge a vertex.
public struct PreferentialTree: Sendable, Equatable {
  /// For every vertex but the first the one it joined.
  public let parents: [Int]

  /// A tree.
  ///
  /// - Precondition: at least one vertex.
  public init(vertexCount: Int, random: RandomSource, purpose: RandomPurpose) {
    precondition(vertexCount > 0)
    var stream = random.stream(purpose)
    // Every vertex stands once for itself and once for each neighbour.
    var ballot = [0]
    var parents: [Int] = []
    for vertex in 1..<max(vertexCount, 1) {
      let parent = ballot[stream.integer(below: ballot.count)]
      parents.append(parent)
      ballot += [parent, vertex, vertex]
    }
    self.parents = parents
  }

  /// Every vertex but the first with the one it joined.
  public var edges: [(parent: Int, child: Int)] {
    zip(parents, 1...).map { (parent: $0, child: $1) }
  }

  /// Ω = D^(−1/2) A D^(−1/2) / 1.1 + I: positive definite, for the spectrum of the first term is within 1/1.1.
  public var precision: Matrix<Double> {
    var degrees = [Double](repeating: 0, count: parents.count + 1)
    for (a, b) in edges {
      degrees[a] += 1
      degrees[b] += 1
    }
    var result = Matrix<Double>.identity(parents.count + 1)
    for (a, b) in edges {
      let value = 1 / (degrees[a] * degrees[b]).squareRoot() / 1.1
      result[a, b] = value
      result[b, a] = value
    }
    return result
  }
}

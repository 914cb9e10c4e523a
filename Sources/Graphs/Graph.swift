/// An undirected graph without loops and double edges.
public struct Graph: Sendable, Equatable {
  /// Vertices.
  public let vertexCount: Int
  /// The two ends of each edge, the smaller first; ascending.
  public let edges: [Edge]

  /// An edge.
  public struct Edge: Sendable, Hashable, Comparable {
    /// The smaller end.
    public let first: Int
    /// The larger end.
    public let second: Int

    /// An edge between two vertices, in either order.
    public init(_ a: Int, _ b: Int) {
      first = min(a, b)
      second = max(a, b)
    }

    /// By the first end, then the second.
    public static func < (a: Edge, b: Edge) -> Bool {
      a.first == b.first ? a.second < b.second : a.first < b.first
    }
  }

  /// A graph of these edges; double ones count once.
  ///
  /// - Precondition: ends are vertices, and no edge joins a vertex to itself.
  public init(vertexCount: Int, edges: some Sequence<Edge>) {
    self.vertexCount = vertexCount
    self.edges = Set(edges).sorted()
    precondition(
      self.edges.allSatisfy { $0.first >= 0 && $0.first < $0.second && $0.second < vertexCount })
  }

  /// The graph of these vertices alone, renumbered in their order.
  public func restricted(to vertices: [Int]) -> Graph {
    var place = [Int](repeating: -1, count: vertexCount)
    for (index, vertex) in vertices.enumerated() { place[vertex] = index }
    return Graph(
      vertexCount: vertices.count,
      edges: edges.compactMap { edge in
        let (a, b) = (place[edge.first], place[edge.second])
        return a >= 0 && b >= 0 ? Edge(a, b) : nil
      })
  }
}

/// The other vertices of every vertex, strongest first: what graphs of the k strongest are cut from.
public struct StrongestNeighbours: Sendable {
  /// For every vertex; a tie falls to the smaller index, a weight of zero is none.
  public let lists: [[Int]]

  /// From a sparse symmetric matrix by rows, whose diagonal does not count.
  public init(rowStarts: [Int], columns: [Int], weights: [Double]) {
    lists = (0..<max(rowStarts.count - 1, 0)).map { vertex in
      let places = (rowStarts[vertex]..<rowStarts[vertex + 1]).filter {
        columns[$0] != vertex && weights[$0] != 0
      }
      return Self.ordered(places, by: { weights[$0].magnitude }).map { columns[$0] }
    }
  }

  /// From a dense symmetric matrix, row by row, whose diagonal does not count.
  public init(order: Int, elements: [Double]) {
    lists = (0..<order).map { vertex in
      let others = (0..<order).filter { $0 != vertex && elements[vertex * order + $0] != 0 }
      return Self.ordered(others) { elements[vertex * order + $0].magnitude }
    }
  }

  private static func ordered(_ places: [Int], by weight: (Int) -> Double) -> [Int] {
    places.sorted { weight($0) == weight($1) ? $0 < $1 : weight($0) > weight($1) }
  }

  /// Edges among the k strongest of either end.
  public func graph(top k: Int) -> Graph {
    Graph(
      vertexCount: lists.count,
      edges: lists.enumerated().flatMap { vertex, others in
        others.prefix(k).map { Graph.Edge(vertex, $0) }
      })
  }
}

extension Graph {
  /// Newman's modularity of communities, with a resolution γ:
  ///
  ///     Q = Σ_c (edges within c / m − γ (degrees of c / 2m)²)
  ///
  /// nil without edges.
  public func modularity(of communities: [Int], resolution: Double = 1) -> Double? {
    guard !edges.isEmpty else { return nil }
    let count = Double(edges.count)
    var within: [Int: Double] = [:]
    var degrees: [Int: Double] = [:]
    for edge in edges {
      let (a, b) = (communities[edge.first], communities[edge.second])
      degrees[a, default: 0] += 1
      degrees[b, default: 0] += 1
      if a == b { within[a, default: 0] += 1 }
    }
    return degrees.keys.sorted().reduce(0) { sum, community in
      let share = (degrees[community] ?? 0) / (2 * count)
      return sum + (within[community] ?? 0) / count - resolution * share * share
    }
  }
}

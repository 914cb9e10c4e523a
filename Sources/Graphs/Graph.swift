/// An undirected graph without loops and double edges.
public struct Graph: Sendable, Equatable {
  /// How many vertices there are; they are numbered from 0.
  public let vertexCount: Int
  /// The two ends of each edge, the smaller first; ascending.
  public let edges: [Edge]

  /// An edge without direction, its ends in ascending order.
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

import CDistfitIgraph

/// Something that igraph could not do.
public struct GraphError: Error, Sendable, CustomStringConvertible {
  /// What igraph could not do and why, in one line.
  public let description: String
}

/// A graph in igraph's hands, all edges with weight 1.
///
/// Not for several threads at a time: igraph has one stream of random numbers, which every call seeds anew, so
/// that the same call gives the same result.
public final class Communities {
  /// The graph whose communities are looked for.
  public let graph: Graph
  private let handle: OpaquePointer

  /// Hands a graph to igraph.
  ///
  /// - Throws: `GraphError` where memory is short.
  public init(of graph: Graph) throws(GraphError) {
    self.graph = graph
    let ends = graph.edges.flatMap { [Int64($0.first), Int64($0.second)] }
    // distfit_igraph *distfit_igraph_create(vertex_count, edge_count, ends, weights)
    guard
      let handle = distfit_igraph_create(
        Int64(graph.vertexCount), Int64(graph.edges.count), ends, nil)
    else {
      throw GraphError(
        description: "igraph cannot hold a graph of \(graph.vertexCount) vertices: out of memory?")
    }
    self.handle = handle
  }

  deinit { distfit_igraph_free(handle) }

  /// Leiden's communities for modularity: a number for each vertex, from 0 on.
  ///
  /// A graph without edges has a community for each vertex.
  ///
  /// - Parameters:
  ///   - resolution: the higher, the more communities; 1 is Newman's modularity.
  ///   - iterations: 2 as scanpy advises.
  /// - Throws: `GraphError`.
  /// Source: V. A. Traag, L. Waltman, N. J. van Eck, From Louvain to Leiden, Sci. Rep. 9:5233, 2019,
  /// doi:10.1038/s41598-019-41695-z.
  public func leiden(
    resolution: Double, iterations: Int = 2, seed: UInt64 = 0
  ) throws(GraphError) -> [Int] {
    var membership = [Int64](repeating: 0, count: graph.vertexCount)
    try check(
      distfit_igraph_leiden(handle, resolution, Int64(iterations), seed, &membership))
    return membership.map { Int($0) }
  }

  /// The graph with ends of edges swapped so often, every vertex keeping its degree.
  ///
  /// - Throws: `GraphError`.
  public func rewired(trials: Int, seed: UInt64) throws(GraphError) -> Graph {
    var ends = [Int64](repeating: 0, count: 2 * graph.edges.count)
    try check(distfit_igraph_rewire(handle, Int64(trials), seed, &ends))
    return Graph(
      vertexCount: graph.vertexCount,
      edges: graph.edges.indices.map { Graph.Edge(Int(ends[2 * $0]), Int(ends[2 * $0 + 1])) })
  }

  private func check(_ code: Int32) throws(GraphError) {
    guard code != 0 else { return }
    throw GraphError(description: "igraph: \(String(cString: distfit_igraph_error(code)))")
  }
}

import Graphs
import TestSupport
import Testing

/// Graphs, Leiden's communities, scores against classes, robustness, analysis of variance.
@Suite struct GraphTests {
  /// Best modularities that python-igraph 1.0.0 found, two iterations, many seeds.
  @Test(arguments: [
    ("karate", 0.25, 0.75), ("karate", 1.0, 0.41978961209730437),
  ])
  func leidenReachesTheReferencesModularity(
    _ name: String, _ resolution: Double, _ expected: Double
  ) throws {
    let graph = try referenceGraph(name)
    var best = -1.0
    for seed in 0..<10 {
      let found = try Communities(of: graph).leiden(resolution: resolution, seed: UInt64(seed))
      best = max(best, graph.modularity(of: found, resolution: resolution) ?? -1)
    }
    #expect(abs(best - expected) < 1e-9)
  }

  @Test func plantedClassesAreFoundAgain() throws {
    let graph = try referenceGraph("planted")
    let classes = try Reference.numbers("Metrics/graph_planted_codes.tsv").map { Int($0[0]) }
    #expect(abs((graph.modularity(of: classes) ?? 0) - 0.4370132325141777) < 1e-12)
    var weights = [Double](repeating: 0, count: 100 * 100)
    for edge in graph.edges {
      weights[edge.first * 100 + edge.second] = 1
      weights[edge.second * 100 + edge.first] = -1
    }
    let neighbours = StrongestNeighbours(order: 100, elements: weights)
    let scores = try NetworkScores(
      neighbours, classes: classes, tops: [100], resolutions: [0.5, 1], isPublished: false)
    #expect(scores.mixing[0].edgeCount == 575)
    #expect(abs((scores.bestMixing?.assortativity ?? 0) - 0.8396164741773805) < 1e-12)
    #expect((scores.best(\.ami)?.ami ?? 0) > 0.8)
    let published = try NetworkScores(
      neighbours, classes: classes, tops: [100], resolutions: [1], isPublished: true)
    #expect(abs((published.bestMixing?.assortativity ?? 0) - 0.8441030275643923) < 1e-12)
  }

  @Test func theSameSeedGivesTheSameCommunities() throws {
    let graph = try referenceGraph("barabasi")
    let first = try Communities(of: graph).leiden(resolution: 1, seed: 7)
    let other = try Communities(of: graph).leiden(resolution: 1, seed: 8)
    #expect(try Communities(of: graph).leiden(resolution: 1, seed: 7) == first)
    #expect(first.count == 70 && other.count == 70)
  }

  @Test func verticesWithoutEdgesAreCommunitiesOfTheirOwn() throws {
    let graph = Graph(vertexCount: 4, edges: [Graph.Edge]())
    #expect(try Communities(of: graph).leiden(resolution: 1) == [0, 1, 2, 3])
    #expect(graph.modularity(of: [0, 1, 2, 3]) == nil)
  }

  @Test func rewiringKeepsEveryDegree() throws {
    let graph = try referenceGraph("planted")
    let moved = try Communities(of: graph).rewired(trials: 1000, seed: 1)
    func degrees(_ graph: Graph) -> [Int] {
      var degrees = [Int](repeating: 0, count: graph.vertexCount)
      for edge in graph.edges {
        degrees[edge.first] += 1
        degrees[edge.second] += 1
      }
      return degrees
    }
    #expect(degrees(moved) == degrees(graph))
    #expect(moved != graph)
  }

  @Test func plantedStructureIsMoreStableThanARandomGraph() throws {
    let planted = try Robustness(
      of: referenceGraph("planted"), resolution: 1, fractions: [0, 0.1, 0.2, 0.3], repeats: 8,
      seed: 0)
    #expect(planted.levels[0].distances.allSatisfy { $0 == 0 })
    #expect(planted.superiority > 0.95)
    let random = try Communities(of: referenceGraph("planted")).rewired(trials: 6000, seed: 3)
    let null = try Robustness(
      of: random, resolution: 1, fractions: [0, 0.1, 0.2, 0.3], repeats: 8, seed: 0)
    #expect(null.superiority < planted.superiority)
  }

  @Test func verticesWithoutAClassAreNotScored() throws {
    let neighbours = StrongestNeighbours(
      rowStarts: [0, 1, 2, 3, 5], columns: [1, 0, 3, 2, 2], weights: [1, 1, 1, 1, 0])
    #expect(neighbours.lists == [[1], [0], [3], [2]])
    let scores = try NetworkScores(
      neighbours, classes: [0, 0, 1, -1], tops: [1], resolutions: [1], isPublished: false)
    #expect(abs(scores.points[0].ami - 1) < 1e-12)
    #expect(scores.mixing[0].edgeCount == 2)
    // The one edge with classes on both ends lies within a class.
    #expect(scores.mixing[0].assortativity == nil)
  }

  @Test func analysisOfVarianceOfASmallTable() throws {
    // Between the groups 78 on 2 degrees of freedom, within them 12 on 6.
    let analysis = try #require(
      VarianceAnalysis(
        [1, 2, 3, 2, 4, 6, 9, 8, 10, 99], groups: [0, 0, 0, 1, 1, 1, 2, 2, 2, -1]))
    #expect(abs(analysis.f - 19.5) < 1e-12)
    #expect(analysis.betweenFreedom == 2 && analysis.withinFreedom == 6)
    // With two degrees of freedom between: p = (1 + 2 F / 6)^(−3).
    #expect(abs(analysis.p - 1 / 421.875) < 1e-12)
    #expect(VarianceAnalysis([1, 2], groups: [0, 0]) == nil)
    #expect(VarianceAnalysis([1, 1, 2, 2], groups: [0, 0, 1, 1])?.p == 0)
  }

  private func referenceGraph(_ name: String) throws -> Graph {
    let edges = try Reference.numbers("Metrics/graph_\(name)_edges.tsv")
      .map { Graph.Edge(Int($0[0]), Int($0[1])) }
    let count = try Reference.numbers("Metrics/graph_\(name)_codes.tsv").count
    return Graph(vertexCount: count, edges: edges)
  }
}

extension Graph {
  /// Newman's modularity of communities, with a resolution γ:
  ///
  ///     Q = Σ_c (edges within c / m − γ (degrees of c / 2m)²)
  ///
  /// nil without edges.
  fileprivate func modularity(of communities: [Int], resolution: Double = 1) -> Double? {
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

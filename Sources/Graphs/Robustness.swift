import Metrics
import Probability

/// How stable the communities of a graph are when its edges are perturbed, against a random graph of the same
/// degrees.
///
///     for fractions p of the edges:   swap the ends of p · E/2 pairs of edges, degrees kept;
///                                     d(p) = 1 − AMI(communities before, communities after)
///
/// Structure that is real keeps its communities longer than that of the random graph: `areas` of the curves are
/// compared.
///
/// Source, in spirit: V. Policastro, D. Righelli, A. Carissimo, L. Cutillo, I. De Feis, ROBustness In Network
/// (robin), R J. 13:292–309, 2021, doi:10.32614/RJ-2021-040, which measures variation of information.
public struct Robustness: Sendable {
  /// Distances at one fraction, a number for each repeat.
  public struct Level: Sendable {
    /// p, the share of the edges whose ends were swapped.
    public let fraction: Double
    /// d(p) of the graph itself, one for each repeat.
    public let distances: [Double]
    /// d(p) of random graphs of the same degrees, one for each repeat.
    public let nullDistances: [Double]
  }

  /// By ascending fraction.
  public let levels: [Level]
  /// Communities of the graph as it is.
  public let communityCount: Int

  /// Perturbs a graph.
  ///
  /// - Parameters:
  ///   - fractions: ascending, 0…1.
  ///   - repeats: random graphs, and perturbations of each fraction.
  /// - Throws: `GraphError`.
  public init(
    of graph: Graph, resolution: Double, fractions: [Double], repeats: Int, seed: Int
  ) throws(GraphError) {
    let random = RandomSource(seed: UInt64(seed))
    func number(_ purpose: RandomPurpose, _ index: Int) -> UInt64 {
      var stream = random.stream(purpose, index: index)
      return UInt64(stream.uniform() * 0x1p32)
    }
    func distance(
      _ graph: Graph, _ before: [Int], _ fraction: Double, _ index: Int
    ) throws(GraphError) -> Double {
      let trials = Int((fraction * Double(graph.edges.count) / 2).rounded())
      guard trials > 0 else { return 0 }
      let moved = try Communities(of: graph)
        .rewired(trials: trials, seed: number("perturbation", index))
      let after = try Communities(of: moved).leiden(resolution: resolution)
      return 1 - MutualInformation(ContingencyTable(truth: before, prediction: after)).adjusted
    }
    let found = try Communities(of: graph).leiden(resolution: resolution)
    communityCount = Set(found).count
    var nulls: [(graph: Graph, communities: [Int])] = []
    for index in 0..<repeats {
      let null = try Communities(of: graph)
        .rewired(trials: 10 * graph.edges.count, seed: number("null", index))
      nulls.append((null, try Communities(of: null).leiden(resolution: resolution)))
    }
    var levels: [Level] = []
    for (step, fraction) in fractions.enumerated() {
      var distances: [Double] = []
      var nullDistances: [Double] = []
      for index in 0..<repeats {
        let place = step * repeats + index
        distances.append(try distance(graph, found, fraction, place))
        let null = nulls[index]
        nullDistances.append(
          try distance(null.graph, null.communities, fraction, fractions.count * repeats + place))
      }
      levels.append(
        Level(fraction: fraction, distances: distances, nullDistances: nullDistances))
    }
    self.levels = levels
  }

  /// The area under the curve of each repeat, divided by the range of fractions: the mean distance.
  public func areas(ofNull: Bool) -> [Double] {
    guard let first = levels.first, let last = levels.last, last.fraction > first.fraction else {
      return []
    }
    return first.distances.indices.map { index in
      let curve = levels.map { (ofNull ? $0.nullDistances : $0.distances)[index] }
      var area = 0.0
      for step in 1..<levels.count {
        let width = levels[step].fraction - levels[step - 1].fraction
        area += width * (curve[step] + curve[step - 1]) / 2
      }
      return area / (last.fraction - first.fraction)
    }
  }

  /// In how many of all pairs of a repeat and a random graph the random graph's area is larger, ties half: 0.5
  /// where the graph is no more stable than chance, 1 where it always is.
  public var superiority: Double {
    let (own, null) = (areas(ofNull: false), areas(ofNull: true))
    guard !own.isEmpty else { return 0.5 }
    var wins = 0.0
    for area in own { for other in null { wins += other > area ? 1 : other == area ? 0.5 : 0 } }
    return wins / Double(own.count * null.count)
  }
}

import Metrics

/// How well graphs of the k strongest edges, and their communities, agree with known classes.
///
/// | Measure | Ours | Published protocol (`isPublished`) |
/// |---|---|---|
/// | assortativity | nominal: of classes | numeric: of class codes in alphabetical order |
/// | balanced AMI, ARI | the true classes weigh the same | the communities weigh the same (arguments swapped) |
/// | AMI, ARI | the same | the same |
///
/// Vertices without a class take part in communities but are not scored. Loops are never edges.
///
/// Source: MED-MAGMA paper, section 5.2; MED-MAGMA-NeurIPS2026@6c208ce, all-real-data-all.ipynb.
public struct NetworkScores: Sendable {
  /// Scores of one graph at one resolution.
  public struct Point: Sendable {
    /// Edges kept per vertex.
    public let top: Int
    /// The resolution γ of Leiden's algorithm: more communities where it is larger.
    public let resolution: Double
    /// How many communities Leiden's algorithm found.
    public let communityCount: Int
    /// Adjusted mutual information.
    public let ami: Double
    /// Adjusted mutual information where every class counts as much as any other.
    public let balancedAMI: Double
    /// Adjusted Rand index.
    public let ari: Double
    /// Adjusted Rand index where every class counts as much as any other.
    public let balancedARI: Double
  }

  /// Assortativity of one graph.
  public struct Mixing: Sendable {
    /// Edges kept per vertex.
    public let top: Int
    /// Edges of the graph.
    public let edgeCount: Int
    /// nil where all edge ends are of one class, or there is no edge.
    public let assortativity: Double?
  }

  /// Edges kept per vertex in the published protocol.
  public static let tops = [1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 40]
  /// Its hundred resolutions, 0.02, 0.04 … 2.
  public static let resolutions = (1...100).map { Double($0) * 0.02 }

  /// For every k and resolution.
  public let points: [Point]
  /// For every k.
  public let mixing: [Mixing]

  /// Scores every k and every resolution.
  ///
  /// - Parameters:
  ///   - classes: a class of every vertex, negative where it has none; codes in the order of the names.
  /// - Throws: `GraphError`.
  public init(
    _ neighbours: StrongestNeighbours, classes: [Int], tops: [Int], resolutions: [Double],
    isPublished: Bool
  ) throws(GraphError) {
    var points: [Point] = []
    var mixing: [Mixing] = []
    for top in tops {
      let graph = neighbours.graph(top: top)
      let edges = graph.edges.filter { classes[$0.first] >= 0 && classes[$0.second] >= 0 }
        .map { (first: $0.first, second: $0.second) }
      mixing.append(
        Mixing(
          top: top, edgeCount: graph.edges.count,
          assortativity: isPublished
            ? numericAssortativity(edges: edges, values: classes.map(Double.init))
            : nominalAssortativity(edges: edges, classes: classes)))
      let communities = try Communities(of: graph)
      for resolution in resolutions {
        let found = try communities.leiden(resolution: resolution)
        points.append(
          Self.point(top, resolution, found, classes: classes, isPublished: isPublished))
      }
    }
    self.points = points
    self.mixing = mixing
  }

  private static func point(
    _ top: Int, _ resolution: Double, _ found: [Int], classes: [Int], isPublished: Bool
  ) -> Point {
    let scored = classes.indices.filter { classes[$0] >= 0 }
    let (truth, prediction) = (scored.map { classes[$0] }, scored.map { found[$0] })
    let table = ContingencyTable(truth: truth, prediction: prediction)
    let balanced =
      isPublished ? ContingencyTable(truth: prediction, prediction: truth) : table
    return Point(
      top: top, resolution: resolution, communityCount: Set(found).count,
      ami: MutualInformation(table).adjusted,
      balancedAMI: MutualInformation.balanced(balanced).adjusted,
      ari: adjustedRandIndex(table), balancedARI: balancedAdjustedRandIndex(balanced))
  }

  /// The point where a measure is largest; the first of equals.
  public func best(_ measure: (Point) -> Double) -> Point? {
    var best: Point?
    for point in points where best.map({ measure(point) > measure($0) }) ?? true { best = point }
    return best
  }

  /// The largest assortativity of any k.
  public var bestMixing: Mixing? {
    mixing.filter { $0.assortativity != nil }
      .max { ($0.assortativity ?? 0) < ($1.assortativity ?? 0) }
  }

  /// The measures with their names: the largest assortativity of any k, and of the others the largest of any k and
  /// resolution, each with where it is.
  public var best: [(name: String, value: Double)] {
    var figures: [(name: String, value: Double)] = []
    if let best = bestMixing, let value = best.assortativity {
      figures += [("assortativity", value), ("assortativity at top", Double(best.top))]
    }
    let measures: [(String, (Point) -> Double)] = [
      ("AMI", \.ami), ("balanced AMI", \.balancedAMI), ("ARI", \.ari),
      ("balanced ARI", \.balancedARI),
    ]
    for (name, measure) in measures {
      guard let best = best(measure) else { continue }
      figures += [
        (name, measure(best)), ("\(name) at top", Double(best.top)),
        ("\(name) at resolution", best.resolution),
      ]
    }
    return figures
  }
}

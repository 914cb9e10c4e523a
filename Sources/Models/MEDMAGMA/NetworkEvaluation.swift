import Graphs
import Metrics
public import Modeling

/// What networks are compared with.
public struct NetworkEvaluation: ModelConfiguration {
  /// A column of obs with the true classes.
  public var labels: String?
  /// The simulated data, which know the edges.
  public var truth: String?
  /// Whether measures are those of the publication.
  public var usesPaperMetrics = false

  /// Every setting at its default.
  public init() {}

  /// Flags of `distfit evaluate`.
  public static var settings: [Setting<NetworkEvaluation>] {
    [
      .text(
        "labels", \.labels, "<obs column>",
        "True classes: assortativity on graphs of the k strongest edges, AMI and ARI of Leiden's communities, best over k and resolutions; k as far as the fit has edges (--matrices: all)."
      ),
      .text(
        "truth", \.truth, "<file>",
        "The simulated data: area under the precision–recall curve of the true edges of both networks, beside that of chance; whole with --matrices, else as far as the fit has edges."
      ),
      .flag(
        "paper-metrics", \.usesPaperMetrics,
        "Numeric assortativity of class codes, and communities instead of classes balanced, as published."
      ),
    ]
  }

  /// Figures of the networks of cells in a fit.
  func figures(of fit: FitContents) throws -> [Figure] {
    let ofTruth = try truth.map { try edgeFigures(of: fit, $0) } ?? []
    guard let labels else {
      guard truth == nil else { return ofTruth }
      throw ModelError(
        "\(fit.path): networks are compared with classes or true edges: --truth, or --labels, one of \(fit.rows.columns.map(\.name).joined(separator: ", "))"
      )
    }
    let (neighbours, largest) = try fit.strongestNeighbours("obsp")
    let classes = try NetworkClasses(labels, of: fit.rows, in: "\(fit.path): obs")
    let tops = NetworkScores.tops.filter { largest == nil || $0 <= largest ?? 0 }
    let scores = try NetworkScores(
      neighbours, classes: classes.codes, tops: tops.isEmpty ? [largest ?? 1] : tops,
      resolutions: NetworkScores.resolutions, isPublished: usesPaperMetrics)
    var figures = [
      Figure("cells", Double(classes.codes.count)), Figure("classes", Double(classes.names.count)),
    ]
    for mixing in scores.mixing {
      figures.append(Figure("edges, top \(mixing.top)", Double(mixing.edgeCount)))
      figures.append(Figure("assortativity, top \(mixing.top)", mixing.assortativity ?? .nan))
    }
    return ofTruth + figures + scores.best.map { Figure($0.name, $0.value) }
  }

  /// How well the strength of edges ranks the true ones, and what chance would reach: their share of all pairs.
  private func edgeFigures(of fit: FitContents, _ path: String) throws -> [Figure] {
    let simulation = try fit.other(path)
    var figures: [Figure] = []
    for (name, group, member, own, all) in [
      ("cells", "obsp", "truth/row_edges", fit.rows.names, simulation.rows.names),
      ("genes", "varp", "truth/column_edges", fit.columns.names, simulation.columns.names),
    ] {
      guard case .integers(let ends, _)? = simulation.parameters.node(at: member) else {
        throw ModelError("\(path): has no true edges: was it made by distfit simulate kronecker?")
      }
      let place = Dictionary(zip(own, 0...), uniquingKeysWith: { first, _ in first })
      let scores = try fit.edgeWeights(group, order: own.count)
      var isEdge = [Bool](repeating: false, count: own.count * own.count)
      for edge in stride(from: 0, to: ends.count, by: 2) {
        guard let first = place[all[Int(ends[edge])]], let second = place[all[Int(ends[edge + 1])]]
        else { continue }
        isEdge[max(first, second) * own.count + min(first, second)] = true
      }
      let pairs = (0..<own.count).flatMap { row in (0..<row).map { row * own.count + $0 } }
      let truth = pairs.map { isEdge[$0] }
      let curves = RankingCurves(truth: truth, scores: pairs.map { scores[$0] })
      figures += [
        Figure("AUPR of \(name)", curves.precisionRecallArea ?? .nan),
        Figure(
          "AUPR of \(name) by chance", Double(truth.count { $0 }) / Double(max(1, truth.count))),
      ]
    }
    return figures
  }
}

extension MEDMAGMA: EvaluableModel {
  /// Agreement of the networks of cells with classes.
  ///
  /// - Throws: `ModelError` without classes, or where the fit has no networks.
  public static func evaluate(
    _ fit: FitContents, _ settings: NetworkEvaluation
  ) throws -> [Figure] { try settings.figures(of: fit) }
}

extension GmGM: EvaluableModel {
  /// Agreement of the networks of cells with classes.
  ///
  /// - Throws: `ModelError` without classes, or where the fit has no networks.
  public static func evaluate(
    _ fit: FitContents, _ settings: NetworkEvaluation
  ) throws -> [Figure] { try settings.figures(of: fit) }
}

import Graphs
public import Modeling

/// What networks are compared with.
public struct NetworkEvaluation: ModelConfiguration {
  /// A column of obs with the true classes.
  public var labels: String?
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
      .flag(
        "paper-metrics", \.usesPaperMetrics,
        "Numeric assortativity of class codes, and communities instead of classes balanced, as published."
      ),
    ]
  }

  /// Figures of the networks of cells in a fit.
  func figures(of fit: FitContents) throws -> [Figure] {
    let (neighbours, largest) = try fit.strongestNeighbours("obsp")
    guard let labels else {
      throw ModelError(
        "\(fit.path): networks are compared with classes: --labels, one of \(fit.rows.columns.map(\.name).joined(separator: ", "))"
      )
    }
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
    return figures + scores.best.map { Figure($0.name, $0.value) }
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

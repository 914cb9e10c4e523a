import LinearAlgebra
import Metrics
public import Modeling

/// What a fit of DGD is compared with.
public struct DGDEvaluation: ModelConfiguration {
  /// A column of obs with the true classes.
  public var labels: String?
  /// A file whose `obsm/X_true` has the true representations.
  public var truth: String?

  /// Held-out figures only.
  public init() {}

  /// Flags of `distfit evaluate`.
  public static var settings: [Setting<DGDEvaluation>] {
    [
      .text(
        "labels", \.labels, "<obs column>",
        "True classes: ARI, NMI, AMI of the components, silhouette of the representations."),
      .text(
        "truth", \.truth, "<file>",
        "Simulated data (.h5ad) with obsm/X_true: correlation of each latent dimension with it."),
    ]
  }
}

extension DGD: EvaluableModel {
  /// Means over the cells of each part of the split, a count: −log p(x | z) and the root of the squared error;
  /// agreement of components with labels; correlation of representations with the truth.
  ///
  /// - Throws: `ModelError` where the fit lacks a column or the settings name one that is not there.
  public static func evaluate(
    _ fit: FitContents, _ settings: DGDEvaluation
  ) throws -> [Figure] {
    let losses = try fit.numbers("dgd_negative_log_likelihood")
    let errors = try fit.numbers("dgd_squared_error")
    let split = try fit.classes("distfit_split")
    let parts = split.names.enumerated().map { code, name in
      (name: name, rows: split.codes.indices.filter { split.codes[$0] == Int32(code) })
    }.filter { !$0.rows.isEmpty }
    var figures: [Figure] = []
    let null = (try? fit.numbers("dgd_null_negative_log_likelihood")) ?? losses.map { _ in .nan }
    for (name, rows) in parts {
      let count = Double(rows.count)
      figures.append(Figure("\(name) cells", count))
      let comparison = NullComparison(
        losses: rows.map { losses[$0] }, null: rows.map { null[$0] },
        values: Double(fit.columns.count))
      figures += comparison?.figures(name) ?? []
      figures.append(
        Figure("\(name) RMSE", (rows.reduce(0) { $0 + errors[$1] } / count).squareRoot()))
      figures += calibration(fit, name, rows)
    }
    if case .categories(let components, _, _)? = fit.rows["dgd_component"] {
      figures.append(Figure("components occupied", Double(Set(components).count)))
      if let labels = settings.labels {
        figures += try agreement(fit, try fit.classes(labels), components, parts)
      }
    }
    if let truth = settings.truth { figures += try correlations(fit, truth, parts) }
    return figures
  }

  /// Shares of zeros, found and expected, and the variance of Pearson's residuals; nothing for real values, and fits
  /// without these columns.
  private static func calibration(_ fit: FitContents, _ name: String, _ rows: [Int]) -> [Figure] {
    guard let zeros = try? fit.numbers("dgd_zeros"),
      let expected = try? fit.numbers("dgd_expected_zeros"),
      let residuals = try? fit.numbers("dgd_squared_residual")
    else { return [] }
    func mean(_ values: [Double]) -> Double {
      rows.reduce(0) { $0 + values[$1] } / Double(rows.count)
    }
    return [
      Figure("\(name) share of zeros", mean(zeros)),
      Figure("\(name) expected share of zeros", mean(expected)),
      Figure("\(name) variance of Pearson residuals", mean(residuals)),
    ]
  }

  private static func agreement(
    _ fit: FitContents, _ classes: (codes: [Int32], names: [String]), _ components: [Int32],
    _ parts: [(name: String, rows: [Int])]
  ) throws -> [Figure] {
    func isLabelled(_ row: Int) -> Bool { classes.codes[row] >= 0 }
    func table(_ rows: [Int]) -> ContingencyTable {
      ContingencyTable(
        truth: rows.map { Int(classes.codes[$0]) }, prediction: rows.map { Int(components[$0]) })
    }
    let labelled = classes.codes.indices.filter(isLabelled)
    let known = Set(labelled.map { classes.codes[$0] })
    guard known.count > 1 else {
      let only = known.first.map { ": \(classes.names[Int($0)])" } ?? ""
      throw ModelError(
        "\(fit.path): the labels have \(known.isEmpty ? "no" : "one") class\(only); agreement needs two or more"
      )
    }
    let all = table(labelled)
    let information = MutualInformation(all)
    var figures = [
      Figure("ARI", adjustedRandIndex(all)), Figure("NMI", information.normalized),
      Figure("AMI", information.adjusted), Figure("matched accuracy", matchedAccuracy(all)),
    ]
    for (name, rows) in parts {
      let rows = rows.filter(isLabelled)
      if rows.count > 1 {
        figures.append(Figure("ARI of \(name) cells", adjustedRandIndex(table(rows))))
      }
    }
    let representations = try fit.matrix("obsm/X_dgd")
    // The silhouette compares all pairs: at most 5 000 cells, evenly spaced.
    let stride = max(1, labelled.count / 5000)
    let chosen = labelled.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    let width = representations.width
    let points = Matrix(
      rowCount: chosen.count, columnCount: width,
      elements: chosen.flatMap { row in
        representations.elements[row * width..<(row + 1) * width].map { Double($0) }
      })
    let labels = chosen.map { Int(classes.codes[$0]) }
    if Set(labels).count > 1 {
      figures.append(Figure("silhouette of labels", meanSilhouette(points, labels: labels)))
    }
    return figures
  }

  /// |r| between latent dimension j and true dimension j over the cells of each part: the sign of a dimension
  /// is free where weights may be negative.
  private static func correlations(
    _ fit: FitContents, _ path: String, _ parts: [(name: String, rows: [Int])]
  ) throws -> [Figure] {
    let other = try fit.other(path)
    let truth = try other.matrix("obsm/X_true")
    let found = try fit.matrix("obsm/X_dgd")
    guard truth.width == found.width else {
      throw ModelError(
        "\(path): obsm/X_true has \(truth.width) dimensions, the fit \(found.width): only equal ones can be compared"
      )
    }
    let positions = Dictionary(
      zip(other.rows.names, 0...), uniquingKeysWith: { first, _ in first })
    let width = found.width
    var figures: [Figure] = []
    for (name, rows) in parts {
      let known = rows.filter { positions[fit.rows.names[$0]] != nil }
      let trueRows = known.compactMap { positions[fit.rows.names[$0]] }
      guard known.count > 2 else { continue }
      let values = (0..<width).map { j in
        abs(
          pearsonCorrelation(
            known.map { Double(found.elements[$0 * width + j]) },
            trueRows.map { Double(truth.elements[$0 * width + j]) }))
      }.sorted()
      figures += [
        Figure("\(name) mean |r| with the truth", values.reduce(0, +) / Double(width)),
        Figure("\(name) median |r| with the truth", values[width / 2]),
        Figure("\(name) smallest |r| with the truth", values[0]),
      ]
    }
    guard !figures.isEmpty else {
      throw ModelError(
        "\(path): has none of the fit's cells (first: \(fit.rows.names.first ?? ""))")
    }
    return figures
  }
}

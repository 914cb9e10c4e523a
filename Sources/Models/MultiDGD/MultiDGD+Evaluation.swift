import LinearAlgebra
import Metrics
public import Modeling

/// What a fit of multiDGD is compared with.
public struct MultiDGDEvaluation: ModelConfiguration {
  /// A column of obs with the true classes.
  public var labels: String?
  /// A column of obs whose classes should not show in the representations.
  public var batch: String?

  /// Held-out figures only.
  public init() {}

  /// Flags of `distfit evaluate`.
  public static var settings: [Setting<MultiDGDEvaluation>] {
    [
      .text(
        "labels", \.labels, "<obs column>",
        "True classes: ARI of the components, silhouette of the representations."),
      .text(
        "batch", \.batch, "<obs column>",
        "Classes that should not show in the representations: 1 − silhouette."),
    ]
  }
}

extension MultiDGD: EvaluableModel {
  /// For each modality and part of the split the mean loss of its cells, and beside it that of the mean profile; agreement of
  /// components with labels; how little a batch shows.
  ///
  /// - Throws: `ModelError` where the fit lacks a column or the settings name one that is not there.
  public static func evaluate(
    _ fit: FitContents, _ settings: MultiDGDEvaluation
  ) throws -> [Figure] {
    let file = try MultiDGDFitFile(fit.parameters)
    let split = try fit.classes("distfit_split")
    var figures: [Figure] = []
    for (code, part) in split.names.enumerated() {
      let rows = split.codes.indices.filter { split.codes[$0] == Int32(code) }
      guard !rows.isEmpty else { continue }
      for (index, name) in file.decoder.names.enumerated() {
        figures += try Self.figures(
          of: fit, part, name: name, suffix: file.decoder.names.count == 1 ? "" : "_\(name)",
          rows: rows, columnCount: file.decoder.heads[index].biases.count)
      }
    }
    if let labels = settings.labels {
      let truth = try fit.classes(labels)
      let components = try fit.classes("multidgd_component")
      let known = truth.codes.indices.filter { truth.codes[$0] >= 0 && components.codes[$0] >= 0 }
      let table = ContingencyTable(
        truth: known.map { Int(truth.codes[$0]) },
        prediction: known.map { Int(components.codes[$0]) })
      figures += [
        Figure("components occupied", Double(Set(components.codes).count)),
        Figure("ARI", adjustedRandIndex(table)), Figure("NMI", MutualInformation(table).normalized),
        Figure("silhouette of labels", try silhouette(fit, truth.codes)),
      ]
    }
    if let batch = settings.batch {
      let codes = try fit.classes(batch).codes
      figures.append(Figure("1 − silhouette of batches", 1 - (try silhouette(fit, codes))))
    }
    return figures
  }

  /// Mean losses of a modality's cells among some rows, and of the mean profile where the fit has it.
  private static func figures(
    of fit: FitContents, _ part: String, name: String, suffix: String, rows: [Int],
    columnCount: Int
  ) throws -> [Figure] {
    let losses = try fit.numbers("multidgd_negative_log_likelihood\(suffix)")
    let errors = try fit.numbers("multidgd_squared_error\(suffix)")
    let own = rows.filter { losses[$0].isFinite }
    guard !own.isEmpty else { return [] }
    let count = Double(own.count)
    let title = name.isEmpty ? part : "\(part) \(name)"
    let loss = own.reduce(0) { $0 + losses[$1] } / count
    var figures = [
      Figure("\(title) cells", count), Figure("\(title) NLL per cell", loss),
      Figure("\(title) NLL per count", loss / Double(columnCount)),
      Figure("\(title) RMSE", (own.reduce(0) { $0 + errors[$1] } / count).squareRoot()),
    ]
    guard let null = try? fit.numbers("multidgd_null_negative_log_likelihood\(suffix)"),
      own.count > 1
    else { return figures }
    let gains = own.map { null[$0] - losses[$0] }
    let mean = gains.reduce(0, +) / count
    let variance = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    figures += [
      Figure("\(title) gain over the mean profile, per cell", mean),
      Figure("\(title) standard error of the gain", (variance / count).squareRoot()),
    ]
    return figures
  }

  /// The mean silhouette of classes in the representations; of at most 5 000 cells, evenly spaced.
  private static func silhouette(_ fit: FitContents, _ codes: [Int32]) throws -> Double {
    let table = try fit.matrix("obsm/X_multidgd")
    let known = codes.indices.filter { codes[$0] >= 0 }
    let stride = max(1, known.count / 5000)
    let chosen = known.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    let width = table.width
    let points = Matrix(
      rowCount: chosen.count, columnCount: width,
      elements: chosen.flatMap { row in
        table.elements[row * width..<(row + 1) * width].map { Double($0) }
      })
    return meanSilhouette(points, labels: chosen.map { Int(codes[$0]) })
  }
}

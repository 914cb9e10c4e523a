import LinearAlgebra
import Metrics
public import Modeling
import Probability
import Sums

/// What a fit of an autoencoder is compared with.
public struct AutoencoderEvaluation: ModelConfiguration {
  /// A column of obs with the true classes.
  public var labels: String?
  /// A column of obs with batches, which latents should not tell.
  public var batch: String?
  /// The seed of k-means.
  public var seed = 0

  /// Held-out figures only.
  public init() {}

  /// Flags of `distfit evaluate`.
  public static var settings: [Setting<AutoencoderEvaluation>] {
    [
      .text(
        "labels", \.labels, "<obs column>",
        "True classes: ARI, NMI, AMI of k-means on the latents, silhouette of the classes."),
      .text(
        "batch", \.batch, "<obs column>",
        "Batches: agreement of k-means with them and their silhouette, both about 0 where batches are mixed."
      ),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of k-means."),
    ]
  }
}

extension Autoencoder: EvaluableModel {
  /// For each part of the split, a cell: reconstruction, bound, marginal likelihood, the model without latents, and by
  /// how much the marginal likelihood is better, with its standard error; agreement of k-means on the latents with
  /// classes and with batches.
  ///
  /// - Throws: `ModelError` where the fit lacks a column or the settings name one that is not there.
  public static func evaluate(
    _ fit: FitContents, _ settings: AutoencoderEvaluation
  ) throws -> [Figure] {
    let reconstruction = try fit.numbers("\(name)_reconstruction")
    let divergence = try fit.numbers("\(name)_divergence")
    let marginal = try fit.numbers("\(name)_negative_log_marginal")
    let null = try fit.numbers("\(name)_null")
    let split = try fit.classes("distfit_split")
    var figures: [Figure] = []
    for (code, part) in split.names.enumerated() {
      let rows = split.codes.indices.filter { split.codes[$0] == Int32(code) }
      guard !rows.isEmpty else { continue }
      let n = Double(rows.count)
      func mean(_ value: (Int) -> Double) -> Double { rows.reduce(0) { $0 + value($1) } / n }
      let gain = mean { null[$0] - marginal[$0] }
      let square = mean { (null[$0] - marginal[$0] - gain) * (null[$0] - marginal[$0] - gain) }
      figures += [
        Figure("\(part) cells", n),
        Figure("\(part) reconstruction per cell", mean { reconstruction[$0] }),
        Figure("\(part) negative ELBO per cell", mean { reconstruction[$0] + divergence[$0] }),
        Figure("\(part) negative log marginal per cell", mean { marginal[$0] }),
        Figure("\(part) without latents per cell", mean { null[$0] }),
        Figure("\(part) gain per cell", gain),
        Figure("\(part) standard error of the gain", (square / max(n - 1, 1)).squareRoot()),
      ]
    }
    let latents = try fit.matrix("obsm/X_\(name)")
    if let labels = settings.labels {
      figures += try agreement(latents, fit.classes(labels), "", settings.seed)
    }
    if let batch = settings.batch {
      figures += try agreement(latents, fit.classes(batch), " of batches", settings.seed)
    }
    return figures
  }

  /// k-means with as many clusters as there are classes, compared with these.
  private static func agreement(
    _ latents: NamedMatrix, _ classes: (codes: [Int32], names: [String]), _ suffix: String,
    _ seed: Int
  ) throws -> [Figure] {
    let L = latents.width
    let known = classes.codes.indices.filter { classes.codes[$0] >= 0 }
    let count = Set(known.map { classes.codes[$0] }).count
    guard count > 1 else {
      throw ModelError("there is one class only: nothing to be told apart")
    }
    let points = known.map { row in
      latents.elements[row * L..<(row + 1) * L].map { Double($0) }
    }
    let clustering = try KMeans(count: count, random: RandomSource(seed: UInt64(seed))).best(
      of: StartPoints([points], firstRows: [0], dimension: L), with: Alone())
    let truth = known.map { Int(classes.codes[$0]) }
    let table = ContingencyTable(
      truth: truth, prediction: points.map { clustering.nearest($0, dimension: L) })
    let information = MutualInformation(table)
    // The silhouette compares all pairs: at most 3 000 cells, evenly spaced.
    let apart = max(1, points.count / 3000)
    let chosen = points.indices.filter { $0 % apart == 0 }
    let matrix = Matrix(
      rowCount: chosen.count, columnCount: L, elements: chosen.flatMap { points[$0] })
    return [
      Figure("ARI\(suffix)", adjustedRandIndex(table)),
      Figure("NMI\(suffix)", information.normalized),
      Figure("AMI\(suffix)", information.adjusted),
      Figure("silhouette\(suffix)", meanSilhouette(matrix, labels: chosen.map { truth[$0] })),
    ]
  }
}

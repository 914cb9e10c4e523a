import Concurrency
import Metrics
public import Modeling
import Probability

/// What a fit of TBLDA is judged by.
public struct TBLDAEvaluation: ModelConfiguration {
  /// Counts of the fit's samples, or of new ones.
  public var data: String?
  /// Genotypes of the fit's donors.
  public var genotypes: String?
  /// Draws of the evidence lower bound.
  public var draws = 200
  /// A simulation with the true topics.
  public var truth: String?

  /// What the fit file tells by itself.
  public init() {}

  /// Flags of `distfit evaluate`.
  public static var settings: [Setting<TBLDAEvaluation>] {
    [
      .text(
        "data", \.data, "<file>",
        "Counts of the fit's samples: the evidence lower bound is estimated anew; samples that were not in the fit are predicted."
      ),
      .text("genotypes", \.genotypes, "<file>", "Genotypes of the fit's donors; with --data."),
      .integer("draws", \.draws, in: 2...1_000_000, "Draws of the estimate."),
      .text(
        "truth", \.truth, "<file>",
        "The simulated data: correlation of each topic with the true one that it matches best."),
    ]
  }

  /// - Throws: `SettingError` for one of two files that belong together.
  public func validate() throws(SettingError) {
    if (data == nil) != (genotypes == nil) {
      throw SettingError(data == nil ? "data" : "genotypes", "--data and --genotypes go together")
    }
  }
}

extension TBLDA: EvaluableModel {
  /// Bound, α, held-out perplexity and likelihood; with data the evidence lower bound by draws from the
  /// posterior, the same estimator for both methods of inference.
  ///
  /// - Throws: `ModelError` where the data lack samples or donors of the fit.
  public static func evaluate(_ fit: FitContents, _ settings: TBLDAEvaluation) throws -> [Figure] {
    let uses = try fit.classes("tblda_use")
    func count(_ name: String) -> Double {
      Double(uses.codes.count { $0 >= 0 && uses.names[Int($0)] == name })
    }
    var figures = [
      Figure("samples in the fit", count("fit")),
      Figure("samples held out", count("held_out")),
    ]
    for (name, path) in [("alpha", "alpha"), ("bound", "bound")] {
      if case .number(let value)? = fit.parameters[path] { figures.append(Figure(name, value)) }
    }
    if let data = settings.data, let genotypes = settings.genotypes {
      let fitted = try EvaluatedFit(fit, data: data, genotypes: genotypes)
      if fitted.swappedCount > 0 {
        figures.append(Figure("variants counting the other allele", Double(fitted.swappedCount)))
      }
      let workers = Workers(threadCount: Workers.availableProcessorCount)
      if let evidence = try fitted.evidence(draws: settings.draws, on: workers) {
        figures += [
          Figure("ELBO", evidence.mean), Figure("ELBO standard error", evidence.standardError),
        ]
      }
      if let score = try fitted.heldOut(on: workers) { figures += score.figures }
    } else {
      for (name, path) in [
        ("ELBO", "evidence_lower_bound"),
        ("ELBO standard error", "evidence_lower_bound_standard_error"),
      ] {
        if case .number(let value)? = fit.parameters[path] { figures.append(Figure(name, value)) }
      }
      if let score = HeldOutScore(fit.parameters["held_out"]) { figures += score.figures }
    }
    if let truth = settings.truth { figures += try recovery(fit, try fit.other(truth), truth) }
    return figures
  }

  /// Pearson correlations of topics with the true ones, matched over genes so that their sum is largest.
  private static func recovery(
    _ fit: FitContents, _ simulation: FitContents, _ path: String
  ) throws -> [Figure] {
    guard case .doubles(let truth, let shape)? = simulation.parameters.node(at: "truth/topics"),
      shape.count == 2, shape[1] == simulation.columns.count
    else { throw ModelError("\(path): has no true topics: was it made by distfit simulate tblda?") }
    let loadings = try fit.matrix("varm/tblda_loadings")
    let place = Dictionary(zip(fit.columns.names, 0...), uniquingKeysWith: { first, _ in first })
    let pairs = simulation.columns.names.enumerated().compactMap { gene, name in
      place[name].map { (gene, $0) }
    }
    guard pairs.count > 2 else { throw ModelError("\(path): has none of the fit's genes") }
    let correlations = (0..<shape[0]).map { k in
      (0..<loadings.width).map { topic in
        pearsonCorrelation(
          pairs.map { truth[k * shape[1] + $0.0] },
          pairs.map { Double(loadings.elements[$0.1 * loadings.width + topic]) })
      }
    }
    let matched = cheapestAssignment(correlations.map { $0.map { -$0 } })
    let own = matched.enumerated().compactMap { $1 < 0 ? nil : correlations[$0][$1] }
    var figures = [
      Figure("mean r of genes' topics", own.reduce(0, +) / Double(max(1, own.count))),
      Figure("smallest r of genes' topics", own.min() ?? .nan),
    ]
    if case .number(let alpha)? = simulation.parameters.node(at: "truth/alpha") {
      figures.append(Figure("true alpha", alpha))
    }
    return figures
  }
}

extension HeldOutScore {
  /// As `distfit evaluate` prints it.
  var figures: [Figure] {
    var figures: [Figure] = []
    if readCount > 0 {
      figures += [
        Figure("held-out samples", sampleCount), Figure("held-out reads", readCount),
        Figure("held-out perplexity", perplexity),
        Figure("held-out perplexity, mean profile", profilePerplexity),
      ]
    }
    if genotypeCount > 0 {
      figures += [
        Figure("held-out genotypes", genotypeCount),
        Figure("held-out log-likelihood a genotype", genotypeLogLikelihood / genotypeCount),
        Figure("the same of ancestry alone", ancestryLogLikelihood / genotypeCount),
      ]
    }
    return figures
  }

  /// Of a fit file; nil where it held nothing out.
  init?(_ tree: StoredTree?) {
    let names = [
      "samples", "reads", "read_log_likelihood", "profile_log_likelihood", "genotypes",
      "genotype_log_likelihood", "ancestry_log_likelihood",
    ]
    let values = names.compactMap { name -> Double? in
      if case .number(let value)? = tree?[name] { value } else { nil }
    }
    guard values.count == names.count else { return nil }
    self.init(values)
  }
}

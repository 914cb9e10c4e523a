public import Modeling

extension NonnegativePRRR {
  /// Genotypes as covariates, in every kind of inference.
  public static var examples: [ModelExample] {
    let small = ModelExample(
      ["donor-key": "donor", "baseline": "true", "rank": "2", "tolerance": "1e-6"],
      except: [.rowOrder: "factors start near the counts of rows that are drawn by their numbers"])
    return [
      small,
      small.varied(["inference": "map"]),
      small.varied(["inference": "adam", "iterations": "200"]),
      small.varied(["inference": "lognormal", "draws": "2", "tolerance": "1"]),
    ]
  }

  /// V up to an invertible map: only its span is determined.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: NonnegativePRRRSimulator.self, ["genes": "30", "covariates": "5", "rank": "2"],
      rows: ("cells", 20, 200),
      settings: ["rank": "2", "covariates-from": "obsm/covariates", "size-factor": "none"],
      (truth: .parameter("gene_loadings"), estimate: .columns("nn_prrr_loadings")), limit: 0.05)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter("loadings of covariates", at: "covariates", "p × k", .nonnegative),
      ModelParameter("loadings of genes", at: "genes", "q × k", .nonnegative),
      ModelParameter(
        "shapes of the covariates' posterior", at: "ascent/covariateShapes", "p × k", .positive),
      ModelParameter("shapes of the genes' posterior", at: "ascent/geneShapes", "q × k", .positive),
      ModelParameter("sums of the genes' means", at: "ascent/geneSums", "k", .nonnegative),
      ModelParameter("sums of the scores", at: "ascent/scoreSums", "k", .nonnegative),
      ModelParameter("scales of the factors", at: "ascent/scales", "k", .positive),
      ModelParameter("parameters of the gradient methods", at: "free", "(p + q) k, or twice"),
      .record("sums of the counts", at: "totals"), .record("extrapolation", at: "mixing"),
      .record("round before an extrapolation", at: "fallback"),
      .record("optimiser", at: "adam"), .record("window", at: "windowSum"),
      .record("window before", at: "previousWindow"), .record("objective", at: "objective"),
      .record("best start", at: "best"),
      .record("evaluation of the rows held out", at: "evaluation"),
      .record("evaluation of the rows fitted", at: "training"),
    ]
  }
}

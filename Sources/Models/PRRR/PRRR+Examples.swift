public import Modeling

extension PRRR {
  /// Genotypes as covariates; the first start may end within ten steps, all of them must not.
  public static var examples: [ModelExample] {
    let small = ModelExample(["donor-key": "donor", "rank": "2", "tolerance": "1e-4"])
    return [
      small,
      small.varied(["full-rank": "true", "tolerance": "0"]),
      small.varied(
        ["inference": "variational", "tolerance": "1"],
        except: [.rowOrder: "Adam divides by gradients that are rounding alone"]),
      small.varied(
        ["inference": "adam", "start": "published", "iterations": "200"],
        except: [.rowOrder: "Adam divides by gradients that are rounding alone"]),
      small.varied(
        [
          "intercept-centre": "zero", "size-factor": "none", "missing": "impute",
          "test-fraction": "0.2", "covariates": "class,level",
        ], except: [.rowOrder: "the rows held out are keyed by their numbers"]),
    ]
  }

  /// V up to a rotation.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: PRRRSimulator.self, ["genes": "30", "covariates": "5", "rank": "2"],
      rows: ("cells", 20, 200),
      settings: ["rank": "2", "covariates-from": "obsm/covariates", "size-factor": "none"],
      (truth: .parameter("gene_loadings"), estimate: .columns("prrr_loadings")), limit: 0.03)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter(
        "loadings of covariates", at: "coefficients/covariateLoadings", "p × k"),
      ModelParameter(
        "loadings of genes and intercepts", at: "coefficients/geneCoefficients", "q × (k + 1)"),
      ModelParameter("means of the intercepts' priors", at: "interceptCentres", "q"),
      .record("sums of the counts", at: "totals"), .record("objective", at: "objective"),
      .record("Newton step that is judged", at: "trial"),
      .record("gradient method", at: "gradient"), .record("best start", at: "best"),
      .record("covariances of the genes' loadings", at: "geneCovariances"),
      .record("evaluation of the rows held out", at: "evaluation"),
    ]
  }
}

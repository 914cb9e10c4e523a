public import Modeling

extension GaussianRRR {
  /// Genotypes as covariates: closed form, sparse, group LASSO, ordinary least squares.
  public static var examples: [ModelExample] {
    let once = "least squares are done in one step: there is nothing to resume"
    let small = ModelExample(["donor-key": "donor", "rank": "2"], except: [.tenSteps: once])
    return [
      small,
      small.varied(["penalty": "0.05", "tolerance": "1e-3"]),
      small.varied(["penalty": "0.05", "rank": "none", "tolerance": "1e-3"]),
      small.varied(
        ["rank": "none", "test-fraction": "0.2"],
        except: [.tenSteps: once, .rowOrder: "the rows held out are keyed by their numbers"]),
    ]
  }

  /// V up to a rotation, from counts so large that log(1 + x) is nearly linear in the covariates.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: PRRRSimulator.self,
      ["genes": "30", "covariates": "5", "rank": "2", "base-mean": "4", "covariate-scale": "2"],
      rows: ("cells", 20, 200), settings: ["rank": "2", "covariates-from": "obsm/covariates"],
      (truth: .parameter("gene_loadings"), estimate: .columns("rrr_loadings")), limit: 0.05)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter("loadings of covariates", at: "fit/covariates", "p × k"),
      ModelParameter("loadings of genes", at: "fit/genes", "q × k"),
      ModelParameter("intercepts", at: "intercepts", "q"),
      .record("sums of covariates and log counts", at: "sums"),
      .record("objective", at: "fit/objective"),
      .record("evaluation of the rows held out", at: "heldOut"),
    ]
  }
}

public import Modeling

extension TBLDA {
  /// Two starts, the first of which may end within ten steps; estimates at the end.
  public static var examples: [ModelExample] {
    let small = ModelExample(
      [
        "topics": "3", "check": "3", "restarts": "2", "tolerance": "1e-4", "evidence-draws": "2",
        "refinement": "0", "held-out-samples": "1",
      ],
      except: [.rowOrder: "the start and what is held out are keyed by the numbers of the rows"])
    return [
      small,
      small.varied(
        ["refinement": "3", "iterations": "9", "restarts": "1", "check": "1", "tolerance": "0"],
        ascending: "bound"),
      small.varied(["batch": "5", "held-out-genotypes": "0.1", "iterations": "40"]),
      small.varied(["inference": "stochastic", "restarts": "1", "iterations": "40"]),
    ]
  }

  /// Topics up to their order and scale.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: TBLDASimulator.self,
      ["genes": "40", "variants": "30", "topics": "3", "reads": "2000", "samples-per-donor": "2"],
      rows: ("donors", 8, 40), settings: ["topics": "3", "refinement": "0"],
      (truth: .transposedParameter("topics"), estimate: .columns("tblda_loadings")), limit: 0.1)
  }

  /// All arrays of the shared state; the lanes hold the topics of samples and variants.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter("topics over genes", at: "genes", "K × G", .positive),
      ModelParameter("weight of ancestry", at: "alpha", "", .fractions),
      ModelParameter("alleles counted", at: "alleles/counted", "S × K", .positive),
      ModelParameter("alleles not counted", at: "alleles/other", "S × K", .positive),
      .record("bound", at: "bound"), .record("momentum", at: "momentum"),
      .record("optimiser", at: "stochastic"), .record("losses", at: "losses"),
      .record("best start", at: "best"), .record("estimate of the evidence", at: "evidence"),
      .record("score of what is held out", at: "heldOut"),
    ]
  }
}

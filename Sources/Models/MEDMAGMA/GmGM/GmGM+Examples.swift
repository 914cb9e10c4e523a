public import Modeling

extension GmGM {
  /// A fit by every method.
  public static var examples: [ModelExample] {
    let small = ModelExample(
      except: [.tenSteps: "the whole fit is one step: there is nothing to resume"])
    return [
      small,
      small.varied(["method": "gmgm-skeptic", "penalty": "0.1"]),
      small.varied(["method": "quotient-gmgm", "quotient-passes": "1"]),
      small.varied(["method": "single-axis", "labels": "class"]),
      small.varied(["components": "5", "matrices": "true"]),
      small.varied(["values": "reals", "square": "false"], on: .logarithms),
    ]
  }

  /// The edges of genes: more cells, better networks.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: KroneckerSimulator.self, ["columns": "24", "noise": "0"], rows: ("rows", 12, 96),
      settings: [
        "values": "reals", "log1p": "false", "highly-variable": "none", "square": "false",
        "matrices": "true", "method": "quotient-gmgm",
      ], (truth: .columnPairs("column_edges"), estimate: .columnPairs("precision")), limit: 0.8)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter("precisions of cells", at: "precisions/rows", "d₁ × d₁"),
      ModelParameter("precisions of genes", at: "precisions/columns", "d₂ × d₂"),
      .record("values", at: "data"),
    ]
  }
}

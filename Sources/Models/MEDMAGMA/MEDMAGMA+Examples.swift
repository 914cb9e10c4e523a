public import Modeling

extension MEDMAGMA {
  /// A dozen EM iterations with short paths of the eigenvalues, for every kind of curvature.
  public static var examples: [ModelExample] {
    let small = ModelExample(
      ["iterations": "12", "tolerance": "0", "kernel-iterations": "100"], on: .denseCounts,
      unknown: ["medmagma_scaling"],
      except: [.rowOrder: "the scalings start at random numbers in the order of the rows"])
    return [
      small,
      small.varied(["curvature": "none"]),
      small.varied(["curvature": "plus", "penalty": "0.1"]),
      small.varied(["quotient-passes": "1", "square": "false", "matrices": "true"]),
      small.varied(
        ["values": "reals", "log1p": "false", "labels": "class", "highly-variable": "12"],
        on: ExampleData(rowCount: 20, columnCount: 18, density: 0.9, values: .logarithms)),
    ]
  }

  /// The edges of genes: more cells, better networks.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: KroneckerSimulator.self, ["columns": "24"], rows: ("rows", 12, 96),
      settings: [
        "values": "reals", "log1p": "false", "highly-variable": "none", "square": "false",
        "matrices": "true",
      ], (truth: .columnPairs("column_edges"), estimate: .columnPairs("precision")), limit: 0.8)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter("precisions of cells", at: "em/rowPrecision", "d₁ × d₁"),
      ModelParameter("precisions of genes", at: "em/columnPrecision", "d₂ × d₂"),
      ModelParameter("scalings of cells", at: "em/rowScaling", "d₁", .positive),
      ModelParameter("scalings of genes", at: "em/columnScaling", "d₂", .positive),
      .record("inverses of the precisions", at: "em/inverses"),
      .record("values", at: "data"), .record("values after the quotient map", at: "quotient"),
    ]
  }
}

public import Modeling

extension PRRRConfiguration {
  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<PRRRConfiguration>] {
    dataSettings + modelSettings + inferenceSettings
  }

  private static var dataSettings: [Setting<PRRRConfiguration>] {
    covariateSettings(
      columns:
        "Columns of obs: categories become one column a level, numbers are standardised; NAME:category and NAME:number say otherwise, NAME* is all that begin so."
    ) + [
      .choice("scaling", \.scaling, "What is done to numbers among the covariates.")
    ] + sizeSettings + splitSettings(for: "held-out deviance and R²")
  }

  private static var modelSettings: [Setting<PRRRConfiguration>] {
    [
      .integer("rank", \.rank, in: 1...1000, "Factors k between covariates and genes."),
      .flag(
        "full-rank", \.fullRank,
        "A coefficient for every covariate and gene: one Poisson regression a gene, no factors."),
      .flag("intercept", \.intercept, "Whether every gene has an intercept."),
      .optionalNumber(
        "covariate-deviation", \.covariateDeviation, in: 1e-6...1e6,
        "Standard deviation of the normal prior of the covariates' loadings U (of all coefficients if --full-rank); none: 1/√p (1), p columns of covariates; published: 1."
      ),
      .optionalNumber(
        "gene-deviation", \.geneDeviation, in: 1e-6...1e6,
        "Standard deviation of the normal prior of the genes' loadings V; none: 1/√q, q genes; published: 1."
      ),
      .choice(
        "intercept-centre", \.interceptCentre,
        "Mean of the normal prior of the intercepts: each gene's rate, or 0 as published."),
      .number(
        "intercept-deviation", \.interceptDeviation, in: 1e-6...1e6,
        "Standard deviation of the normal prior of the intercepts."),
    ]
  }

  private static var inferenceSettings: [Setting<PRRRConfiguration>] {
    [
      .choice(
        "inference", \.inference,
        "map: alternating Newton steps; adam: the same maximum as published; variational: normal distributions."
      ),
      .choice(
        "start", \.start,
        "rates: intercepts at the genes' rates, the rest random; published: everything random."),
    ]
      + stepSettings(
        restarts: "3 for map, else 1",
        iterations: "500 for map, 2000 for adam, 5000 for variational",
        tolerance: "1e-9 for map, 1e-5 over 200 steps for variational, never for adam")
      + [
        .integer(
          "draws", \.draws, in: 1...1000,
          "Draws of the parameters in every step of variational inference.")
      ] + runSettings(random: "everything random")
  }
}

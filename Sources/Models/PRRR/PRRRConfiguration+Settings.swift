public import Modeling

extension PRRRConfiguration {
  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<PRRRConfiguration>] {
    dataSettings + modelSettings + inferenceSettings
  }

  private static var dataSettings: [Setting<PRRRConfiguration>] {
    [
      .texts(
        "covariates", \.sources.columns, "<obs column>,…",
        "Columns of obs: categories become one column a level, numbers are standardised; NAME:category and NAME:number say otherwise, NAME* is all that begin so."
      ),
      .texts(
        "covariates-from", \.sources.matrices, "<obsm/NAME>,…",
        "Matrices of obsm whose columns are covariates, such as coordinates: obsm/spatial."),
      .text(
        "donor-key", \.sources.donorKey, "<obs column>",
        "With --genotypes: the column of obs with each sample's donor; none: samples are named as donors."
      ),
      .choice(
        "missing", \.missing,
        "Rows that lack a covariate: left out, filled in with the mean or most frequent level, or an error."
      ),
      .choice("scaling", \.scaling, "What is done to numbers among the covariates."),
      .choice(
        "size-factor", \.sizeFactor,
        "What each row's rates are multiplied by: its total count or nothing."
      ),
      .text(
        "size-factor-column", \.sizeFactorColumn, "<obs column>",
        "Size factors from obs instead (totals before genes were selected)."),
      .number(
        "test-fraction", \.testFraction, in: 0...0.99,
        "Fraction of rows kept out of the fit, for held-out deviance and R²."),
    ]
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
      .optionalInteger(
        "restarts", \.restarts, in: 1...10_000,
        "Fits from different random starts, the best is kept; none: 3 for map, else 1."),
      .optionalInteger(
        "iterations", \.iterations, in: 1...10_000_000,
        "Steps of one fit at most; none: 500 for map, 2000 for adam, 5000 for variational."),
      .optionalNumber(
        "tolerance", \.tolerance, in: 0...1,
        "Relative change of the objective that ends a fit; none: 1e-9 for map, 1e-5 over 200 steps for variational, never for adam."
      ),
      .number("rate", \.rate, in: 1e-9...10, "Adam's learning rate."),
      .integer(
        "draws", \.draws, in: 1...1000,
        "Draws of the parameters in every step of variational inference."),
      .flag("coefficients", \.coefficients, "Write the covariates × genes matrix B = U V too."),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that the rows are cut into, the most ranks that can help; none: one for 256 rows, at most 64."
      ),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
    ]
  }
}

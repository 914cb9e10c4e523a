package import Modeling

/// Settings that every regression on covariates has, declared once for all of them.
package protocol RegressionConfiguration: ModelConfiguration {
  /// Where covariates come from: columns and matrices of the samples, genotypes of their donors.
  var sources: CovariateSources { get set }
  /// What happens to rows with a missing covariate.
  var missing: CovariateDesign.Missing { get set }
  /// Fraction of rows held out.
  var testFraction: Double { get set }
  /// Whether the p × q matrix of coefficients is written.
  var coefficients: Bool { get set }
  /// Lanes that the rows are cut into; nil: one for 256 rows, at most 64.
  var lanes: Int? { get set }
  /// The seed of everything random.
  var seed: Int { get set }
}

/// What the settings of PRRR and nn-PRRR, the regressions of counts, have in common.
package protocol CountRegressionConfiguration: RegressionConfiguration {
  /// The size factor.
  var sizeFactor: PRRRConfiguration.SizeFactor { get set }
  /// A column of obs with size factors.
  var sizeFactorColumn: String? { get set }
  /// Fits from different starts.
  var restarts: Int? { get set }
  /// Steps of each.
  var iterations: Int? { get set }
  /// Relative change that ends a fit.
  var tolerance: Double? { get set }
  /// Adam's learning rate.
  var rate: Double { get set }
  /// Fits from different starts, the default where none is set.
  var restartCount: Int { get }
  /// Steps of one fit at most, the default where none is set.
  var iterationLimit: Int { get }
}

extension RegressionConfiguration {
  /// Where covariates come from, and rows without.
  ///
  /// - Parameter columns: which columns of obs may be named, for help.
  package static func covariateSettings(columns: String) -> [Setting<Self>] {
    [
      .texts("covariates", \.sources.columns, "<obs column>,…", columns),
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
    ]
  }

  /// Rows held out.
  ///
  /// - Parameter figures: what they are held out for.
  package static func splitSettings(for figures: String) -> [Setting<Self>] {
    [
      .number(
        "test-fraction", \.testFraction, in: 0...0.99,
        "Fraction of rows kept out of the fit, for \(figures).")
    ]
  }

  /// What is written, lanes and the seed.
  ///
  /// - Parameter random: what the seed is for.
  package static func runSettings(random: String) -> [Setting<Self>] {
    [
      .flag("coefficients", \.coefficients, "Write the covariates × genes matrix B = U V too."),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that the rows are cut into, the most ranks that can help; none: one for 256 rows, at most 64."
      ),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of \(random)."),
    ]
  }
}

extension CountRegressionConfiguration {
  /// What rates are multiplied by.
  package static var sizeSettings: [Setting<Self>] {
    [
      .choice(
        "size-factor", \.sizeFactor,
        "What each row's rates are multiplied by: its total count or nothing."
      ),
      .text(
        "size-factor-column", \.sizeFactorColumn, "<obs column>",
        "Size factors from obs instead (totals before genes were selected)."),
    ]
  }

  /// Starts, steps and their end. The parameters say what stands for none, for help.
  package static func stepSettings(
    restarts: String, iterations: String, tolerance: String
  ) -> [Setting<Self>] {
    [
      .optionalInteger(
        "restarts", \.restarts, in: 1...10_000,
        "Fits from different random starts, the best is kept; none: \(restarts)."),
      .optionalInteger(
        "iterations", \.iterations, in: 1...10_000_000,
        "Steps of one fit at most; none: \(iterations)."),
      .optionalNumber(
        "tolerance", \.tolerance, in: 0...1,
        "Relative change of the objective that ends a fit; none: \(tolerance)."),
      .number("rate", \.rate, in: 1e-9...10, "Adam's learning rate."),
    ]
  }

  /// These settings for stand-in rows whose covariates are given, and that nothing stops: to time
  /// steps.
  package var forTiming: Self {
    var standIn = self
    standIn.sources = CovariateSources()
    standIn.sizeFactorColumn = nil
    standIn.testFraction = 0
    standIn.restarts = 1
    standIn.iterations = 1_000_000
    standIn.tolerance = 0
    return standIn
  }

  /// Where a fit stands after so many iterations of one of its starts.
  func report(
    start: Int, iteration: Int, rowCount: Int, measures: [StepReport.Measure]
  ) -> StepReport {
    StepReport(
      stage: (restartCount > 1 ? "\(name(ofStart: start)), " : "") + "iteration \(iteration)",
      progress: (Double(start) + min(Double(iteration) / Double(iterationLimit), 1))
        / Double(restartCount),
      rowsProcessed: rowCount, endsEpoch: true, measures: measures)
  }

  /// What the log says of a start that has ended; nothing where there is one only.
  func remarks(endOfStart start: Int, iteration: Int, best objective: Double?) -> [String] {
    guard restartCount > 1, let objective else { return [] }
    let name = name(ofStart: start)
    return ["\(name) ended after \(iteration) iterations; best objective \(objective)"]
  }

  private func name(ofStart start: Int) -> String { "start \(start + 1) of \(restartCount)" }
}

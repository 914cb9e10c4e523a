/// How a model finds again what data were simulated from: a simulation, the settings of a fit to it, and which
/// of the fit's arrays stands for which true one.
///
/// Models know their parameters up to sign, rotation, permutation and scale at most, all of them linear maps of the
/// columns, so the error is what no linear map explains:
///
///     1 − R² = ‖T − E A‖² / ‖T − 1 t̄‖²,   A least squares with an intercept,  T the truth, E the estimate
public struct ModelRecovery: Sendable {
  /// Where an array of a simulation or a fit is, with a row for every cell or gene.
  public enum Place: Sendable {
    /// A matrix of `obsm`.
    case rows(String)
    /// A matrix of `varm`.
    case columns(String)
    /// A matrix among a simulation's true parameters or a fit's parameters.
    case parameter(String)
    /// The transpose of such a matrix.
    case transposedParameter(String)
    /// The edges of a simulated graph of genes, or the precisions of a fit's: a number for each pair.
    case columnPairs(String)
  }

  /// What makes the data.
  public let simulator: any Simulator.Type
  /// Its settings by name.
  public let simulation: [String: String]
  /// The setting that says how many rows there are, and a small and a large number of them.
  public let rows: (setting: String, few: Int, many: Int)
  /// Settings of the fit, by name.
  public let settings: [String: String]
  /// What is to be found.
  public let truth: Place
  /// What stands for it in the fit.
  public let estimate: Place
  /// The largest error with many rows.
  public let limit: Double

  /// A recovery of an array of a simulation by a fit.
  public init(
    from simulator: any Simulator.Type, _ simulation: [String: String],
    rows: (setting: String, few: Int, many: Int), settings: [String: String],
    _ places: (truth: Place, estimate: Place), limit: Double
  ) {
    self.simulator = simulator
    self.simulation = simulation
    self.rows = rows
    self.settings = settings
    (truth, estimate) = places
    self.limit = limit
  }
}

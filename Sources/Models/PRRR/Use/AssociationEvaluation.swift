public import Modeling

/// The settings of `distfit evaluate` for regressions on covariates: none.
public struct AssociationEvaluation: ModelConfiguration {
  /// Nothing to set.
  public init() {}
  /// Evaluation has no settings of its own.
  public static var settings: [Setting<AssociationEvaluation>] { [] }
}

extension AssociationModel where Evaluation == AssociationEvaluation {
  /// Objective and deviance of the fit; deviance and R² of the samples held out.
  ///
  /// - Throws: `ModelError` where the fit held none out.
  public static func evaluate(
    _ fit: FitContents, _ settings: AssociationEvaluation
  ) throws -> [Figure] {
    guard fit.parameters["held_out"] != nil else {
      throw ModelError(
        "\(fit.path): the fit held no samples out; fit with --test-fraction 0.2 to judge it by them"
      )
    }
    let places = [
      ("objective", "objective"), ("log-likelihood", "log_likelihood"), ("deviance", "deviance"),
      ("deviance, genes' rates alone", "null_deviance"),
      ("deviance explained", "deviance_explained"),
      ("held-out samples", "held_out/rows"),
      ("held-out log-likelihood", "held_out/log_likelihood"),
      ("held-out deviance", "held_out/deviance"),
      ("held-out deviance, genes' rates alone", "held_out/null_deviance"),
      ("standard error of their difference", "held_out/difference_standard_error"),
      ("held-out deviance explained", "held_out/deviance_explained"),
      ("held-out R²", "held_out/r_squared"),
      ("held-out R² of logarithms", "held_out/r_squared_log"),
    ]
    return places.compactMap { name, path in
      switch fit.parameters.node(at: path) {
      case .number(let value)?: Figure(name, value)
      case .integer(let value)?: Figure(name, Double(value))
      default: nil
      }
    }
  }
}

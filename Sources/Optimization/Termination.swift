/// Why an iteration ended, each case with the inequality it stands for.
///
/// `f` is the objective (minimised), `g` its gradient, `t` the step number.
public enum Termination: String, Codable, Sendable, Equatable, CaseIterable {
  /// A fixed schedule ran to its end (epochs planned, a cap that is part of the method): a success.
  case planCompleted
  /// ‖g‖ ≤ tolerance · max(1, ‖θ‖).
  case gradientTolerance
  /// |f(t) − f(t−1)| ≤ tolerance · max(|f(t)|, 1).
  case objectiveTolerance
  /// The validation objective stopped improving, by the rule that the model documents.
  case earlyStopping
  /// t = step limit, before any tolerance was met.
  case stepLimit
  /// The time allowed ran out.
  case timeLimit
  /// No step along the search direction satisfied the line search's conditions.
  case lineSearchFailed
  /// f or g became NaN or infinite; the state before that step is kept.
  case objectiveNotFinite

  /// Whether the method did what it set out to do: the others end with status 3.
  public var isSuccess: Bool {
    switch self {
    case .planCompleted, .gradientTolerance, .objectiveTolerance, .earlyStopping: true
    case .stepLimit, .timeLimit, .lineSearchFailed, .objectiveNotFinite: false
    }
  }
}

import Probability

/// Dropout: while learning, each unit of each row is zero with probability p, and the others are scaled up so that the
/// mean stays.
///
///     y_iu = x_iu · [draw(seed, key, epoch, i, u) ≥ p] / (1 − p)      ∂x_iu = ∂y_iu · the same factor
///
/// The draws are keyed by the row's number in the whole data, so a row's mask depends on no other row, on no thread and
/// on no rank. Evaluating, it is the identity.
///
/// Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, JMLR 15:1929–1958, 2014.
public struct Dropout: Codable, Sendable, Equatable {
  /// p, in 0..<1.
  public let probability: Double
  /// Tells the dropout layers of a model apart: two of one key have the same masks.
  public let key: Int

  /// Dropout with probability `probability`.
  public init(_ probability: Double, key: Int) {
    precondition(
      probability >= 0 && probability < 1, "a probability of \(probability), expected 0..<1")
    self.probability = probability
    self.key = key
  }

  /// The factors of rows × width units, 0 or 1/(1 − p).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func multiply<Scalar: NetworkScalar>(
    _ values: inout [Scalar], width: Int, _ pass: TrainingPass
  ) {
    guard probability > 0 else { return }
    let purpose: RandomPurpose = "dropout \(key)"
    let factor = Scalar(1 / (1 - probability))
    for (row, number) in pass.rows.enumerated() {
      var stream = pass.random.stream(purpose, step: pass.epoch, index: number)
      for unit in row * width..<(row + 1) * width {
        values[unit] = stream.uniform() < probability ? 0 : values[unit] * factor
      }
    }
  }
}

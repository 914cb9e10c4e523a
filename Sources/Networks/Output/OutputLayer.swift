public import Concurrency
public import Optimization

/// The output layer of a decoder with its likelihood, parameters and Adam moments.
///
/// Two conformers compute the same: `PlainOutputLayer`, which reads like the formulas and is the oracle of
/// the tests, and the fused kernels.
///
/// Rows are independent: the bits of a row's loss and hidden gradient do not depend on which other rows
/// are in the batch, nor on the number of threads.
public protocol OutputLayer<Scalar>: Codable, Sendable {
  /// The numbers it computes in.
  associatedtype Scalar: NetworkScalar

  /// A layer with these parameters and zero moments.
  ///
  /// - Parameters:
  ///   - weights: W, G × H, row-major.
  ///   - biases: b, G.
  ///   - logDispersions: ρ, G; ignored by likelihoods without dispersion.
  init(
    _ specification: OutputSpecification, weights: [Scalar], biases: [Scalar],
    logDispersions: [Scalar])

  /// What it computes.
  var specification: OutputSpecification { get }
  /// W, G × H, row-major.
  var weights: [Scalar] { get }
  /// b, a bias for each of the G outputs.
  var biases: [Scalar] { get }
  /// ρ, from which the dispersions of the G outputs follow; empty without.
  var logDispersions: [Scalar] { get }

  /// How many 64-bit integers hold the gradient of all parameters.
  var limbCount: Int { get }

  /// Loss, hidden gradient and the gradient of all parameters; the latter replaces whatever `limbs` held.
  ///
  /// Local.
  func train(
    _ batch: OutputBatch<Scalar>, into limbs: UnsafeMutableBufferPointer<Int64>,
    on workers: Workers
  ) -> OutputResult<Scalar>

  /// Loss and hidden gradient only: for representations whose decoder stands still.
  ///
  /// Local.
  func backpropagate(_ batch: OutputBatch<Scalar>, on workers: Workers) -> OutputResult<Scalar>

  /// Losses only.
  ///
  /// Local.
  func losses(_ batch: OutputBatch<Scalar>, on workers: Workers) -> [Double]

  /// μ, rows × G, row-major, for rows with these hidden activations (rows × H) and scales.
  ///
  /// Local.
  func means(hidden: [Scalar], scales: [Scalar], on workers: Workers) -> [Scalar]

  /// Sets the gradient of some weights to zero: of weights that a mask leaves out.
  ///
  /// - Parameter positions: g · H + h.
  func clearGradient(
    ofWeights positions: [Int], in limbs: UnsafeMutableBufferPointer<Int64>)

  /// One step of Adam on all parameters along the gradient that (summed) limbs hold.
  ///
  /// Local; the same on every rank.
  mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers)

  /// The gradient that limbs hold, as plain arrays.
  func gradient(of limbs: UnsafeBufferPointer<Int64>) -> OutputParameters<Scalar>
}

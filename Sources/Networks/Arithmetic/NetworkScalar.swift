public import Concurrency
public import Optimization
public import RealModule

/// The numbers a network computes in: single precision in production, by kernels; double precision for checks and
/// for parity with reference values, by the formulas themselves.
public protocol NetworkScalar: Real, BinaryFloatingPoint, BitwiseCopyable, Codable, Sendable {
  /// How products and sums of these numbers are made.
  associatedtype Arithmetic: NetworkArithmetic where Arithmetic.Scalar == Self
}

extension Float: NetworkScalar {
  /// Kernels of the instruction set of this processor.
  public typealias Arithmetic = KernelArithmetic
}

extension Double: NetworkScalar {
  /// Loops that read like the formulas.
  public typealias Arithmetic = FormulaArithmetic<Double>
}

/// What layers need to compute: their products, and how gradients are held as integers.
///
/// Each output entry is one chain of sums over its inputs, so a row's bits do not depend on the other rows of a call;
/// a gradient is summed in floating point over the rows of one lane, in order, and over lanes as integers, so its
/// bits do not depend on which lanes share a process.
public protocol NetworkArithmetic<Scalar>: Sendable {
  /// The numbers computed in.
  associatedtype Scalar: NetworkScalar

  /// 64-bit integers that hold one summed number.
  static var limbsPerNumber: Int { get }

  /// The gradient that summed limbs hold, in the layout of the parameters.
  static func gradient(
    of limbs: UnsafeBufferPointer<Int64>, in parameters: Parameters<Scalar>
  ) -> [Scalar]

  /// One step of Adam along the gradient that summed limbs hold.
  static func move(
    _ parameters: inout Parameters<Scalar>, _ step: AdamStep,
    along limbs: UnsafeBufferPointer<Int64>, on workers: Workers)

  /// Adds a lane's part of the gradient, in the layout of the parameters, to limbs.
  ///
  /// - Returns: how many numbers were not finite or out of range; they are left out.
  static func add(
    _ part: [Scalar], of parameters: Parameters<Scalar>,
    to limbs: UnsafeMutableBufferPointer<Int64>
  ) -> Int

  /// W x + b for rows × inputs: see `Dense`.
  static func forward(
    _ parameters: Parameters<Scalar>, _ inputs: [Scalar], rowCount: Int, _ tools: NetworkTools,
    on workers: Workers
  ) -> [Scalar]

  /// Gradient by the inputs from that by the outputs, and that of the parameters into limbs unless nil: see `Dense`.
  static func backward(
    _ parameters: Parameters<Scalar>, _ outputGradient: [Scalar], inputs: [Scalar],
    groups: LaneGroups, into limbs: UnsafeMutableBufferPointer<Int64>?, _ tools: NetworkTools,
    on workers: Workers
  ) -> BackwardResult<Scalar>

  /// b + Σ t(x_g) w_g for rows of counts whose t(x) is known: see `SparseDense`.
  static func forward(
    _ parameters: Parameters<Scalar>, _ inputs: SparseInputs<Scalar>, _ tools: NetworkTools,
    on workers: Workers
  ) -> [Scalar]

  /// The gradient of the parameters into limbs: see `SparseDense`.
  ///
  /// - Returns: how many numbers were not finite or out of range; they are left out.
  static func backward(
    _ parameters: Parameters<Scalar>, _ inputs: SparseInputs<Scalar>, _ outputGradient: [Scalar],
    into limbs: UnsafeMutableBufferPointer<Int64>, _ tools: NetworkTools, on workers: Workers
  ) -> Int
}

/// What a network hands back on the way backwards.
public struct BackwardResult<Scalar: NetworkScalar>: Sendable {
  /// ∂ loss / ∂ inputs: rows × inputs, row-major.
  public var inputGradient: [Scalar]
  /// Gradient entries that were not finite or out of range and are missing from the limbs.
  public var faultCount: Int
}

/// The counts that a `SparseDense` layer multiplies.
public struct SparseInputs<Scalar: NetworkScalar>: Sendable {
  /// Counts, by rows.
  let counts: SparseBatch<Scalar>
  /// t(x) of every entry.
  let transformed: [Scalar]
  /// Which rows belong to which lane.
  let groups: LaneGroups
}

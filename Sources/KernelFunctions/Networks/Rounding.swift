// From kernels' integers to parameters.

/// The numbers of a step of Adam: see `Optimization.AdamStep`.
@frozen public struct AdamNumbers: Sendable {
  /// η / (1 − β₁ᵗ).
  public let size: Float
  /// 1 / √(1 − β₂ᵗ).
  public let factor: Float
  /// β₁, the memory of the first moment.
  public let beta1: Float
  /// β₂, the memory of the second moment.
  public let beta2: Float
  /// ε, added to the root of the second moment.
  public let epsilon: Float
  /// λ, the weight decay.
  public let decay: Float

  /// All of them together.
  public init(
    size: Float, factor: Float, beta1: Float, beta2: Float, epsilon: Float, decay: Float
  ) {
    self.size = size
    self.factor = factor
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.decay = decay
  }
}

/// Adam on `count` parameters (a multiple of 8) whose gradient is `sums` · `unit`.
///
/// - Returns: the largest |gradient|.
@_alwaysEmitIntoClient @inline(always)
public func moveParameters<I: VectorInstructions>(
  _ instructions: I.Type, _ step: AdamNumbers, _ theta: UnsafeMutablePointer<Float>,
  _ m: UnsafeMutablePointer<Float>,
  _ v: UnsafeMutablePointer<Float>, along sums: UnsafePointer<Int64>, unit: Double, count: Int
) -> Float {
  var largest = HalfFloats(repeating: 0)
  let zero = HalfFloats(repeating: 0)
  var index = 0
  while index < count {
    let integers = UnsafeRawPointer(sums + index).loadUnaligned(as: SIMD8<Int64>.self)
    let plain = HalfFloats(I.doubles(integers) * SIMD8(repeating: unit))
    let size = plain.replacing(with: zero - plain, where: plain .< zero)
    largest.replace(with: size, where: largest .< size)
    let old = UnsafeRawPointer(theta + index).loadUnaligned(as: HalfFloats.self)
    let gradient = plain + old * step.decay
    let first =
      UnsafeRawPointer(m + index).loadUnaligned(as: HalfFloats.self) * step.beta1
      + gradient * (1 - step.beta1)
    let second =
      UnsafeRawPointer(v + index).loadUnaligned(as: HalfFloats.self) * step.beta2
      + gradient * gradient * (1 - step.beta2)
    UnsafeMutableRawPointer(m + index).storeBytes(of: first, as: HalfFloats.self)
    UnsafeMutableRawPointer(v + index).storeBytes(of: second, as: HalfFloats.self)
    let moved = old - first * step.size / (I.squareRoot(second) * step.factor + step.epsilon)
    UnsafeMutableRawPointer(theta + index).storeBytes(of: moved, as: HalfFloats.self)
    index &+= 8
  }
  var result = largest[0]
  for place in 1..<8 where largest[place] > result { result = largest[place] }
  return result
}

/// log Σ eᵃ of each row from the chunks' largest logits and sums, chunks in order.
@_alwaysEmitIntoClient @inline(always)
public func combineLogSums(
  _ maxima: UnsafePointer<Floats>, _ sums: UnsafePointer<Floats>, count: Int, apart: Int
) -> Floats {
  var maximum = maxima[0]
  for c in 1..<max(count, 1) { maximum = larger(maximum, maxima[c &* apart]) }
  let least = Floats(repeating: -86)
  var sum = Floats(repeating: 0)
  for c in 0..<count {
    sum = sum.addingProduct(
      sums[c &* apart], exponential(larger(maxima[c &* apart] - maximum, least)))
  }
  return maximum + logarithm(sum)
}

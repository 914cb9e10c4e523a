/// One stream of random numbers, made by ``RandomSource/stream(_:step:index:)``.
///
/// A value: a copy continues independently with the same numbers. A stream holds 2³⁴ words of 32 bits and
/// traps beyond them.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var words = SIMD4<UInt32>()
  private var used = 4

  init(key: SIMD2<UInt32>, counter: SIMD4<UInt32>) {
    self.key = key
    self.counter = counter
  }

  /// The next 64 random bits: two of the four words of a block.
  public mutating func next() -> UInt64 {
    if used > 2 { refill() }
    defer { used += 2 }
    return UInt64(words[used]) | UInt64(words[used + 1]) << 32
  }

  private mutating func refill() {
    words = Philox.block(counter: counter, key: key)
    counter.x += 1
    used = 0
  }

  // MARK: - Uniform

  /// A number from the uniform distribution on [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number from the uniform distribution on (0, 1): an odd multiple of 2⁻⁵³, so that neither end can
  /// occur and u and 1 − u are equally likely.
  public mutating func uniformOpen() -> Double {
    Double((next() >> 11) | 1) * 0x1p-53
  }

  /// A number from the uniform distribution on [lower bound, upper bound).
  public mutating func uniform(in range: Range<Double>) -> Double {
    let value = range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    return min(value, range.upperBound.nextDown)
  }

  // MARK: - Integers

  /// An integer of 0..<count, each equally likely (no modulo bias).
  ///
  /// Source: D. Lemire, Fast random integer generation in an interval, ACM Trans. Model. Comput. Simul.
  /// 29(1):3, 2019, doi:10.1145/3230636.
  /// - Precondition: count > 0.
  public mutating func integer(below count: Int) -> Int {
    precondition(count > 0, "no integer lies below \(count)")
    let count = UInt64(count)
    var product = next().multipliedFullWidth(by: count)
    if product.low < count {
      let threshold = (0 &- count) % count
      while product.low < threshold { product = next().multipliedFullWidth(by: count) }
    }
    return Int(product.high)
  }
}

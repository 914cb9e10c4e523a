// What coordinate ascent for topics does beside its matrix products, four numbers at a time.
//
//   a concentration   p, q sums over sources of the counted and of the other allele   y copies   x reads

/// exp(ψ(x)) for x ≥ 0, relative error below 10⁻¹³: see `expDigamma` in Probability, which has the same formula.
///
/// Below 8 by eight steps of the recurrence at once: exp ψ(x) = exp ψ(x + 8) · exp(−Σ_{i<8} 1/(x + i)).
@_alwaysEmitIntoClient @inline(always)
public func expDigamma(_ x: Doubles) -> Doubles {
  let isShort = x .< Doubles(repeating: 8)
  guard any(isShort) else { return expDigammaSeries(x) }
  var point = x
  var numerator = Doubles(repeating: 1)
  var denominator = x
  for _ in 1..<8 {
    point += 1
    numerator = denominator.addingProduct(numerator, point)
    denominator *= point
  }
  let least = Doubles(repeating: -700)
  var shift = -(numerator / denominator)
  shift.replace(with: least, where: shift .< least)
  let shifted = expDigammaSeries(x + 8) * exponential(shift)
  return expDigammaSeries(x).replacing(with: shifted, where: isShort)
}

/// exp(ψ(x)) for x ≥ 8.
@_alwaysEmitIntoClient @inline(always)
func expDigammaSeries(_ x: Doubles) -> Doubles {
  let y = x - 0.5
  let u = 1 / (y * y)
  var sum = Doubles(repeating: -0.43960443686008127)
  sum = Doubles(repeating: 0.08238185223878776).addingProduct(sum, u)
  sum = Doubles(repeating: -0.020734675824368137).addingProduct(sum, u)
  sum = Doubles(repeating: 0.007365033269308669).addingProduct(sum, u)
  sum = Doubles(repeating: -0.0039535574489730305).addingProduct(sum, u)
  sum = Doubles(repeating: 0.003552482914462081).addingProduct(sum, u)
  sum = Doubles(repeating: -0.006423611111111111).addingProduct(sum, u)
  sum = Doubles(repeating: 0.041666666666666664).addingProduct(sum, u)
  return y.addingProduct(y, sum * u)
}

/// Up to four numbers from memory, `filler` behind them.
@_alwaysEmitIntoClient @inline(always)
func load(_ values: UnsafePointer<Double>, _ count: Int, filler: Double) -> Doubles {
  if count >= 4 { return UnsafeRawPointer(values).loadUnaligned(as: Doubles.self) }
  var result = Doubles(repeating: filler)
  for index in 0..<count { result[index] = values[index] }
  return result
}

/// Up to four numbers to memory.
@_alwaysEmitIntoClient @inline(always)
func store(_ values: Doubles, _ count: Int, to target: UnsafeMutablePointer<Double>) {
  if count >= 4 {
    UnsafeMutableRawPointer(target).storeBytes(of: values, as: Doubles.self)
  } else {
    for index in 0..<count { target[index] = values[index] }
  }
}

extension TopicKernels {
  /// a ← exp(ψ(a) − ψ(Σ a)) for every row.
  @_alwaysEmitIntoClient @inline(never)
  public func dirichlet(
    _ a: UnsafeMutablePointer<Double>, rowCount: Int, width: Int, totals: UnsafePointer<Double>
  ) {
    for row in 0..<rowCount {
      let scale = Doubles(repeating: 1) / expDigamma(Doubles(repeating: totals[row]))
      let start = a + row * width
      var index = 0
      while index < width {
        let values = load(start + index, width - index, filler: 9)
        store(expDigamma(values) * scale, width - index, to: start + index)
        index += 4
      }
    }
  }

  /// a ← exp(ψ(a) − ψ(a + b)),  b ← exp(ψ(b) − ψ(a + b)).
  @_alwaysEmitIntoClient @inline(never)
  public func beta(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, count: Int
  ) {
    var index = 0
    while index < count {
      let counted = load(a + index, count - index, filler: 9)
      let other = load(b + index, count - index, filler: 9)
      let scale = 1 / expDigamma(counted + other)
      store(expDigamma(counted) * scale, count - index, to: a + index)
      store(expDigamma(other) * scale, count - index, to: b + index)
      index += 4
    }
  }
}

/// Copies of the counted and of the other allele for four genotypes; none of either where one is missing (3).
@_alwaysEmitIntoClient @inline(always)
func copies(_ genotypes: UnsafePointer<UInt8>, _ count: Int) -> (ones: Doubles, zeros: Doubles) {
  var word: UInt32 = 0x0303_0303
  if count >= 4 {
    word = UnsafeRawPointer(genotypes).loadUnaligned(as: UInt32.self)
  } else {
    for index in 0..<count {
      word &= ~(0xFF &<< UInt32(8 * index))
      word |= UInt32(genotypes[index]) &<< UInt32(8 * index)
    }
  }
  let bytes = (SIMD4(repeating: UInt64(word)) &>> SIMD4(0, 8, 16, 24)) & SIMD4(repeating: 0xFF)
  let ones =
    unsafeBitCast(bytes | SIMD4(repeating: 0x4330_0000_0000_0000), to: Doubles.self) - 0x1p52
  let zero = Doubles(repeating: 0)
  let isMissing = Doubles(repeating: 2) .< ones
  return (
    ones.replacing(with: zero, where: isMissing), (2 - ones).replacing(with: zero, where: isMissing)
  )
}

extension TopicKernels {
  /// p ← y / p,  q ← (2 − y) / q;  0 where there is no copy.
  @_alwaysEmitIntoClient @inline(never)
  public func divide(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafeMutablePointer<Double>,
    _ q: UnsafeMutablePointer<Double>, count: Int
  ) {
    let zero = Doubles(repeating: 0)
    var index = 0
    while index < count {
      let (ones, zeros) = copies(genotypes + index, count - index)
      let counted = ones / load(p + index, count - index, filler: 1)
      let other = zeros / load(q + index, count - index, filler: 1)
      store(
        counted.replacing(with: zero, where: ones .== zero), count - index, to: p + index)
      store(
        other.replacing(with: zero, where: zeros .== zero), count - index, to: q + index)
      index += 4
    }
  }

  /// Σ y log p + (2 − y) log q: a logarithm for several genotypes.
  @_alwaysEmitIntoClient @inline(never)
  public func logLikelihood(
    copies genotypes: UnsafePointer<UInt8>, _ p: UnsafePointer<Double>, _ q: UnsafePointer<Double>,
    count: Int
  ) -> Double {
    let one = Doubles(repeating: 1)
    let least = Doubles(repeating: 1e-300)
    // Factors of 10⁻³⁰ and more cannot bring three more of them below the smallest number.
    let small = Doubles(repeating: 1e-60)
    var sum = Doubles(repeating: 0)
    var product = one
    var (index, factors) = (0, 0)
    while index < count {
      let (ones, zeros) = copies(genotypes + index, count - index)
      let counted = load(p + index, count - index, filler: 1)
      let other = load(q + index, count - index, filler: 1)
      var factor = one.replacing(with: counted, where: one .<= ones)
      factor = factor.replacing(with: factor * counted, where: one .< ones)
      factor = factor.replacing(with: factor * other, where: one .<= zeros)
      factor = factor.replacing(with: factor * other, where: one .< zeros)
      product *= factor.replacing(with: least, where: factor .< least)
      factors += 1
      if factors == 4 || any(product .< small) {
        sum += logarithm(product)
        product = one
        factors = 0
      }
      index += 4
    }
    return (sum + logarithm(product)).sum()
  }

  /// d ← x / d, 0 where there is no read.
  @_alwaysEmitIntoClient @inline(never)
  public func divide(
    reads x: UnsafePointer<Double>, _ d: UnsafeMutablePointer<Double>, count: Int
  ) {
    let zero = Doubles(repeating: 0)
    var index = 0
    while index < count {
      let reads = load(x + index, count - index, filler: 0)
      let ratio = reads / load(d + index, count - index, filler: 1)
      store(ratio.replacing(with: zero, where: reads .== zero), count - index, to: d + index)
      index += 4
    }
  }

  /// Σ x log d.
  @_alwaysEmitIntoClient @inline(never)
  public func logLikelihood(
    reads x: UnsafePointer<Double>, _ d: UnsafePointer<Double>, count: Int
  ) -> Double {
    let zero = Doubles(repeating: 0)
    let one = Doubles(repeating: 1)
    let least = Doubles(repeating: 1e-300)
    var sum = zero
    var index = 0
    while index < count {
      let reads = load(x + index, count - index, filler: 0)
      var point = load(d + index, count - index, filler: 1)
      point.replace(with: least, where: point .< least)
      point.replace(with: one, where: reads .== zero)
      sum = sum.addingProduct(reads, logarithm(point))
      index += 4
    }
    return sum.sum()
  }
}

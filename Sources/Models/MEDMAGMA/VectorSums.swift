// Sums over long vectors, eight partial sums each: short chains of additions, and less rounding.

typealias Eight = SIMD8<Double>

/// Calls `body` with eight numbers of both vectors at a time and where they begin, zeros after the last.
///
/// - Precondition: equal lengths.
@inline(__always)
func forEachEight(_ a: [Double], _ b: [Double], _ body: (Eight, Eight, Int) -> Void) {
  precondition(a.count == b.count, "vectors of \(a.count) and \(b.count)")
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let count = a.count / 8
      var start = 0
      while start + 8 <= count {
        body(
          a.loadUnaligned(fromByteOffset: 8 * start, as: Eight.self),
          b.loadUnaligned(fromByteOffset: 8 * start, as: Eight.self), start)
        start += 8
      }
      guard start < count else { return }
      var (lastA, lastB) = (Eight.zero, Eight.zero)
      for lane in 0..<count - start {
        lastA[lane] = a.loadUnaligned(fromByteOffset: 8 * (start + lane), as: Double.self)
        lastB[lane] = b.loadUnaligned(fromByteOffset: 8 * (start + lane), as: Double.self)
      }
      body(lastA, lastB, start)
    }
  }
}

/// Stores eight numbers, or as many as fit.
@inline(__always)
func store(_ eight: Eight, in target: UnsafeMutableBufferPointer<Double>, at start: Int) {
  if start + 8 <= target.count {
    UnsafeMutableRawBufferPointer(target)
      .storeBytes(of: eight, toByteOffset: 8 * start, as: Eight.self)
  } else {
    for lane in 0..<target.count - start { target[start + lane] = eight[lane] }
  }
}

/// Σ a b.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = Eight.zero
  forEachEight(a, b) { a, b, _ in sum += a * b }
  return sum.sum()
}

/// √Σ (a − b)².
func distance(_ a: [Double], _ b: [Double]) -> Double {
  var sum = Eight.zero
  forEachEight(a, b) { a, b, _ in
    let difference = a - b
    sum += difference * difference
  }
  return sum.sum().squareRoot()
}

// Sums over long vectors, eight partial sums each: short chains of additions, and less rounding.

typealias Eight = SIMD8<Double>

/// Calls `body` with eight numbers of both vectors at a time and where they begin, zeros after the last.
@inline(__always)
func forEachEight(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int,
  _ body: (Eight, Eight, Int) -> Void
) {
  var start = 0
  while start + 8 <= count {
    body(
      UnsafeRawPointer(a + start).loadUnaligned(as: Eight.self),
      UnsafeRawPointer(b + start).loadUnaligned(as: Eight.self), start)
    start += 8
  }
  guard start < count else { return }
  var (lastA, lastB) = (Eight.zero, Eight.zero)
  for lane in 0..<count - start { (lastA[lane], lastB[lane]) = (a[start + lane], b[start + lane]) }
  body(lastA, lastB, start)
}

/// Calls `body` with eight numbers of both arrays at a time; the last eight are filled up with
/// zeros.
///
/// - Precondition: equal lengths.
@inline(__always)
func forEachEight(_ a: [Double], _ b: [Double], _ body: (Eight, Eight, Int) -> Void) {
  precondition(a.count == b.count, "vectors of \(a.count) and \(b.count)")
  a.withUnsafeBufferPointer { first in
    b.withUnsafeBufferPointer { second in
      guard let first = first.baseAddress, let second = second.baseAddress else { return }
      forEachEight(first, second, count: a.count, body)
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

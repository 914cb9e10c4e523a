public import RealModule

/// log Σ exp(x_i), without overflow.
///
/// Edge cases: no numbers give −∞; a +∞ gives +∞; NaN gives NaN.
public func logSumExp<Scalar: Real>(_ values: some Collection<Scalar>) -> Scalar {
  var largest = -Scalar.infinity
  for value in values {
    if value.isNaN { return value }
    largest = max(largest, value)
  }
  guard largest.isFinite else { return largest }
  var sum: Scalar = 0
  for value in values { sum += .exp(value - largest) }
  return largest + .log(sum)
}

/// log(exp(a) + exp(b)), without overflow.
public func logSumExp<Scalar: Real>(_ a: Scalar, _ b: Scalar) -> Scalar {
  let larger = max(a, b)
  if a.isNaN || b.isNaN || !larger.isFinite { return a + b == a + b ? larger : .nan }
  return larger + .log(onePlus: .exp(min(a, b) - larger))
}

/// Replaces x by softmax(x) and returns log Σ exp(x_i).
///
/// - Precondition: one number or more, none NaN, not all −∞.
@discardableResult
public func softmaxInPlace<Scalar: Real>(_ values: UnsafeMutableBufferPointer<Scalar>) -> Scalar {
  var largest = -Scalar.infinity
  for value in values { largest = max(largest, value) }
  var sum: Scalar = 0
  for index in values.indices {
    values[index] = .exp(values[index] - largest)
    sum += values[index]
  }
  for index in values.indices { values[index] /= sum }
  return largest + .log(sum)
}

/// log(1 + exp(x)), the softplus function, accurate at both ends.
public func log1pExp<Scalar: Real>(_ x: Scalar) -> Scalar {
  x > 0 ? x + .log(onePlus: .exp(-x)) : .log(onePlus: .exp(x))
}

/// log(1 − exp(x)) for x ≤ 0; −∞ at 0.
///
/// Source: M. Mächler, Accurately computing log(1 − exp(−|a|)), R package Rmpfr, 2012.
public func log1mExp<Scalar: Real>(_ x: Scalar) -> Scalar {
  -x < .log(2) ? .log(-.expMinusOne(x)) : .log(onePlus: -.exp(x))
}

/// The x with log(1 + exp(x)) = y, for y > 0.
public func inverseSoftplus<Scalar: Real>(_ y: Scalar) -> Scalar {
  y + log1mExp(-y)
}

/// 1 / (1 + exp(−x)), accurate at both ends.
public func sigmoid<Scalar: Real>(_ x: Scalar) -> Scalar {
  if x >= 0 { return 1 / (1 + .exp(-x)) }
  let e = Scalar.exp(x)
  return e / (1 + e)
}

/// x log(y), 0 where x = 0 whatever y is.
public func xLogY<Scalar: Real>(_ x: Scalar, _ y: Scalar) -> Scalar {
  x == 0 ? 0 : x * .log(y)
}

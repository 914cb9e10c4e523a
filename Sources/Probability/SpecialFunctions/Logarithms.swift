public import RealModule

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

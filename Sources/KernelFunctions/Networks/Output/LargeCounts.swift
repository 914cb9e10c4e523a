// Functions of long counts, in double precision, by Stirling's series.

/// log Γ(x) for x ≥ 9, log x being known: error below 10⁻¹² + 10⁻¹⁶ |log Γ|.
@_alwaysEmitIntoClient @inline(always)
func logGamma(_ x: Doubles, logarithm: Doubles) -> Doubles {
  let inverse = 1 / x
  let square = inverse * inverse
  var p = Doubles(repeating: -1.0 / 1680)
  p = Doubles(repeating: 1.0 / 1260).addingProduct(p, square)
  p = Doubles(repeating: -1.0 / 360).addingProduct(p, square)
  p = Doubles(repeating: 1.0 / 12).addingProduct(p, square)
  return (x - 0.5) * logarithm - x + 0.918_938_533_204_672_7 + inverse * p
}

/// ψ(x) for x ≥ 9, log x being known: error below 10⁻¹².
@_alwaysEmitIntoClient @inline(always)
func digamma(_ x: Doubles, logarithm: Doubles) -> Doubles {
  let inverse = 1 / x
  let square = inverse * inverse
  var p = Doubles(repeating: 1.0 / 132)
  p = Doubles(repeating: -1.0 / 240).addingProduct(p, square)
  p = Doubles(repeating: 1.0 / 252).addingProduct(p, square)
  p = Doubles(repeating: -1.0 / 120).addingProduct(p, square)
  p = Doubles(repeating: 1.0 / 12).addingProduct(p, square)
  return logarithm - inverse * 0.5 - square * p
}

/// log k! of long counts.
@_alwaysEmitIntoClient @inline(always)
func logFactorial(_ k: Doubles) -> Doubles {
  let argument = k + 1
  return logGamma(argument, logarithm: logarithm(argument))
}

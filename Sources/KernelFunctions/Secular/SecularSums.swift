// Sums over the poles of a secular equation. Legend:
//
//   d pole, w the square of its weight z        x − d and d − x are never 0: roots lie between poles

extension SecularKernels {
  /// Σ w/(d − x) and Σ w/(d − x)².
  @_alwaysEmitIntoClient @inline(never)
  public func poleSums(
    _ d: UnsafePointer<Double>, _ w: UnsafePointer<Double>, count: Int, at x: Double
  ) -> (value: Double, slope: Double) {
    var (sum, slope) = (Points.zero, Points.zero)
    @inline(__always) func add(_ d: Points, _ w: Points) {
      let reciprocal = 1 / (d - x)
      let term = w * reciprocal
      sum += term
      slope += term * reciprocal
    }
    var start = 0
    while start + 8 <= count {
      add(points(d + start), points(w + start))
      start += 8
    }
    if start < count {
      var (lastD, lastW) = (Points(repeating: x + max(abs(x), 1)), Points.zero)
      for index in start..<count {
        (lastD[index - start], lastW[index - start]) = (d[index], w[index])
      }
      add(lastD, lastW)
    }
    return (sum.sum(), slope.sum())
  }

  /// products_i ← products_i · differences_i / (d_i − pole).
  @_alwaysEmitIntoClient @inline(never)
  public func multiply(
    _ products: UnsafeMutablePointer<Double>, byQuotientsOf differences: UnsafePointer<Double>,
    _ d: UnsafePointer<Double>, pole: Double, count: Int
  ) {
    var start = 0
    while start + 8 <= count {
      let quotients = points(differences + start) / (points(d + start) - pole)
      UnsafeMutableRawPointer(products + start)
        .storeBytes(of: points(products + start) * quotients, as: Points.self)
      start += 8
    }
    while start < count {
      products[start] *= differences[start] / (d[start] - pole)
      start += 1
    }
  }

  /// differences_i ← z_i / differences_i; returns the sum of their squares.
  @_alwaysEmitIntoClient @inline(never)
  public func divide(
    _ z: UnsafePointer<Double>, by differences: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    var sum = Points.zero
    var start = 0
    while start + 8 <= count {
      let quotients = points(z + start) / points(differences + start)
      sum += quotients * quotients
      UnsafeMutableRawPointer(differences + start).storeBytes(of: quotients, as: Points.self)
      start += 8
    }
    var rest = 0.0
    while start < count {
      differences[start] = z[start] / differences[start]
      rest += differences[start] * differences[start]
      start += 1
    }
    return sum.sum() + rest
  }
}

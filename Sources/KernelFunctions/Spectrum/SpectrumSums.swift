// Sums over many points on a line through Chebyshev polynomials. Legend:
//
//   x point, t = (x − center) · scale its place within −1…1      T_k(t) polynomials, T_k = 2 t T_(k−1) − T_(k−2)
//   node a point that stands for many, v its weight               y, w the same of the other axis

/// Eight points of a spectrum.
public typealias Points = SIMD8<Double>

@_alwaysEmitIntoClient @inline(always)
func points(_ x: UnsafePointer<Double>) -> Points {
  UnsafeRawPointer(x).loadUnaligned(as: Points.self)
}

/// The points left over when eights are taken, and 1 where there is one.
@_alwaysEmitIntoClient @inline(always)
func lastPoints(
  _ x: UnsafePointer<Double>, count: Int, filledWith filler: Double
) -> (points: Points, present: Points) {
  var (last, present) = (Points(repeating: filler), Points.zero)
  for index in 0..<count {
    last[index] = x[index]
    present[index] = 1
  }
  return (last, present)
}

extension SpectrumKernels {
  /// m_k = Σ_i T_k(t_i), eight partial sums each, k < termCount.
  @_alwaysEmitIntoClient @inline(never)
  public func moments(
    _ x: UnsafePointer<Double>, count: Int, center: Double, scale: Double, termCount: Int,
    into m: UnsafeMutablePointer<Points>
  ) {
    for k in 0..<termCount { m[k] = .zero }
    @inline(__always) func add(_ x: Points, _ present: Points) {
      let t = (x - center) * scale
      let twice = t + t
      // The polynomials are linear in T₀: where it is 0, so are all.
      var (old, new) = (present, present * t)
      m[0] += old
      for k in 1..<max(termCount, 1) {
        m[k] += new
        (old, new) = (new, (-old).addingProduct(twice, new))
      }
    }
    var start = 0
    while start + 8 <= count {
      add(points(x + start), Points(repeating: 1))
      start += 8
    }
    if start < count {
      let last = lastPoints(x + start, count: count - start, filledWith: center)
      add(last.points, last.present)
    }
  }

  /// Σ_k c_k T_k(t_i) of every point, by Clenshaw's recurrence.
  @_alwaysEmitIntoClient @inline(never)
  public func series(
    _ x: UnsafePointer<Double>, count: Int, center: Double, scale: Double,
    coefficients c: UnsafePointer<Double>, termCount: Int, into sums: UnsafeMutablePointer<Double>
  ) {
    @inline(__always) func value(_ x: Points) -> Points {
      let t = (x - center) * scale
      let twice = t + t
      var (b1, b2) = (Points.zero, Points.zero)
      var k = termCount - 1
      while k > 0 {
        (b1, b2) = ((Points(repeating: c[k]) - b2).addingProduct(twice, b1), b1)
        k -= 1
      }
      return (Points(repeating: c[0]) - b2).addingProduct(t, b1)
    }
    var start = 0
    while start + 8 <= count {
      UnsafeMutableRawPointer(sums + start)
        .storeBytes(of: value(points(x + start)), as: Points.self)
      start += 8
    }
    if start < count {
      let last = value(lastPoints(x + start, count: count - start, filledWith: center).points)
      for index in start..<count { sums[index] = last[index - start] }
    }
  }

  /// rowSums_a = Σ_b w_b/(x_a + y_b), columnSums_b += Σ_a v_a/(x_a + y_b); returns Σ_ab v_a w_b log(x_a + y_b).
  ///
  /// The other axis's nodes come in fours, the last filled up with nodes of weight 0.
  @_alwaysEmitIntoClient @inline(never)
  public func nodePairs(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, count: Int, _ y: UnsafePointer<Double>,
    _ w: UnsafePointer<Double>, vectorCount: Int, rowSums: UnsafeMutablePointer<Double>,
    columnSums: UnsafeMutablePointer<Double>
  ) -> Double {
    var logSum = 0.0
    for a in 0..<count {
      var (sum, logs) = (Doubles.zero, Doubles.zero)
      for b in 0..<vectorCount {
        let nodes = UnsafeRawPointer(y + 4 * b).loadUnaligned(as: Doubles.self) + x[a]
        let weights = UnsafeRawPointer(w + 4 * b).loadUnaligned(as: Doubles.self)
        let reciprocal = 1 / nodes
        sum = sum.addingProduct(weights, reciprocal)
        logs = logs.addingProduct(weights, logarithm(nodes))
        let target = UnsafeMutableRawPointer(columnSums + 4 * b)
        target.storeBytes(
          of: target.loadUnaligned(as: Doubles.self)
            .addingProduct(Doubles(repeating: v[a]), reciprocal), as: Doubles.self)
      }
      rowSums[a] = (sum[0] + sum[1]) + (sum[2] + sum[3])
      logSum += v[a] * ((logs[0] + logs[1]) + (logs[2] + logs[3]))
    }
    return logSum
  }

  /// The smallest and the largest of at least one point.
  @_alwaysEmitIntoClient @inline(never)
  public func bounds(_ x: UnsafePointer<Double>, count: Int) -> (low: Double, high: Double) {
    var (low, high) = (Points(repeating: x[0]), Points(repeating: x[0]))
    var start = 0
    while start + 8 <= count {
      let eight = points(x + start)
      low.replace(with: eight, where: eight .< low)
      high.replace(with: eight, where: high .< eight)
      start += 8
    }
    while start < count {
      low[0] = min(low[0], x[start])
      high[0] = max(high[0], x[start])
      start += 1
    }
    // Not by the library's functions: they are no part of this module, and the linker keeps one copy of them for all
    // instruction sets.
    var (smallest, largest) = (low[0], high[0])
    for place in 1..<8 {
      if low[place] < smallest { smallest = low[place] }
      if high[place] > largest { largest = high[place] }
    }
    return (smallest, largest)
  }
}

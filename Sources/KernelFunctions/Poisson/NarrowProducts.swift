// Matrix products with one narrow side, where a general library spends more on packing than on multiplying.

extension PoissonKernels {
  /// η_gn ← Σ_c b_gc h_cn for a tile of genes × rows.
  ///
  /// - Parameters:
  ///   - b: geneCount × width numbers, `stride` apart for each gene.
  ///   - h: width × vectorCount vectors of rows.
  ///   - eta: geneCount × vectorCount vectors, replaced.
  @_alwaysEmitIntoClient @inline(never)
  public func predictors(
    _ b: UnsafePointer<Double>, stride: Int, geneCount: Int, width: Int,
    _ h: UnsafePointer<WideDoubles>, vectorCount: Int, into eta: UnsafeMutablePointer<WideDoubles>
  ) {
    let zero = WideDoubles(repeating: 0)
    var g = 0
    while g + 4 <= geneCount {
      predictFour(
        b + g * stride, stride: stride, width: width, h, vectorCount: vectorCount,
        into: eta + g * vectorCount)
      g += 4
    }
    while g < geneCount {
      for j in 0..<vectorCount {
        var sum = zero
        for c in 0..<width {
          sum = sum.addingProduct(WideDoubles(repeating: b[g * stride + c]), h[c * vectorCount + j])
        }
        eta[g * vectorCount + j] = sum
      }
      g += 1
    }
  }

  /// c_m += Σ_d a_md b_d for rows c_m and b_d of `width` vectors.
  ///
  /// - Parameters:
  ///   - a: numbers, `rowStride` apart for m, `depthStride` apart for d.
  ///   - b: depth × width vectors.
  ///   - c: rowCount × width vectors.
  @_alwaysEmitIntoClient @inline(never)
  public func addProduct(
    _ a: UnsafePointer<Double>, rowStride: Int, depthStride: Int, rowCount: Int, depth: Int,
    _ b: UnsafePointer<WideDoubles>, width: Int, to c: UnsafeMutablePointer<WideDoubles>
  ) {
    var m = 0
    while m + 4 <= rowCount {
      addFourRows(
        a + m * rowStride, rowStride: rowStride, depthStride: depthStride, depth: depth, b,
        width: width, to: c + m * width)
      m += 4
    }
    while m < rowCount {
      for n in 0..<width {
        var sum = c[m * width + n]
        for d in 0..<depth {
          sum = sum.addingProduct(
            WideDoubles(repeating: a[m * rowStride + d * depthStride]), b[d * width + n])
        }
        c[m * width + n] = sum
      }
      m += 1
    }
  }
}

/// The predictors of four genes: eight sums side by side.
@_alwaysEmitIntoClient @inline(always)
func predictFour(
  _ b: UnsafePointer<Double>, stride: Int, width: Int, _ h: UnsafePointer<WideDoubles>,
  vectorCount: Int, into target: UnsafeMutablePointer<WideDoubles>
) {
  let zero = WideDoubles(repeating: 0)
  let (p, q, r, s) = (b, b + stride, b + 2 * stride, b + 3 * stride)
  var j = 0
  while j + 2 <= vectorCount {
    var (p0, q0, r0, s0) = (zero, zero, zero, zero)
    var (p1, q1, r1, s1) = (zero, zero, zero, zero)
    for c in 0..<width {
      let h0 = h[c * vectorCount + j]
      let h1 = h[c * vectorCount + j + 1]
      let (pc, qc) = (WideDoubles(repeating: p[c]), WideDoubles(repeating: q[c]))
      let (rc, sc) = (WideDoubles(repeating: r[c]), WideDoubles(repeating: s[c]))
      p0 = p0.addingProduct(pc, h0)
      q0 = q0.addingProduct(qc, h0)
      r0 = r0.addingProduct(rc, h0)
      s0 = s0.addingProduct(sc, h0)
      p1 = p1.addingProduct(pc, h1)
      q1 = q1.addingProduct(qc, h1)
      r1 = r1.addingProduct(rc, h1)
      s1 = s1.addingProduct(sc, h1)
    }
    target[j] = p0
    target[j + 1] = p1
    target[vectorCount + j] = q0
    target[vectorCount + j + 1] = q1
    target[2 * vectorCount + j] = r0
    target[2 * vectorCount + j + 1] = r1
    target[3 * vectorCount + j] = s0
    target[3 * vectorCount + j + 1] = s1
    j += 2
  }
  if j < vectorCount {
    var (p0, q0, r0, s0) = (zero, zero, zero, zero)
    for c in 0..<width {
      let h0 = h[c * vectorCount + j]
      p0 = p0.addingProduct(WideDoubles(repeating: p[c]), h0)
      q0 = q0.addingProduct(WideDoubles(repeating: q[c]), h0)
      r0 = r0.addingProduct(WideDoubles(repeating: r[c]), h0)
      s0 = s0.addingProduct(WideDoubles(repeating: s[c]), h0)
    }
    target[j] = p0
    target[vectorCount + j] = q0
    target[2 * vectorCount + j] = r0
    target[3 * vectorCount + j] = s0
  }
}

/// Four rows of a product with a narrow matrix: twelve sums side by side.
@_alwaysEmitIntoClient @inline(always)
func addFourRows(
  _ a: UnsafePointer<Double>, rowStride: Int, depthStride: Int, depth: Int,
  _ b: UnsafePointer<WideDoubles>, width: Int, to target: UnsafeMutablePointer<WideDoubles>
) {
  let (p, q, r, s) = (a, a + rowStride, a + 2 * rowStride, a + 3 * rowStride)
  var n = 0
  while n + 3 <= width {
    var (p0, p1, p2) = (target[n], target[n + 1], target[n + 2])
    var (q0, q1, q2) = (target[width + n], target[width + n + 1], target[width + n + 2])
    var (r0, r1, r2) = (
      target[2 * width + n], target[2 * width + n + 1], target[2 * width + n + 2]
    )
    var (s0, s1, s2) = (
      target[3 * width + n], target[3 * width + n + 1], target[3 * width + n + 2]
    )
    for d in 0..<depth {
      let (b0, b1, b2) = (b[d * width + n], b[d * width + n + 1], b[d * width + n + 2])
      let place = d * depthStride
      let pd = WideDoubles(repeating: p[place])
      p0 = p0.addingProduct(pd, b0)
      p1 = p1.addingProduct(pd, b1)
      p2 = p2.addingProduct(pd, b2)
      let qd = WideDoubles(repeating: q[place])
      q0 = q0.addingProduct(qd, b0)
      q1 = q1.addingProduct(qd, b1)
      q2 = q2.addingProduct(qd, b2)
      let rd = WideDoubles(repeating: r[place])
      r0 = r0.addingProduct(rd, b0)
      r1 = r1.addingProduct(rd, b1)
      r2 = r2.addingProduct(rd, b2)
      let sd = WideDoubles(repeating: s[place])
      s0 = s0.addingProduct(sd, b0)
      s1 = s1.addingProduct(sd, b1)
      s2 = s2.addingProduct(sd, b2)
    }
    (target[n], target[n + 1], target[n + 2]) = (p0, p1, p2)
    (target[width + n], target[width + n + 1], target[width + n + 2]) = (q0, q1, q2)
    (target[2 * width + n], target[2 * width + n + 1], target[2 * width + n + 2]) = (r0, r1, r2)
    (target[3 * width + n], target[3 * width + n + 1], target[3 * width + n + 2]) = (s0, s1, s2)
    n += 3
  }
  while n < width {
    var (p0, q0) = (target[n], target[width + n])
    var (r0, s0) = (target[2 * width + n], target[3 * width + n])
    for d in 0..<depth {
      let b0 = b[d * width + n]
      let place = d * depthStride
      p0 = p0.addingProduct(WideDoubles(repeating: p[place]), b0)
      q0 = q0.addingProduct(WideDoubles(repeating: q[place]), b0)
      r0 = r0.addingProduct(WideDoubles(repeating: r[place]), b0)
      s0 = s0.addingProduct(WideDoubles(repeating: s[place]), b0)
    }
    (target[n], target[width + n]) = (p0, q0)
    (target[2 * width + n], target[3 * width + n]) = (r0, s0)
    n += 1
  }
}

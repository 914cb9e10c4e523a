// The chains of Products.swift, written out so that each has its register: there is the legend.

/// u_gi of 12 genes side by side.
@_alwaysEmitIntoClient @inline(always)
func multiplyLogits12(
  _ w: UnsafePointer<Float>, stride: Int, inputCount: Int, _ x: UnsafePointer<Floats>,
  into u: UnsafeMutablePointer<Floats>
) {
  let w0 = w
  let w1 = w0 + stride
  let w2 = w1 + stride
  let w3 = w2 + stride
  let w4 = w3 + stride
  let w5 = w4 + stride
  let w6 = w5 + stride
  let w7 = w6 + stride
  let w8 = w7 + stride
  let w9 = w8 + stride
  let w10 = w9 + stride
  let w11 = w10 + stride
  var u0 = Floats(repeating: w0[inputCount])
  var u1 = Floats(repeating: w1[inputCount])
  var u2 = Floats(repeating: w2[inputCount])
  var u3 = Floats(repeating: w3[inputCount])
  var u4 = Floats(repeating: w4[inputCount])
  var u5 = Floats(repeating: w5[inputCount])
  var u6 = Floats(repeating: w6[inputCount])
  var u7 = Floats(repeating: w7[inputCount])
  var u8 = Floats(repeating: w8[inputCount])
  var u9 = Floats(repeating: w9[inputCount])
  var u10 = Floats(repeating: w10[inputCount])
  var u11 = Floats(repeating: w11[inputCount])
  for k in 0..<inputCount {
    let rows = x[k]
    u0 = u0.addingProduct(Floats(repeating: w0[k]), rows)
    u1 = u1.addingProduct(Floats(repeating: w1[k]), rows)
    u2 = u2.addingProduct(Floats(repeating: w2[k]), rows)
    u3 = u3.addingProduct(Floats(repeating: w3[k]), rows)
    u4 = u4.addingProduct(Floats(repeating: w4[k]), rows)
    u5 = u5.addingProduct(Floats(repeating: w5[k]), rows)
    u6 = u6.addingProduct(Floats(repeating: w6[k]), rows)
    u7 = u7.addingProduct(Floats(repeating: w7[k]), rows)
    u8 = u8.addingProduct(Floats(repeating: w8[k]), rows)
    u9 = u9.addingProduct(Floats(repeating: w9[k]), rows)
    u10 = u10.addingProduct(Floats(repeating: w10[k]), rows)
    u11 = u11.addingProduct(Floats(repeating: w11[k]), rows)
  }
  u[0] = u0
  u[1] = u1
  u[2] = u2
  u[3] = u3
  u[4] = u4
  u[5] = u5
  u[6] = u6
  u[7] = u7
  u[8] = u8
  u[9] = u9
  u[10] = u10
  u[11] = u11
}

/// u_gi of 6 genes side by side.
@_alwaysEmitIntoClient @inline(always)
func multiplyLogits6(
  _ w: UnsafePointer<Float>, stride: Int, inputCount: Int, _ x: UnsafePointer<Floats>,
  into u: UnsafeMutablePointer<Floats>
) {
  let w0 = w
  let w1 = w0 + stride
  let w2 = w1 + stride
  let w3 = w2 + stride
  let w4 = w3 + stride
  let w5 = w4 + stride
  var u0 = Floats(repeating: w0[inputCount])
  var u1 = Floats(repeating: w1[inputCount])
  var u2 = Floats(repeating: w2[inputCount])
  var u3 = Floats(repeating: w3[inputCount])
  var u4 = Floats(repeating: w4[inputCount])
  var u5 = Floats(repeating: w5[inputCount])
  for k in 0..<inputCount {
    let rows = x[k]
    u0 = u0.addingProduct(Floats(repeating: w0[k]), rows)
    u1 = u1.addingProduct(Floats(repeating: w1[k]), rows)
    u2 = u2.addingProduct(Floats(repeating: w2[k]), rows)
    u3 = u3.addingProduct(Floats(repeating: w3[k]), rows)
    u4 = u4.addingProduct(Floats(repeating: w4[k]), rows)
    u5 = u5.addingProduct(Floats(repeating: w5[k]), rows)
  }
  u[0] = u0
  u[1] = u1
  u[2] = u2
  u[3] = u3
  u[4] = u4
  u[5] = u5
}

/// u_gi of 4 genes side by side.
@_alwaysEmitIntoClient @inline(always)
func multiplyLogits4(
  _ w: UnsafePointer<Float>, stride: Int, inputCount: Int, _ x: UnsafePointer<Floats>,
  into u: UnsafeMutablePointer<Floats>
) {
  let w0 = w
  let w1 = w0 + stride
  let w2 = w1 + stride
  let w3 = w2 + stride
  var u0 = Floats(repeating: w0[inputCount])
  var u1 = Floats(repeating: w1[inputCount])
  var u2 = Floats(repeating: w2[inputCount])
  var u3 = Floats(repeating: w3[inputCount])
  for k in 0..<inputCount {
    let rows = x[k]
    u0 = u0.addingProduct(Floats(repeating: w0[k]), rows)
    u1 = u1.addingProduct(Floats(repeating: w1[k]), rows)
    u2 = u2.addingProduct(Floats(repeating: w2[k]), rows)
    u3 = u3.addingProduct(Floats(repeating: w3[k]), rows)
  }
  u[0] = u0
  u[1] = u1
  u[2] = u2
  u[3] = u3
}

/// u_gi of 1 genes side by side.
@_alwaysEmitIntoClient @inline(always)
func multiplyLogits1(
  _ w: UnsafePointer<Float>, stride: Int, inputCount: Int, _ x: UnsafePointer<Floats>,
  into u: UnsafeMutablePointer<Floats>
) {
  let w0 = w
  var u0 = Floats(repeating: w0[inputCount])
  for k in 0..<inputCount {
    let rows = x[k]
    u0 = u0.addingProduct(Floats(repeating: w0[k]), rows)
  }
  u[0] = u0
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for 12 values of k from w on.
@_alwaysEmitIntoClient @inline(always)
func multiplyHiddenGradient12(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, _ u: UnsafePointer<Floats>,
  into d: UnsafeMutablePointer<Floats>
) {
  var d0 = d[0]
  var d1 = d[1]
  var d2 = d[2]
  var d3 = d[3]
  var d4 = d[4]
  var d5 = d[5]
  var d6 = d[6]
  var d7 = d[7]
  var d8 = d[8]
  var d9 = d[9]
  var d10 = d[10]
  var d11 = d[11]
  var weights = w
  for g in 0..<geneCount {
    let rows = u[g]
    d0 = d0.addingProduct(Floats(repeating: weights[0]), rows)
    d1 = d1.addingProduct(Floats(repeating: weights[1]), rows)
    d2 = d2.addingProduct(Floats(repeating: weights[2]), rows)
    d3 = d3.addingProduct(Floats(repeating: weights[3]), rows)
    d4 = d4.addingProduct(Floats(repeating: weights[4]), rows)
    d5 = d5.addingProduct(Floats(repeating: weights[5]), rows)
    d6 = d6.addingProduct(Floats(repeating: weights[6]), rows)
    d7 = d7.addingProduct(Floats(repeating: weights[7]), rows)
    d8 = d8.addingProduct(Floats(repeating: weights[8]), rows)
    d9 = d9.addingProduct(Floats(repeating: weights[9]), rows)
    d10 = d10.addingProduct(Floats(repeating: weights[10]), rows)
    d11 = d11.addingProduct(Floats(repeating: weights[11]), rows)
    weights += stride
  }
  d[0] = d0
  d[1] = d1
  d[2] = d2
  d[3] = d3
  d[4] = d4
  d[5] = d5
  d[6] = d6
  d[7] = d7
  d[8] = d8
  d[9] = d9
  d[10] = d10
  d[11] = d11
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for 6 values of k from w on.
@_alwaysEmitIntoClient @inline(always)
func multiplyHiddenGradient6(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, _ u: UnsafePointer<Floats>,
  into d: UnsafeMutablePointer<Floats>
) {
  var d0 = d[0]
  var d1 = d[1]
  var d2 = d[2]
  var d3 = d[3]
  var d4 = d[4]
  var d5 = d[5]
  var weights = w
  for g in 0..<geneCount {
    let rows = u[g]
    d0 = d0.addingProduct(Floats(repeating: weights[0]), rows)
    d1 = d1.addingProduct(Floats(repeating: weights[1]), rows)
    d2 = d2.addingProduct(Floats(repeating: weights[2]), rows)
    d3 = d3.addingProduct(Floats(repeating: weights[3]), rows)
    d4 = d4.addingProduct(Floats(repeating: weights[4]), rows)
    d5 = d5.addingProduct(Floats(repeating: weights[5]), rows)
    weights += stride
  }
  d[0] = d0
  d[1] = d1
  d[2] = d2
  d[3] = d3
  d[4] = d4
  d[5] = d5
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for 4 values of k from w on.
@_alwaysEmitIntoClient @inline(always)
func multiplyHiddenGradient4(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, _ u: UnsafePointer<Floats>,
  into d: UnsafeMutablePointer<Floats>
) {
  var d0 = d[0]
  var d1 = d[1]
  var d2 = d[2]
  var d3 = d[3]
  var weights = w
  for g in 0..<geneCount {
    let rows = u[g]
    d0 = d0.addingProduct(Floats(repeating: weights[0]), rows)
    d1 = d1.addingProduct(Floats(repeating: weights[1]), rows)
    d2 = d2.addingProduct(Floats(repeating: weights[2]), rows)
    d3 = d3.addingProduct(Floats(repeating: weights[3]), rows)
    weights += stride
  }
  d[0] = d0
  d[1] = d1
  d[2] = d2
  d[3] = d3
}

/// d_ki ← d_ki + Σ_g w_gk u_gi, g in order, for 1 values of k from w on.
@_alwaysEmitIntoClient @inline(always)
func multiplyHiddenGradient1(
  _ w: UnsafePointer<Float>, stride: Int, geneCount: Int, _ u: UnsafePointer<Floats>,
  into d: UnsafeMutablePointer<Floats>
) {
  var d0 = d[0]
  var weights = w
  for g in 0..<geneCount {
    let rows = u[g]
    d0 = d0.addingProduct(Floats(repeating: weights[0]), rows)
    weights += stride
  }
  d[0] = d0
}

// Products of sparse counts with dense weights. Legend:
//
//   w[g · stride + k]     weights of gene g, a multiple of eight of them
//   e entry of a row, or of a gene; v[e] its value

/// y_k ← y_k + Σ_e v_e w[columns_e, k], e in order.
@_alwaysEmitIntoClient @inline(__always)
public func multiplySparseRow(
  _ w: UnsafePointer<Float>, stride: Int, columns: UnsafePointer<Int32>,
  values: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>
) {
  var k = 0
  while k &+ 32 <= stride {
    var a = half(y + k)
    var b = half(y + (k &+ 8))
    var c = half(y + (k &+ 16))
    var d = half(y + (k &+ 24))
    for e in 0..<count {
      let v = HalfFloats(repeating: values[e])
      let row = w + (Int(columns[e]) &* stride &+ k)
      a = a.addingProduct(v, half(row))
      b = b.addingProduct(v, half(row + 8))
      c = c.addingProduct(v, half(row + 16))
      d = d.addingProduct(v, half(row + 24))
    }
    store(a, y + k)
    store(b, y + (k &+ 8))
    store(c, y + (k &+ 16))
    store(d, y + (k &+ 24))
    k &+= 32
  }
  while k < stride {
    var a = half(y + k)
    for e in 0..<count {
      let row = w + (Int(columns[e]) &* stride &+ k)
      a = a.addingProduct(HalfFloats(repeating: values[e]), half(row))
    }
    store(a, y + k)
    k &+= 8
  }
}

/// sums_gk ← sums_gk + round(2^s_g Σ_e v_e δ[rows_e, k]) for the entries of each of some genes in one lane, e in order.
///
/// - Parameters:
///   - offsets: entries of gene g: offsets[g] ..< offsets[g + 1].
///   - scales: 2^s of each gene.
/// - Returns: how many numbers were NaN; they are left out.
@_alwaysEmitIntoClient @inline(__always)
public func multiplySparseGradient(
  offsets: UnsafePointer<Int32>, geneCount: Int, rows: UnsafePointer<Int32>,
  values: UnsafePointer<Float>, _ delta: UnsafePointer<Float>, stride: Int,
  scales: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Int64>
) -> Int {
  var faults = 0
  for g in 0..<geneCount {
    let entries = Int(offsets[g])..<Int(offsets[g &+ 1])
    if entries.isEmpty { continue }
    let scale = SIMD8<Double>(repeating: scales[g])
    var k = 0
    while k < stride {
      var part = HalfFloats(repeating: 0)
      for e in entries {
        part = part.addingProduct(
          HalfFloats(repeating: values[e]), half(delta + (Int(rows[e]) &* stride &+ k)))
      }
      let place = UnsafeMutableRawPointer(sums + (g &* stride &+ k))
      var sum = UnsafeRawPointer(place).loadUnaligned(as: SIMD8<Int64>.self)
      faults &+= addClamped(part, scales: scale, to: &sum)
      place.storeBytes(of: sum, as: SIMD8<Int64>.self)
      k &+= 8
    }
  }
  return faults
}

@_alwaysEmitIntoClient @inline(__always)
func half(_ place: UnsafePointer<Float>) -> HalfFloats {
  UnsafeRawPointer(place).loadUnaligned(as: HalfFloats.self)
}

@_alwaysEmitIntoClient @inline(__always)
func half(_ place: UnsafeMutablePointer<Float>) -> HalfFloats {
  UnsafeRawPointer(place).loadUnaligned(as: HalfFloats.self)
}

@_alwaysEmitIntoClient @inline(__always)
func store(_ value: HalfFloats, _ place: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(place).storeBytes(of: value, as: HalfFloats.self)
}

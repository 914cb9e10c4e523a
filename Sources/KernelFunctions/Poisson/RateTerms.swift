// Terms of Poisson regressions with rates that are sums of parts: weights of counts by their rates.

extension PoissonKernels {
  /// Weights w_e = y_e / r_e of rates r_e = h_{row e} · v_g, for every gene; what they add to both sides.
  ///
  ///     d_{row e} += w_e v_g,   t_g ← Σ_e w_e h_{row e},   returned: Σ_e y_e log r_e
  ///
  /// - Parameters:
  ///   - h: scores of the rows, `width` vectors each; zeros behind the factors.
  ///   - v: loadings of the genes, `width` vectors each; zeros behind the factors.
  ///   - d: `width` vectors a row; nil: not wanted.
  ///   - t: geneCount × width vectors; nil: not wanted.
  ///   - stage: room for the rates and the counts of a gene: 2 × 32 vectors.
  @_alwaysEmitIntoClient @inline(never)
  public func rates(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, _ v: UnsafePointer<WideDoubles>,
    width: Int, rowUpdates d: UnsafeMutablePointer<WideDoubles>?,
    geneUpdates t: UnsafeMutablePointer<WideDoubles>?, wantsLogarithms: Bool,
    stage: UnsafeMutablePointer<WideDoubles>
  ) -> Double {
    let counts = stage + 32
    let rates = UnsafeMutableRawPointer(stage).assumingMemoryBound(to: Double.self)
    let values = UnsafeMutableRawPointer(counts).assumingMemoryBound(to: Double.self)
    let least = WideDoubles(repeating: 1e-300)
    var logarithms = WideDoubles(repeating: 0)
    for gene in 0..<entries.geneCount {
      let places = entries.places(gene)
      let loadings = v + gene * width
      let vectorCount = (places.count + 7) / 8
      guard vectorCount > 0 else {
        if let t { for j in 0..<width { t[gene * width + j] = WideDoubles(repeating: 0) } }
        continue
      }
      stage[vectorCount - 1] = WideDoubles(repeating: 1)
      counts[vectorCount - 1] = WideDoubles(repeating: 0)
      for e in places {
        let row = h + Int(entries.rows[e]) * width
        var product = row[0] * loadings[0]
        for j in 1..<max(width, 1) { product = product.addingProduct(row[j], loadings[j]) }
        rates[e - places.lowerBound] = sumOf(product)
        values[e - places.lowerBound] = Double(entries.counts[e])
      }
      for j in 0..<vectorCount {
        var rate = stage[j]
        rate.replace(with: least, where: rate .< least)
        if wantsLogarithms {
          logarithms = logarithms.addingProduct(counts[j], logarithm(rate))
        }
        counts[j] /= rate
      }
      for j in 0..<width {
        let loading = loadings[j]
        var update = WideDoubles(repeating: 0)
        for e in places {
          let weight = WideDoubles(repeating: values[e - places.lowerBound])
          let place = Int(entries.rows[e]) * width + j
          if let d { d[place] = d[place].addingProduct(weight, loading) }
          if t != nil { update = update.addingProduct(weight, h[place]) }
        }
        if let t { t[gene * width + j] = update }
      }
    }
    return sumOf(logarithms)
  }

  /// y ← y / r in place, vector by vector; Σ y log r where it is wanted.
  ///
  /// A rate below 10⁻³⁰⁰ counts as 10⁻³⁰⁰, so that rows of padding (y = 0, r = 0) add nothing.
  @_alwaysEmitIntoClient @inline(never)
  public func divide(
    _ y: UnsafeMutablePointer<WideDoubles>, by r: UnsafePointer<WideDoubles>, vectorCount: Int,
    wantsLogarithms: Bool
  ) -> Double {
    let least = WideDoubles(repeating: 1e-300)
    var logarithms = WideDoubles(repeating: 0)
    for j in 0..<vectorCount {
      var rate = r[j]
      rate.replace(with: least, where: rate .< least)
      if wantsLogarithms { logarithms = logarithms.addingProduct(y[j], logarithm(rate)) }
      y[j] /= rate
    }
    return sumOf(logarithms)
  }
}

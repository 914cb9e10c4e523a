// Terms of Poisson regressions in double precision: means of a tile, sums over the counts that are not 0.

/// Eight doubles: one AVX-512 register.
public typealias WideDoubles = SIMD8<Double>

/// The counts of some genes in the rows of a block, gene by gene.
public struct PoissonEntries {
  /// Where the entries of each gene begin; one more than genes.
  public let starts: UnsafePointer<UInt32>
  /// Genes of the tile.
  public let geneCount: Int
  /// The row of each entry.
  public let rows: UnsafePointer<UInt8>
  /// The count of each entry.
  public let counts: UnsafePointer<Float>

  /// Entries of the tile.
  public init(
    starts: UnsafePointer<UInt32>, geneCount: Int, rows: UnsafePointer<UInt8>,
    counts: UnsafePointer<Float>
  ) {
    self.starts = starts
    self.geneCount = geneCount
    self.rows = rows
    self.counts = counts
  }

  /// The entries of a gene.
  @_alwaysEmitIntoClient @inline(always)
  func places(_ gene: Int) -> Range<Int> { Int(starts[gene])..<Int(starts[gene + 1]) }
}

extension PoissonKernels {
  /// μ ← s ∘ exp(min(η, limit)) in place for a tile of genes, and Σ μ of each gene.
  ///
  /// Edge cases: η above the limit is clipped, so that a step that is far too long stays finite; below −700 it is
  /// −700; NaN stays NaN.
  /// - Parameters:
  ///   - eta: geneCount × vectorCount vectors of rows.
  ///   - exposure: s, vectorCount vectors, zeros behind its end.
  /// - Returns: predictors that were clipped.
  @_alwaysEmitIntoClient @inline(never)
  public func means(
    _ eta: UnsafeMutablePointer<WideDoubles>, geneCount: Int, vectorCount: Int,
    exposure: UnsafePointer<WideDoubles>, limit: Double, sums: UnsafeMutablePointer<Double>
  ) -> Int {
    let limits = WideDoubles(repeating: limit)
    let floor = WideDoubles(repeating: -700)
    var clipped = WideDoubles(repeating: 0)
    for gene in 0..<geneCount {
      let row = eta + gene * vectorCount
      var total = WideDoubles(repeating: 0)
      for j in 0..<vectorCount {
        var x = row[j]
        let over = x .> limits
        clipped.replace(with: clipped + 1, where: over)
        x.replace(with: limits, where: over)
        x.replace(with: floor, where: x .< floor)
        let mean = exponential(x) * exposure[j]
        row[j] = mean
        total += mean
      }
      sums[gene] = sumOf(total)
    }
    return Int(sumOf(clipped))
  }

  /// t_g += Σ_e y_e h_{row e} for every gene.
  ///
  /// - Parameters:
  ///   - h: scores of the rows, `width` vectors each.
  ///   - t: geneCount × width vectors.
  @_alwaysEmitIntoClient @inline(never)
  public func moments(
    _ entries: PoissonEntries, _ h: UnsafePointer<WideDoubles>, width: Int,
    into t: UnsafeMutablePointer<WideDoubles>
  ) {
    for gene in 0..<entries.geneCount {
      let places = entries.places(gene)
      var e = places.lowerBound
      let end = places.upperBound
      if width == 1 {
        var (a, b) = (WideDoubles(repeating: 0), WideDoubles(repeating: 0))
        while e + 1 < end {
          a = a.addingProduct(
            WideDoubles(repeating: Double(entries.counts[e])), h[Int(entries.rows[e])])
          b = b.addingProduct(
            WideDoubles(repeating: Double(entries.counts[e + 1])), h[Int(entries.rows[e + 1])])
          e += 2
        }
        if e < end {
          a = a.addingProduct(
            WideDoubles(repeating: Double(entries.counts[e])), h[Int(entries.rows[e])])
        }
        t[gene] += a + b
      } else {
        for first in stride(from: 0, to: width, by: 2) {
          let second = min(first + 1, width - 1)
          var (a, b) = (WideDoubles(repeating: 0), WideDoubles(repeating: 0))
          for e in places {
            let y = WideDoubles(repeating: Double(entries.counts[e]))
            let row = h + Int(entries.rows[e]) * width
            a = a.addingProduct(y, row[first])
            b = b.addingProduct(y, row[second])
          }
          t[gene * width + first] += a
          if second > first { t[gene * width + second] += b }
        }
      }
    }
  }

  /// Σ_e y_e min(η_e, limit) of every gene; with residuals: r_{row e} += y_e v_g.
  ///
  /// - Parameters:
  ///   - eta: geneCount × stride predictors.
  ///   - v: loadings of the genes, geneCount × width vectors; nil: no residuals are wanted.
  ///   - residuals: `width` vectors a row; nil: not wanted.
  @_alwaysEmitIntoClient @inline(never)
  public func counts(
    _ entries: PoissonEntries, _ eta: UnsafePointer<Double>, stride: Int, limit: Double,
    _ v: UnsafePointer<WideDoubles>?, width: Int, residuals: UnsafeMutablePointer<WideDoubles>?,
    sums: UnsafeMutablePointer<Double>
  ) {
    for gene in 0..<entries.geneCount {
      let predictors = eta + gene * stride
      var sum = 0.0
      for e in entries.places(gene) {
        let x = predictors[Int(entries.rows[e])]
        sum += Double(entries.counts[e]) * (x > limit ? limit : x)
      }
      sums[gene] = sum
      guard let residuals, let v else { continue }
      for e in entries.places(gene) {
        let y = WideDoubles(repeating: Double(entries.counts[e]))
        let target = residuals + Int(entries.rows[e]) * width
        for j in 0..<width { target[j] = target[j].addingProduct(y, v[gene * width + j]) }
      }
    }
  }
}

// A kernel for each thing to be done with a tile: what is compiled for each combination of likelihood and link.

@usableFromInline @frozen struct ZerosOfTile<D: TileDispersions>: SeparateVisitor {
  @usableFromInline let tile: OutputTile
  @usableFromInline let dispersions: D
  @usableFromInline let scale: UnsafePointer<Floats>
  @usableFromInline let loss: UnsafeMutablePointer<Floats>

  @_alwaysEmitIntoClient @inline(__always)
  init(
    _ tile: OutputTile, _ dispersions: D, _ scale: UnsafePointer<Floats>,
    _ loss: UnsafeMutablePointer<Floats>
  ) {
    self.tile = tile
    self.dispersions = dispersions
    self.scale = scale
    self.loss = loss
  }

  @_alwaysEmitIntoClient @inline(__always)
  @usableFromInline func visit<T: SeparateTerms>(_ terms: T.Type) {
    loss[0] = T.differentiateZeros(tile, dispersions, scale: scale[0])
  }
}

@usableFromInline @frozen struct ZerosOfNormalisedTile<D: TileDispersions>: NormalisedVisitor {
  @usableFromInline let zeros: ZerosOfTile<D>
  @usableFromInline let logSum: UnsafePointer<Floats>

  @_alwaysEmitIntoClient @inline(__always)
  init(_ zeros: ZerosOfTile<D>, _ logSum: UnsafePointer<Floats>) {
    self.zeros = zeros
    self.logSum = logSum
  }

  @_alwaysEmitIntoClient @inline(__always)
  @usableFromInline func visit<T: NormalisedTerms>(_ terms: T.Type) {
    zeros.loss[0] = T.differentiateZeros(
      zeros.tile, zeros.dispersions, scale: zeros.scale[0], logSum: logSum[0])
  }
}

/// Derivatives, excess and losses of a tile as if all its values were zero.
///
/// - Parameters:
///   - dispersions, inverses: r and 1/r of each gene, or, if `byRow`, sixteen of each gene.
///   - logSum: with softmax log Σ eᵃ of each row; others do not read it.
///   - loss: written, one a row.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateZeros(
  _ kind: OutputKind, _ tile: OutputTile, dispersions r: UnsafePointer<Float>,
  inverses q: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
  logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>
) {
  if byRow {
    let rows = RowDispersions(
      UnsafeRawPointer(r).assumingMemoryBound(to: Floats.self),
      UnsafeRawPointer(q).assumingMemoryBound(to: Floats.self))
    let zeros = ZerosOfTile(tile, rows, scale, loss)
    if kind.isNormalised {
      kind.acceptNormalised(ZerosOfNormalisedTile(zeros, logSum))
    } else {
      kind.acceptSeparate(zeros)
    }
  } else {
    let zeros = ZerosOfTile(tile, GeneDispersions(r, q), scale, loss)
    if kind.isNormalised {
      kind.acceptNormalised(ZerosOfNormalisedTile(zeros, logSum))
    } else {
      kind.acceptSeparate(zeros)
    }
  }
}

@usableFromInline @frozen struct EntriesOfTile: OutputVisitor {
  @usableFromInline let entries: EntryArrays
  @usableFromInline let vectorCount: Int

  @_alwaysEmitIntoClient @inline(__always)
  init(_ entries: EntryArrays, vectorCount: Int) {
    self.entries = entries
    self.vectorCount = vectorCount
  }

  @_alwaysEmitIntoClient @inline(__always)
  @usableFromInline func visit<T: EntryTerms>(_ terms: T.Type) {
    for j in 0..<vectorCount { T.differentiate(entries, j) }
  }
}

/// Replaces the gathered arrays by what the entries change, sixteen at a time.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateEntries(_ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int) {
  kind.accept(EntriesOfTile(entries, vectorCount: vectorCount))
}

/// The gathered long counts, four at a time: a, k, s become derivative, loss minus that of a zero, and excess.
@frozen public struct LongCountArrays: @unchecked Sendable {
  /// a, replaced by ∂ loss/∂ a.
  public let logits: UnsafeMutablePointer<Doubles>
  /// k, replaced by the loss minus that of a zero, with log k!.
  public let counts: UnsafeMutablePointer<Doubles>
  /// s, replaced by what is added to the excess.
  public let scales: UnsafeMutablePointer<Doubles>
  /// r.
  public let dispersions: UnsafePointer<Doubles>

  /// Arrays of one length.
  @_alwaysEmitIntoClient @inline(__always)
  public init(
    logits: UnsafeMutablePointer<Doubles>, counts: UnsafeMutablePointer<Doubles>,
    scales: UnsafeMutablePointer<Doubles>, dispersions: UnsafePointer<Doubles>
  ) {
    self.logits = logits
    self.counts = counts
    self.scales = scales
    self.dispersions = dispersions
  }
}

@usableFromInline @frozen struct LongCounts: CountLinkVisitor {
  @usableFromInline let isPoisson: Bool
  @usableFromInline let arrays: LongCountArrays
  @usableFromInline let vectorCount: Int

  @_alwaysEmitIntoClient @inline(__always)
  init(isPoisson: Bool, _ arrays: LongCountArrays, vectorCount: Int) {
    self.isPoisson = isPoisson
    self.arrays = arrays
    self.vectorCount = vectorCount
  }

  @_alwaysEmitIntoClient @inline(__always)
  @usableFromInline func visit<L: CountLink>(_ link: L.Type) {
    for j in 0..<vectorCount {
      let (a, k, s) = (arrays.logits[j], arrays.counts[j], arrays.scales[j])
      let r = arrays.dispersions[j]
      let terms =
        isPoisson
        ? PoissonTerms<L>.differentiateLong(logit: a, count: k, scale: s, dispersion: r)
        : NegativeBinomialTerms<L>.differentiateLong(logit: a, count: k, scale: s, dispersion: r)
      arrays.logits[j] = terms.derivative
      arrays.counts[j] = terms.loss
      arrays.scales[j] = terms.excess
    }
  }
}

/// Long counts, in double precision.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateLongCounts(
  _ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int
) {
  kind.acceptCountLink(
    LongCounts(isPoisson: kind.likelihood == .poisson, arrays, vectorCount: vectorCount))
}

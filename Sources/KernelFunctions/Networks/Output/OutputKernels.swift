// A kernel for each thing to be done with a tile: what is compiled for each combination of likelihood and link.
//
// `I`, the instructions of a copy of the kernels, is in the types for their names alone: should the compiler not inline
// a function, it is still one of its own in every copy.

@usableFromInline @frozen
struct ZerosOfTile<I: VectorInstructions, D: TileDispersions>: OutputVisitor {
  @usableFromInline let tile: OutputTile
  @usableFromInline let dispersions: D
  @usableFromInline let scale: UnsafePointer<Floats>
  @usableFromInline let logSum: UnsafePointer<Floats>
  @usableFromInline let loss: UnsafeMutablePointer<Floats>

  @_alwaysEmitIntoClient @inline(__always)
  init(
    _ tile: OutputTile, _ dispersions: D, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>
  ) {
    self.tile = tile
    self.dispersions = dispersions
    self.scale = scale
    self.logSum = logSum
    self.loss = loss
  }

  @_alwaysEmitIntoClient @inline(__always)
  func visit<T: OutputTerms>(_ terms: T.Type) {
    loss[0] = T.differentiateZeros(tile, dispersions, scale: scale[0], logSum: logSum[0])
  }
}

/// Derivatives, excess and losses of a tile as if all its values were zero.
///
/// - Parameters:
///   - dispersions, inverses: r and 1/r of each gene, or, if `byRow`, sixteen of each gene.
///   - logSum: with softmax log Σ eᵃ of each row.
///   - loss: written, one a row.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateZeros<I: VectorInstructions>(
  _ instructions: I.Type, _ kind: OutputKind, _ tile: OutputTile,
  dispersions r: UnsafePointer<Float>,
  inverses q: UnsafePointer<Float>, byRow: Bool, scale: UnsafePointer<Floats>,
  logSum: UnsafePointer<Floats>, loss: UnsafeMutablePointer<Floats>
) {
  guard byRow else {
    kind.accept(
      ZerosOfTile<I, _>(tile, GeneDispersions(r, q), scale: scale, logSum: logSum, loss: loss))
    return
  }
  let rows = RowDispersions(
    UnsafeRawPointer(r).assumingMemoryBound(to: Floats.self),
    UnsafeRawPointer(q).assumingMemoryBound(to: Floats.self))
  kind.acceptCounts(
    AnyVisitor(ZerosOfTile<I, _>(tile, rows, scale: scale, logSum: logSum, loss: loss)))
}

@usableFromInline @frozen struct EntriesOfTile<I: VectorInstructions>: OutputVisitor {
  @usableFromInline let entries: EntryArrays
  @usableFromInline let vectorCount: Int

  @_alwaysEmitIntoClient @inline(__always)
  init(_ entries: EntryArrays, vectorCount: Int) {
    self.entries = entries
    self.vectorCount = vectorCount
  }

  @_alwaysEmitIntoClient @inline(__always)
  func visit<T: OutputTerms>(_ terms: T.Type) {
    for j in 0..<vectorCount { T.differentiate(entries, j) }
  }
}

/// Replaces the gathered arrays by what the entries change, sixteen at a time.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateEntries<I: VectorInstructions>(
  _ instructions: I.Type, _ kind: OutputKind, _ entries: EntryArrays, vectorCount: Int
) {
  kind.accept(EntriesOfTile<I>(entries, vectorCount: vectorCount))
}

@usableFromInline @frozen struct InflationOfEntries<I: VectorInstructions>: CountVisitor {
  @usableFromInline let entries: EntryArrays
  @usableFromInline let inflated: InflatedEntries
  @usableFromInline let vectorCount: Int

  @_alwaysEmitIntoClient @inline(__always)
  init(_ entries: EntryArrays, _ inflated: InflatedEntries, vectorCount: Int) {
    self.entries = entries
    self.inflated = inflated
    self.vectorCount = vectorCount
  }

  @_alwaysEmitIntoClient @inline(__always)
  func visit<T: CountTerms>(_ terms: T.Type) {
    for j in 0..<vectorCount { T.differentiateInflation(entries, inflated, j) }
  }
}

/// What zero inflation changes for gathered entries, before `differentiateEntries` replaces them.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateInflatedEntries<I: VectorInstructions>(
  _ instructions: I.Type, _ kind: OutputKind, _ entries: EntryArrays, _ inflated: InflatedEntries,
  vectorCount: Int
) {
  kind.acceptCounts(InflationOfEntries<I>(entries, inflated, vectorCount: vectorCount))
}

@usableFromInline @frozen struct LongCounts<I: VectorInstructions>: CountVisitor {
  @usableFromInline let arrays: LongCountArrays
  @usableFromInline let vectorCount: Int

  @_alwaysEmitIntoClient @inline(__always)
  init(_ arrays: LongCountArrays, vectorCount: Int) {
    self.arrays = arrays
    self.vectorCount = vectorCount
  }

  @_alwaysEmitIntoClient @inline(__always)
  func visit<T: CountTerms>(_ terms: T.Type) {
    for j in 0..<vectorCount {
      let terms = T.differentiateLong(
        logit: arrays.logits[j], count: arrays.counts[j], scale: arrays.scales[j],
        dispersion: arrays.dispersions[j])
      arrays.logits[j] = terms.derivative
      arrays.counts[j] = terms.loss
      arrays.scales[j] = terms.excess
    }
  }
}

/// Long counts, in double precision.
@_alwaysEmitIntoClient @inline(__always)
public func differentiateLongCounts<I: VectorInstructions>(
  _ instructions: I.Type, _ kind: OutputKind, _ arrays: LongCountArrays, vectorCount: Int
) {
  kind.acceptCounts(LongCounts<I>(arrays, vectorCount: vectorCount))
}

@usableFromInline @frozen struct MeansOfTile<I: VectorInstructions>: OutputVisitor {
  @usableFromInline let logits: UnsafeMutablePointer<Floats>
  @usableFromInline let geneCount: Int
  @usableFromInline let scale: UnsafePointer<Floats>
  @usableFromInline let logSum: UnsafePointer<Floats>

  @_alwaysEmitIntoClient @inline(__always)
  init(
    _ logits: UnsafeMutablePointer<Floats>, geneCount: Int, scale: UnsafePointer<Floats>,
    logSum: UnsafePointer<Floats>
  ) {
    self.logits = logits
    self.geneCount = geneCount
    self.scale = scale
    self.logSum = logSum
  }

  @_alwaysEmitIntoClient @inline(__always)
  func visit<T: OutputTerms>(_ terms: T.Type) {
    let (s, shift) = (scale[0], logSum[0])
    for g in 0..<geneCount { logits[g] = s * T.Link.value(logits[g], logSum: shift) }
  }
}

/// Replaces logits by means s y(a), or by the probability for `bernoulli`.
@_alwaysEmitIntoClient @inline(__always)
public func activateTile<I: VectorInstructions>(
  _ instructions: I.Type, _ kind: OutputKind, _ logits: UnsafeMutablePointer<Floats>,
  geneCount: Int,
  scale: UnsafePointer<Floats>, logSum: UnsafePointer<Floats>
) {
  kind.accept(MeansOfTile<I>(logits, geneCount: geneCount, scale: scale, logSum: logSum))
}

// What kernels of likelihoods work on: a tile of genes for sixteen rows. Legend of this folder:
//
//   a logits of sixteen rows, replaced by ∂ loss/∂ logit         s scale of each row
//   r dispersion, q = 1/r                                        m = s · y(a) mean, y′ the slope by a
//   k value
//   excess[g]  log(1 + m/r) − m/(r + m): the dispersion's part, ∂ loss/∂ r = excess − (digammas) + k/(r + m)

/// A tile of genes for sixteen rows.
@frozen public struct OutputTile: @unchecked Sendable {
  /// Logits; with softmax replaced by shares p.
  public let logits: UnsafeMutablePointer<Floats>
  /// Written: ∂ loss/∂ logit, in the memory of the logits; with softmax derivatives by log means v, in memory of their own.
  public let derivatives: UnsafeMutablePointer<Floats>
  /// Written: the dispersions' part of each gene and row.
  public let excess: UnsafeMutablePointer<Floats>
  /// Zero-inflated: the second logits, replaced by ∂ loss by them. Others do not touch it.
  public let inflation: UnsafeMutablePointer<Floats>
  /// Room for twice `stageGenes` vectors.
  public let stage: UnsafeMutablePointer<Floats>
  /// Genes of the tile.
  public let geneCount: Int

  /// A tile with its memory.
  @_alwaysEmitIntoClient @inline(__always)
  public init(
    logits: UnsafeMutablePointer<Floats>, derivatives: UnsafeMutablePointer<Floats>,
    excess: UnsafeMutablePointer<Floats>, inflation: UnsafeMutablePointer<Floats>,
    stage: UnsafeMutablePointer<Floats>, geneCount: Int
  ) {
    self.logits = logits
    self.derivatives = derivatives
    self.excess = excess
    self.inflation = inflation
    self.stage = stage
    self.geneCount = geneCount
  }
}

/// The dispersions of a tile's genes: one for all rows, or one a row.
public protocol TileDispersions {
  /// r of a gene.
  func value(_ g: Int) -> Floats
  /// 1/r of a gene.
  func inverse(_ g: Int) -> Floats
  /// Those from a gene on.
  func from(_ g: Int) -> Self
}

/// Dispersions by gene.
@frozen public struct GeneDispersions: TileDispersions {
  @usableFromInline let r: UnsafePointer<Float>
  @usableFromInline let q: UnsafePointer<Float>

  /// r and 1/r of each gene.
  @_alwaysEmitIntoClient @inline(__always)
  public init(_ r: UnsafePointer<Float>, _ q: UnsafePointer<Float>) {
    self.r = r
    self.q = q
  }

  /// r of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public func value(_ g: Int) -> Floats { Floats(repeating: r[g]) }
  /// 1/r of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public func inverse(_ g: Int) -> Floats { Floats(repeating: q[g]) }
  /// Those from a gene on.
  @_alwaysEmitIntoClient @inline(__always)
  public func from(_ g: Int) -> GeneDispersions { GeneDispersions(r + g, q + g) }
}

/// Dispersions by gene and row.
@frozen public struct RowDispersions: TileDispersions {
  @usableFromInline let r: UnsafePointer<Floats>
  @usableFromInline let q: UnsafePointer<Floats>

  /// r and 1/r of each gene, for sixteen rows.
  @_alwaysEmitIntoClient @inline(__always)
  public init(_ r: UnsafePointer<Floats>, _ q: UnsafePointer<Floats>) {
    self.r = r
    self.q = q
  }

  /// r of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public func value(_ g: Int) -> Floats { r[g] }
  /// 1/r of a gene.
  @_alwaysEmitIntoClient @inline(__always)
  public func inverse(_ g: Int) -> Floats { q[g] }
  /// Those from a gene on.
  @_alwaysEmitIntoClient @inline(__always)
  public func from(_ g: Int) -> RowDispersions { RowDispersions(r + g, q + g) }
}

/// Genes of a stage.
///
/// Long chains of dependent instructions are cut into stages over a few genes each, with the values between them in a
/// small buffer: the processor then finds many chains to work on at once.
@_alwaysEmitIntoClient var stageGenes: Int { @inline(__always) get { 16 } }

/// Counts above this are worked on in double precision.
@_alwaysEmitIntoClient public var largestShortCount: Float { @inline(__always) get { 8 } }

/// The gathered entries of one block of rows on one tile: worked on sixteen at a time, and scattered back.
@frozen public struct EntryArrays: @unchecked Sendable {
  /// Logits (minus the row's log sum for softmax), replaced by ∂ loss/∂ logit.
  public let logits: UnsafeMutablePointer<Floats>
  /// The values themselves.
  public let values: UnsafeMutablePointer<Floats>
  /// Scales of their rows, replaced by loss minus that of a zero.
  public let scales: UnsafeMutablePointer<Floats>
  /// Dispersions of their genes, replaced by what is to be added to the excess.
  public let dispersions: UnsafeMutablePointer<Floats>

  /// Arrays of one length, a multiple of sixteen.
  @_alwaysEmitIntoClient @inline(__always)
  public init(
    logits: UnsafeMutablePointer<Floats>, values: UnsafeMutablePointer<Floats>,
    scales: UnsafeMutablePointer<Floats>, dispersions: UnsafeMutablePointer<Floats>
  ) {
    self.logits = logits
    self.values = values
    self.scales = scales
    self.dispersions = dispersions
  }
}

/// What the gathered entries of a zero-inflated likelihood change beyond those of the negative binomial.
@frozen public struct InflatedEntries: @unchecked Sendable {
  /// π of each entry, replaced by ∂ loss/∂ π.
  public let logits: UnsafeMutablePointer<Floats>
  /// Written: what is added to the loss.
  public let losses: UnsafeMutablePointer<Floats>
  /// Written: what is added to the excess.
  public let excess: UnsafeMutablePointer<Floats>

  /// Arrays of one length, a multiple of sixteen.
  @_alwaysEmitIntoClient @inline(__always)
  public init(
    logits: UnsafeMutablePointer<Floats>, losses: UnsafeMutablePointer<Floats>,
    excess: UnsafeMutablePointer<Floats>
  ) {
    self.logits = logits
    self.losses = losses
    self.excess = excess
  }
}

/// The gathered long counts, four at a time.
@frozen public struct LongCountArrays: @unchecked Sendable {
  /// Logits, replaced by ∂ loss/∂ logit.
  public let logits: UnsafeMutablePointer<Doubles>
  /// Counts k, replaced by the loss minus that of a zero, with log k!.
  public let counts: UnsafeMutablePointer<Doubles>
  /// Scales of their rows, replaced by what is added to the excess.
  public let scales: UnsafeMutablePointer<Doubles>
  /// Dispersions of their genes.
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

/// What four long counts change.
@frozen public struct LongCountTerms {
  /// ∂ loss/∂ a.
  public var derivative: Doubles
  /// The loss minus that of a zero.
  public var loss: Doubles
  /// What is added to the excess.
  public var excess: Doubles

  /// The three together.
  @_alwaysEmitIntoClient @inline(__always)
  public init(derivative: Doubles, loss: Doubles, excess: Doubles) {
    self.derivative = derivative
    self.loss = loss
    self.excess = excess
  }
}

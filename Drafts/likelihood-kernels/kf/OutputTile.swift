// What kernels of likelihoods work on: a tile of genes for sixteen rows. Legend of this folder:
//
//   u[g] logits of sixteen rows, replaced by ∂ loss/∂ logit      s scale of each row
//   r dispersion, q = 1/r                                        m = s · y(a) mean
//   excess[g]  log(1 + m/r) − m/(r + m): the dispersion's part, ∂ loss/∂ r = excess − (digammas) + k/(r + m)

/// A tile of genes for sixteen rows.
@frozen public struct OutputTile: @unchecked Sendable {
  /// Logits, replaced by ∂ loss/∂ logit; with softmax by shares p.
  public let logits: UnsafeMutablePointer<Floats>
  /// With softmax: derivatives by log means v.
  public let derivatives: UnsafeMutablePointer<Floats>
  /// The dispersions' part of each gene and row.
  public let excess: UnsafeMutablePointer<Floats>
  /// Zero-inflated: the second logits, replaced by ∂ loss by them. Others do not touch it.
  public let inflation: UnsafeMutablePointer<Floats>
  /// Room for twice `stageGenes` vectors.
  public let stage: UnsafeMutablePointer<Floats>
  /// Genes.
  public let geneCount: Int

  /// Memberwise.
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
@_alwaysEmitIntoClient public var stageGenes: Int { @inline(__always) get { 16 } }

/// Counts above this are worked on in double precision.
@_alwaysEmitIntoClient public var largestShortCount: Float { @inline(__always) get { 8 } }

/// The gathered entries of one block of rows on one tile: worked on sixteen at a time, and scattered back.
@frozen public struct EntryArrays: @unchecked Sendable {
  /// Logits (minus the row's log sum for softmax), replaced by ∂ loss/∂ logit.
  public let logits: UnsafeMutablePointer<Floats>
  /// Values.
  public let values: UnsafeMutablePointer<Floats>
  /// Scales of their rows, replaced by loss minus that of a zero.
  public let scales: UnsafeMutablePointer<Floats>
  /// Dispersions of their genes, replaced by what is to be added to the excess.
  public let dispersions: UnsafeMutablePointer<Floats>

  /// Arrays of one length, a multiple of sixteen.
  @_alwaysEmitIntoClient @inline(always)
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

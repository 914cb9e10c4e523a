import Kernels

/// The parameters of one kind of logits in a pass, and where their gradient goes.
struct PassHead {
  let weights: UnsafePointer<Float>
  let unitExponents: UnsafePointer<Int32>
  /// The largest |gradient| of each gene in recent steps.
  let largestGradients: UnsafePointer<Float>
  /// Sums of weight gradients: integers, or floats for `FusedPass.Demand.plainSums`.
  let sums: UnsafeMutableRawPointer?
  /// Dispersions of a gene among its parameters.
  let dispersionCount: Int

  /// In what the gradients of some genes are counted.
  func fillUnits(_ units: GradientUnitRoom, genes: Range<Int>) {
    for (place, gene) in genes.enumerated() {
      (units.scales[place], units.shifts[place]) = UnitExponent.lanePart(
        unitExponents[gene], largest: largestGradients[gene])
    }
  }
}

/// Room for `GradientUnits`.
struct GradientUnitRoom {
  let scales: UnsafeMutablePointer<Float>
  let shifts: UnsafeMutablePointer<Int64>
  let sizes: UnsafeMutablePointer<Float>

  init(_ carver: inout Carver) {
    scales = carver.take(Float.self, FusedPass.chunkGenes)
    shifts = carver.take(Int64.self, FusedPass.chunkGenes)
    sizes = carver.take(Float.self, FusedPass.chunkGenes)
  }

  var units: GradientUnits { GradientUnits(scales: scales, shifts: shifts, sizes: sizes) }
}

/// Memory of one piece of work.
struct FusedScratch {
  /// Logits or derivatives, then the excess: [block of the group][gene][16].
  let tile: UnsafeMutablePointer<Floats>
  /// Logits that blocks share.
  let common: UnsafeMutablePointer<Floats>
  let excess: UnsafeMutablePointer<Floats>
  /// Logits of zero inflation or derivatives by them: [block of the group][gene][16].
  let inflation: UnsafeMutablePointer<Floats>
  let stage: UnsafeMutablePointer<Floats>
  /// r, 1/r, ∂r/∂ρ, ρ of the chunk's genes: [group of rows][gene].
  let dispersions: UnsafeMutablePointer<Float>
  let inverses: UnsafeMutablePointer<Float>
  let dispersionSlopes: UnsafeMutablePointer<Float>
  let logDispersions: UnsafeMutablePointer<Float>
  /// r and 1/r of a block's rows where they differ: [gene][16].
  let rowDispersions: UnsafeMutablePointer<Floats>
  let rowInverses: UnsafeMutablePointer<Floats>
  /// 2^s of the chunk's genes.
  let doubleScales: UnsafeMutablePointer<Double>
  /// In what gradients of weights, and of those of zero inflation, are counted.
  let unitRoom: GradientUnitRoom
  let inflationUnitRoom: GradientUnitRoom
  let reduced: ReducedScratch?
  let entries: EntryScratch
  /// One vector: what a kernel returns.
  let result: UnsafeMutablePointer<Floats>

  init(_ carver: inout Carver, _ pass: FusedPass) {
    let genes = FusedPass.chunkGenes
    let tiles = pass.layout.largestBlockCount * FusedPass.tileStride
    let groups = pass.dispersion.groupCount
    let perRow = pass.rowGroups == nil ? 0 : genes
    tile = carver.take(Floats.self, tiles)
    common = carver.take(Floats.self, FusedPass.tileStride)
    excess = carver.take(Floats.self, tiles)
    inflation = carver.take(Floats.self, pass.inflation == nil ? 0 : tiles)
    stage = carver.take(Floats.self, 32)
    dispersions = carver.take(Float.self, groups * genes)
    inverses = carver.take(Float.self, groups * genes)
    dispersionSlopes = carver.take(Float.self, groups * genes)
    logDispersions = carver.take(Float.self, groups * genes)
    rowDispersions = carver.take(Floats.self, perRow)
    rowInverses = carver.take(Floats.self, perRow)
    doubleScales = carver.take(Double.self, genes)
    unitRoom = GradientUnitRoom(&carver)
    inflationUnitRoom = GradientUnitRoom(&carver)
    reduced = pass.reduced.map {
      ReducedScratch(&carver, $0, blockCount: pass.layout.largestBlockCount)
    }
    entries = EntryScratch(&carver)
    result = carver.take(Floats.self, 2)
  }
}

extension FusedPass {
  /// A block's tile as the kernels of likelihoods see it.
  ///
  /// - Parameters:
  ///   - logits: replaced by derivatives, or with softmax by shares.
  ///   - derivatives: with softmax those by log means; otherwise the same memory.
  func tile(
    _ logits: UnsafeMutablePointer<Floats>, _ derivatives: UnsafeMutablePointer<Floats>,
    block: Int, chunk: Int, _ scratch: FusedScratch
  ) -> OutputTile {
    OutputTile(
      logits: logits, derivatives: derivatives, excess: scratch.excess + block * Self.tileStride,
      inflation: inflation == nil
        ? scratch.inflation : scratch.inflation + block * Self.tileStride,
      stage: scratch.stage, geneCount: genes(ofChunk: chunk))
  }

  /// Derivatives of a block as if all values were zero; the losses are added.
  func differentiateZeros(
    _ tile: OutputTile, row block: Int, unit: Int, _ scratch: FusedScratch
  ) {
    let byRow = rowGroups != nil
    kernels.zeros(
      kind, tile, dispersions: byRow ? floats(scratch.rowDispersions) : scratch.dispersions,
      inverses: byRow ? floats(scratch.rowInverses) : scratch.inverses, byRow: byRow,
      scale: scales + block, logSum: logSums + block, loss: scratch.result)
    let unitLosses = losses + (unit * layout.blockCount + block) * 16
    let zeroLosses = floats(scratch.result)
    for row in 0..<16 { unitLosses[row] += Double(zeroLosses[row]) }
  }
}

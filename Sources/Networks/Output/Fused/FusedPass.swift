import Kernels
import LinearAlgebra

/// One pass over a batch: everything its pieces share, as pointers that live as long as the pass.
///
/// Work is cut into units of whole chunks of 256 genes, by the number of genes alone. Each unit has its own
/// losses and hidden gradient, added in the order of the units at the end: so neither the number of
/// threads nor who did what can change a bit.
struct FusedPass {
  /// What a pass is to compute.
  struct Demand: OptionSet {
    let rawValue: Int
    static let hiddenGradient = Demand(rawValue: 1)
    static let weightGradient = Demand(rawValue: 2)
    /// Weight gradients as plain floats, for measuring what integers cost.
    static let plainSums = Demand(rawValue: 4)
  }

  /// Genes of a chunk.
  static let chunkGenes = 256
  /// Vectors between the tiles of two blocks.
  static let tileStride = chunkGenes

  let kernels: any NetworkKernels
  /// Products in bfloat16, and what they work on.
  let reduced: ReducedPass?
  let kind: OutputKind
  let demand: Demand
  /// Whether a group's blocks have the same logits: those of the first are copied.
  let blocksShareLogits: Bool
  let geneCount: Int
  let inputCount: Int
  let stride: Int
  let layout: RowLayout
  let chunkCount: Int
  let unitCount: Int
  /// The order in which pieces of work are taken, see `order`.
  let order: [Int]

  let weights: UnsafePointer<Float>
  let unitExponents: UnsafePointer<Int32>
  /// The largest |gradient| of each gene in recent steps.
  let largestGradients: UnsafePointer<Float>
  /// The batch: entries of (row, chunk), columns, values.
  let starts: UnsafePointer<Int32>
  let columns: UnsafePointer<Int32>
  let values: UnsafePointer<Float>
  let arranged: ArrangedEntries
  /// x: [padded row][S], with 1 for the bias.
  let inputs: UnsafeMutablePointer<Float>
  /// x, the inputs, [block][H][16 rows].
  let transposed: UnsafeMutablePointer<Floats>
  /// s, the scales of the rows, [block][16 rows].
  let scales: UnsafeMutablePointer<Floats>
  /// The largest |x| of each block.
  let inputBounds: UnsafeMutablePointer<Float>
  /// ∂h, the gradients by the inputs of each unit of work, [unit][block][H][16 rows].
  let hiddenGradients: UnsafeMutablePointer<Floats>
  /// Losses: [unit][padded row].
  let losses: UnsafeMutablePointer<Double>
  /// Numbers that were not finite: [unit].
  let faults: UnsafeMutablePointer<Int>
  /// Softmax: log Σ eᵃ and Σ v of each row, [block][16].
  let logSums: UnsafeMutablePointer<Floats>
  let totals: UnsafeMutablePointer<Floats>
  /// Sums of weight gradients: integers, or floats for `plainSums`.
  let sums: UnsafeMutableRawPointer?

  /// The chunks of a unit.
  func chunks(ofUnit unit: Int) -> Range<Int> {
    unit * chunkCount / unitCount..<(unit + 1) * chunkCount / unitCount
  }

  /// The units in the order in which they are begun: larger ones first, so that no thread begins one when the
  /// others are done.
  static func order(chunkCount: Int, unitCount: Int) -> [Int] {
    func size(_ unit: Int) -> Int {
      (unit + 1) * chunkCount / unitCount - unit * chunkCount / unitCount
    }
    return (0..<unitCount).sorted { (size($1), $0) < (size($0), $1) }
  }

  /// Genes of a chunk.
  func genes(ofChunk chunk: Int) -> Int {
    min(Self.chunkGenes, geneCount - chunk * Self.chunkGenes)
  }

  /// Vectors between the hidden gradients of two units.
  var gradientSize: Int { layout.blockCount * inputCount }
}

/// Memory of one piece of work.
struct FusedScratch {
  /// Logits or derivatives, then the excess: [block of the group][gene][16].
  let tile: UnsafeMutablePointer<Floats>
  /// Logits that blocks share.
  let common: UnsafeMutablePointer<Floats>
  let excess: UnsafeMutablePointer<Floats>
  let stage: UnsafeMutablePointer<Floats>
  /// r, 1/r, ρ of the chunk's genes; 2^s as doubles, and in what gradients of weights are counted.
  let dispersions: UnsafeMutablePointer<Float>
  let inverses: UnsafeMutablePointer<Float>
  let logDispersions: UnsafeMutablePointer<Float>
  let units: UnsafeMutablePointer<Double>
  let scales: UnsafeMutablePointer<Float>
  let shifts: UnsafeMutablePointer<Int64>
  let sizes: UnsafeMutablePointer<Float>
  let reduced: ReducedScratch?
  let entries: EntryScratch
  /// One vector: what a kernel returns.
  let result: UnsafeMutablePointer<Floats>

  init(_ carver: inout Carver, blockCount: Int, reduced: ReducedPass?) {
    tile = carver.take(Floats.self, blockCount * FusedPass.tileStride)
    common = carver.take(Floats.self, FusedPass.tileStride)
    excess = carver.take(Floats.self, blockCount * FusedPass.tileStride)
    stage = carver.take(Floats.self, 32)
    dispersions = carver.take(Float.self, FusedPass.chunkGenes)
    inverses = carver.take(Float.self, FusedPass.chunkGenes)
    logDispersions = carver.take(Float.self, FusedPass.chunkGenes)
    units = carver.take(Double.self, FusedPass.chunkGenes)
    scales = carver.take(Float.self, FusedPass.chunkGenes)
    shifts = carver.take(Int64.self, FusedPass.chunkGenes)
    sizes = carver.take(Float.self, FusedPass.chunkGenes)
    self.reduced = reduced.map { ReducedScratch(&carver, $0, blockCount: blockCount) }
    entries = EntryScratch(&carver)
    result = carver.take(Floats.self, 2)
  }

  var gradientUnits: GradientUnits { GradientUnits(scales: scales, shifts: shifts, sizes: sizes) }
}

extension FusedPass {
  /// Fills what depends on the chunk's genes alone.
  func prepare(_ scratch: FusedScratch, chunk: Int) {
    let genes = genes(ofChunk: chunk)
    let first = chunk * Self.chunkGenes
    for g in 0..<genes {
      scratch.logDispersions[g] = weights[(first + g) * stride + inputCount + 1]
      let exponent = unitExponents[first + g]
      scratch.units[g] = UnitExponent.scale(exponent)
      (scratch.scales[g], scratch.shifts[g]) = UnitExponent.lanePart(
        exponent, largest: largestGradients[first + g])
    }
    for g in genes..<Self.chunkGenes {
      scratch.logDispersions[g] = 0
      scratch.units[g] = 1
    }
    kernels.dispersionsOf(
      vectors(scratch.logDispersions), vectors(scratch.dispersions), vectors(scratch.inverses),
      vectorCount: Self.chunkGenes / 16)
  }

  /// The logits of a block of a group on a chunk.
  func logits(
    _ group: RowLayout.Group, block: Int, chunk: Int, into tile: UnsafeMutablePointer<Floats>,
    _ scratch: FusedScratch
  ) {
    if let reduced, let packed = scratch.reduced {
      reduced.kernels.logits(
        packed.logitWeights, weights + chunk * Self.chunkGenes * stride, stride: stride,
        geneCount: genes(ofChunk: chunk), inputCount: inputCount,
        reduced.inputs + (group.firstBlock + block) * reduced.inputPairs, into: tile)
      return
    }
    kernels.logits(
      weights + chunk * Self.chunkGenes * stride, stride: stride,
      geneCount: genes(ofChunk: chunk), inputCount: inputCount,
      transposed + (group.firstBlock + block) * inputCount, into: tile)
  }

  /// Weight gradient and hidden gradient from the derivatives of a group on a chunk.
  func backward(
    _ group: RowLayout.Group, number: Int, unit: Int, chunk: Int,
    derivatives: UnsafeMutablePointer<Floats>, _ scratch: FusedScratch
  ) {
    if let reduced, let packed = scratch.reduced {
      reducedBackward(
        group, number: number, unit: unit, chunk: chunk, derivatives: derivatives, reduced, packed,
        scratch.gradientUnits)
      return
    }
    let genes = genes(ofChunk: chunk)
    let firstGene = chunk * Self.chunkGenes
    if demand.contains(.weightGradient), let sums {
      if number == 0 { clearWeightSums(chunk: chunk) }
      let x = inputs + group.firstBlock * 16 * stride
      if demand.contains(.plainSums) {
        kernels.plainWeightGradient(
          floats(derivatives), tileStride: Self.tileStride * 16, x, stride: stride,
          geneCount: genes, rowCount: group.rows.count,
          to: sums.assumingMemoryBound(to: Float.self) + firstGene * stride)
      } else {
        faults[unit] += group.bounds.withUnsafeBufferPointer { bounds in
          guard let bounds = bounds.baseAddress else { return 0 }
          return kernels.weightGradient(
            floats(derivatives), tileStride: Self.tileStride * 16, x, stride: stride,
            geneCount: genes, laneCount: group.laneCount, bounds: bounds, scratch.gradientUnits,
            largestInput: largestInput(of: group),
            to: sums.assumingMemoryBound(to: Int64.self) + firstGene * stride)
        }
      }
    }
    if demand.contains(.hiddenGradient) {
      kernels.hiddenGradient(
        weights + firstGene * stride, stride: stride, geneCount: genes, inputCount: inputCount,
        blockCount: group.blockCount, derivatives, tileStride: Self.tileStride,
        into: hiddenGradients + unit * gradientSize + group.firstBlock * inputCount,
        gradientStride: inputCount)
    }
  }

  /// The largest |x| of a group; NaN stays, because no comparison with it is true.
  func largestInput(of group: RowLayout.Group) -> Float {
    (group.firstBlock..<group.firstBlock + group.blockCount).reduce(0) {
      inputBounds[$1] <= $0 ? $0 : inputBounds[$1]
    }
  }

  /// Sets the chunk's sums to zero, but for the dispersions', which are there already.
  ///
  /// Chunk by chunk just before the first products: so the sums come to the cache once, not twice.
  func clearWeightSums(chunk: Int) {
    guard let sums else { return }
    let genes = genes(ofChunk: chunk)
    let first = chunk * Self.chunkGenes * stride
    if demand.contains(.plainSums) {
      (sums.assumingMemoryBound(to: Float.self) + first).update(repeating: 0, count: genes * stride)
      return
    }
    let integers = sums.assumingMemoryBound(to: Int64.self) + first
    let place = inputCount + 1
    for g in 0..<genes {
      let row = integers + g * stride
      let dispersion = kind.hasDispersion ? row[place] : 0
      row.update(repeating: 0, count: stride)
      if kind.hasDispersion { row[place] = dispersion }
    }
  }

  /// The dispersions' gradient from the excess of a group on a chunk; the first group's replaces what the sums
  /// held.
  func addDispersions(
    _ group: RowLayout.Group, number: Int, unit: Int, chunk: Int, _ scratch: FusedScratch
  ) {
    guard demand.contains(.weightGradient), !demand.contains(.plainSums), let sums,
      kind.hasDispersion
    else { return }
    let integers = sums.assumingMemoryBound(to: Int64.self)
    if number == 0 {
      let first = integers + chunk * Self.chunkGenes * stride + inputCount + 1
      for g in 0..<genes(ofChunk: chunk) { first[g * stride] = 0 }
    }
    faults[unit] += group.bounds.withUnsafeBufferPointer { bounds in
      guard let bounds = bounds.baseAddress else { return 0 }
      return kernels.dispersionGradient(
        floats(scratch.excess), tileStride: Self.tileStride * 16,
        geneCount: genes(ofChunk: chunk), laneCount: group.laneCount, bounds: bounds,
        dispersions: scratch.dispersions, scales: scratch.units,
        to: integers + chunk * Self.chunkGenes * stride, stride: stride, place: inputCount + 1,
        stage: scratch.stage)
    }
  }
}

extension OutputKind {
  /// Whether the likelihood has a dispersion.
  var hasDispersion: Bool {
    switch self {
    case .negativeBinomialSoftplus, .negativeBinomialSigmoid, .negativeBinomialSoftmax: true
    default: false
    }
  }
}

/// Memory of single numbers as vectors of sixteen.
func vectors(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Floats> {
  UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Floats.self)
}

/// Memory of vectors of sixteen as single numbers.
func floats(_ pointer: UnsafeMutablePointer<Floats>) -> UnsafeMutablePointer<Float> {
  UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
}

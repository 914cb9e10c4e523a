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
  let dispersion: Dispersion
  let layout: RowLayout
  let chunkCount: Int
  let unitCount: Int
  /// The order in which pieces of work are taken, see `order`.
  let order: [Int]

  /// What the means' logits are made with.
  let head: PassHead
  /// What the logits of zero inflation are made with, in the same layout.
  let inflation: PassHead?
  /// The dispersions' group of each row: [padded row], and sixteen more; nil if there is one group.
  let rowGroups: UnsafeMutablePointer<Int32>?
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

extension FusedPass {
  /// A group of rows on a chunk of genes.
  struct Piece {
    let group: RowLayout.Group
    /// The group's number in the layout.
    let number: Int
    let unit: Int
    let chunk: Int
  }

  /// Fills what depends on the chunk's genes alone.
  func prepare(_ scratch: FusedScratch, chunk: Int) {
    let genes = genes(ofChunk: chunk)
    let first = chunk * Self.chunkGenes
    head.fillUnits(scratch.unitRoom, genes: first..<first + genes)
    for g in 0..<genes {
      scratch.doubleScales[g] = UnitExponent.scale(head.unitExponents[first + g])
    }
    for g in genes..<Self.chunkGenes { scratch.doubleScales[g] = 1 }
    for c in 0..<dispersion.groupCount {
      let rho = scratch.logDispersions + c * Self.chunkGenes
      for g in 0..<genes { rho[g] = head.weights[(first + g) * stride + inputCount + 1 + c] }
      for g in genes..<Self.chunkGenes { rho[g] = 0 }
    }
    kernels.dispersionsOf(
      vectors(scratch.logDispersions), smallest: dispersion.smallest,
      vectorCount: dispersion.groupCount * Self.chunkGenes / 16,
      into: DispersionArrays(
        values: vectors(scratch.dispersions), inverses: vectors(scratch.inverses),
        slopes: vectors(scratch.dispersionSlopes)))
  }

  /// Lays the dispersions of a block's rows out as the kernels want them, where they depend on the row.
  func spreadDispersions(
    _ group: RowLayout.Group, block: Int, chunk: Int, _ scratch: FusedScratch
  ) {
    guard let rowGroups else { return }
    let groups = UnsafePointer(rowGroups + (group.firstBlock + block) * 16)
    let genes = genes(ofChunk: chunk)
    kernels.spread(
      scratch.dispersions, groupStride: Self.chunkGenes, groups: groups, geneCount: genes,
      into: scratch.rowDispersions)
    kernels.spread(
      scratch.inverses, groupStride: Self.chunkGenes, groups: groups, geneCount: genes,
      into: scratch.rowInverses)
  }

  /// The logits of a block of a group on a chunk.
  func logits(
    _ group: RowLayout.Group, block: Int, chunk: Int, into tile: UnsafeMutablePointer<Floats>,
    _ scratch: FusedScratch
  ) {
    if let reduced, let packed = scratch.reduced {
      reduced.kernels.logits(
        packed.logitWeights, head.weights + chunk * Self.chunkGenes * stride, stride: stride,
        geneCount: genes(ofChunk: chunk), inputCount: inputCount,
        reduced.inputs + (group.firstBlock + block) * reduced.inputPairs, into: tile)
      return
    }
    logits(of: head, group, block: block, chunk: chunk, into: tile)
  }

  /// The logits of one head.
  func logits(
    of head: PassHead, _ group: RowLayout.Group, block: Int, chunk: Int,
    into tile: UnsafeMutablePointer<Floats>
  ) {
    kernels.logits(
      head.weights + chunk * Self.chunkGenes * stride, stride: stride,
      geneCount: genes(ofChunk: chunk), inputCount: inputCount,
      transposed + (group.firstBlock + block) * inputCount, into: tile)
  }

  /// Weight gradient and hidden gradient from the derivatives of a group on a chunk.
  func backward(
    _ piece: Piece, derivatives: UnsafeMutablePointer<Floats>, _ scratch: FusedScratch
  ) {
    if let reduced, let packed = scratch.reduced {
      reducedBackward(
        piece, derivatives: derivatives, reduced, packed, scratch.unitRoom.units)
      return
    }
    backward(head, piece, derivatives: derivatives, scratch.unitRoom.units)
  }

  /// As `backward`, for the logits of zero inflation, where there are some.
  func backwardInflation(_ piece: Piece, _ scratch: FusedScratch) {
    guard let inflation else { return }
    let first = piece.chunk * Self.chunkGenes
    inflation.fillUnits(
      scratch.inflationUnitRoom, genes: first..<first + genes(ofChunk: piece.chunk))
    backward(
      inflation, piece, derivatives: scratch.inflation, scratch.inflationUnitRoom.units)
  }

  private func backward(
    _ head: PassHead, _ piece: Piece, derivatives: UnsafeMutablePointer<Floats>,
    _ units: GradientUnits
  ) {
    let (group, genes) = (piece.group, genes(ofChunk: piece.chunk))
    let firstGene = piece.chunk * Self.chunkGenes
    if demand.contains(.weightGradient), let sums = head.sums {
      if piece.number == 0 { clearWeightSums(of: head, chunk: piece.chunk) }
      let x = inputs + group.firstBlock * 16 * stride
      if demand.contains(.plainSums) {
        kernels.plainWeightGradient(
          floats(derivatives), tileStride: Self.tileStride * 16, x, stride: stride,
          geneCount: genes, rowCount: group.rows.count,
          to: sums.assumingMemoryBound(to: Float.self) + firstGene * stride)
      } else {
        faults[piece.unit] += group.bounds.withUnsafeBufferPointer { bounds in
          guard let bounds = bounds.baseAddress else { return 0 }
          return kernels.weightGradient(
            floats(derivatives), tileStride: Self.tileStride * 16, x, stride: stride,
            geneCount: genes, laneCount: group.laneCount, bounds: bounds, units,
            largestInput: largestInput(of: group),
            to: sums.assumingMemoryBound(to: Int64.self) + firstGene * stride)
        }
      }
    }
    if demand.contains(.hiddenGradient) {
      kernels.hiddenGradient(
        head.weights + firstGene * stride, stride: stride, geneCount: genes,
        inputCount: inputCount, blockCount: group.blockCount, derivatives,
        tileStride: Self.tileStride,
        into: hiddenGradients + piece.unit * gradientSize + group.firstBlock * inputCount,
        gradientStride: inputCount)
    }
  }

  /// The largest |x| of a group; NaN stays, because no comparison with it is true.
  func largestInput(of group: RowLayout.Group) -> Float {
    (group.firstBlock..<group.firstBlock + group.blockCount).reduce(0) {
      inputBounds[$1] <= $0 ? $0 : inputBounds[$1]
    }
  }

  /// Sets the chunk's sums of a head to zero, but for the dispersions', which are there already.
  ///
  /// Chunk by chunk just before the first products: so the sums come to the cache once, not twice.
  func clearWeightSums(of head: PassHead, chunk: Int) {
    guard let sums = head.sums else { return }
    let genes = genes(ofChunk: chunk)
    let first = chunk * Self.chunkGenes * stride
    if demand.contains(.plainSums) {
      (sums.assumingMemoryBound(to: Float.self) + first).update(repeating: 0, count: genes * stride)
      return
    }
    let integers = sums.assumingMemoryBound(to: Int64.self) + first
    let kept = head.dispersionCount
    let place = inputCount + 1
    for g in 0..<genes {
      let row = integers + g * stride
      row.update(repeating: 0, count: place)
      (row + place + kept).update(repeating: 0, count: stride - place - kept)
    }
  }

  /// The dispersions' gradient from the excess of a group on a chunk; the first group's replaces what the sums
  /// held.
  func addDispersions(_ piece: Piece, _ scratch: FusedScratch) {
    let (group, chunk) = (piece.group, piece.chunk)
    guard demand.contains(.weightGradient), !demand.contains(.plainSums), let sums = head.sums,
      head.dispersionCount > 0
    else { return }
    let place = inputCount + 1
    let integers = sums.assumingMemoryBound(to: Int64.self) + chunk * Self.chunkGenes * stride
    if piece.number == 0 {
      for g in 0..<genes(ofChunk: chunk) {
        (integers + g * stride + place).update(repeating: 0, count: head.dispersionCount)
      }
    }
    faults[piece.unit] += group.bounds.withUnsafeBufferPointer { bounds in
      guard let bounds = bounds.baseAddress else { return 0 }
      return (0..<head.dispersionCount).reduce(0) { faults, c in
        faults
          + kernels.dispersionGradient(
            floats(scratch.excess), tileStride: Self.tileStride * 16,
            geneCount: genes(ofChunk: chunk), laneCount: group.laneCount, bounds: bounds,
            DispersionRows(of: c, among: rowGroups.map { $0 + group.firstBlock * 16 }),
            slopes: scratch.dispersionSlopes + c * Self.chunkGenes, scales: scratch.doubleScales,
            to: integers, stride: stride, place: place + c, stage: scratch.stage)
      }
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

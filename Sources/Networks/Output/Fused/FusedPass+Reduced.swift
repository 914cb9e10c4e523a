import Kernels

/// What a pass shares when its products are made in bfloat16.
struct ReducedPass {
  let kernels: any BFloat16Kernels
  /// ⌈H/2⌉, the number of pairs of inputs.
  let inputPairs: Int
  /// Vectors of a row: ⌈S/16⌉.
  let rowVectors: Int
  /// x: [block][⌈H/2⌉][16], inputs in pairs.
  let inputs: UnsafeMutablePointer<FloatBits>
  /// x: [pair of rows][⌈S/16⌉][16].
  let rows: UnsafeMutablePointer<FloatBits>
  /// For each group where its rows are, and how they pair.
  let groups: [Pairs]
  /// Pairs of the largest group, filled up to a multiple of eight.
  let largestPairCount: Int
  /// S, filled up to a multiple of sixteen, and S/2.
  let geneStride: Int
  let weightPairs: Int

  /// How the rows of a group pair: two rows of one lane, the last alone if the lane has an odd number, so that
  /// a lane's products do not depend on where it lies.
  struct Pairs {
    /// First pair of the group in `rows`.
    let first: Int
    /// Rows at the places of the pairs, filled up with −1.
    let order: [Int32]
    /// Rows of the lanes.
    let laneSizes: [Int]
    /// Bounds of the lanes, in pairs.
    let bounds: [Int]
    /// Whether place and row are the same, wherever there is a row.
    let isInOrder: Bool

    init(_ group: RowLayout.Group, first: Int) {
      self.first = first
      var order: [Int32] = []
      var bounds = [0]
      for lane in 0..<group.laneCount {
        for row in group.bounds[lane]..<group.bounds[lane + 1] { order.append(Int32(row)) }
        if order.count % 2 == 1 { order.append(-1) }
        bounds.append(order.count / 2)
      }
      while order.count % 16 != 0 { order.append(-1) }
      self.order = order
      laneSizes = (0..<group.laneCount).map { group.bounds[$0 + 1] - group.bounds[$0] }
      self.bounds = bounds
      isInOrder = order.indices.allSatisfy { order[$0] < 0 || Int(order[$0]) == $0 }
    }

    /// Pairs, a multiple of eight.
    var count: Int { order.count / 2 }
  }

  init(
    _ carver: inout Carver, _ kernels: any BFloat16Kernels, _ layout: RowLayout,
    inputCount: Int, stride: Int
  ) {
    self.kernels = kernels
    inputPairs = (inputCount + 1) / 2
    geneStride = pairStride(stride)
    weightPairs = stride / 2
    rowVectors = geneStride / 16
    var groups: [Pairs] = []
    var count = 0
    for group in layout.groups {
      groups.append(Pairs(group, first: count))
      count += groups[groups.count - 1].count
    }
    self.groups = groups
    largestPairCount = groups.map(\.count).max() ?? 0
    inputs = carver.take(FloatBits.self, layout.blockCount * inputPairs)
    rows = carver.take(FloatBits.self, count * rowVectors)
  }
}

/// Memory of one piece of work in bfloat16: the layouts of `BFloat16Kernels`.
struct ReducedScratch {
  let logitWeights: UnsafeMutablePointer<Int32>
  let geneWeights: UnsafeMutablePointer<FloatBits>
  let genePairs: UnsafeMutablePointer<FloatBits>
  let rowPairs: UnsafeMutablePointer<Int32>

  init(_ carver: inout Carver, _ pass: ReducedPass, blockCount: Int) {
    let genes = FusedPass.chunkGenes
    logitWeights = carver.take(Int32.self, genes * pass.weightPairs)
    geneWeights = carver.take(FloatBits.self, genes / 2 * pass.rowVectors)
    genePairs = carver.take(FloatBits.self, blockCount * genePairsOfChunk)
    rowPairs = carver.take(Int32.self, genes * pass.largestPairCount + 8)
  }
}

extension FusedPass {
  /// The inputs of a block, for its logits.
  func packInputs(_ group: RowLayout.Group, block: Int) {
    guard let reduced else { return }
    let place = group.firstBlock + block
    reduced.kernels.packInputs(
      transposed + place * inputCount, inputCount: inputCount,
      into: reduced.inputs + place * reduced.inputPairs)
  }

  /// The inputs of a group, for its weight gradient.
  func packRows(_ group: RowLayout.Group, number: Int) {
    guard let reduced else { return }
    let pairs = reduced.groups[number]
    pairs.order.withUnsafeBufferPointer { order in
      guard let order = order.baseAddress else { return }
      reduced.kernels.packRows(
        inputs + group.firstBlock * 16 * stride, stride: stride, order: order,
        pairCount: pairs.count, into: reduced.rows + pairs.first * reduced.rowVectors)
    }
  }

  /// A chunk's weights, for logits.
  func packLogitWeights(_ scratch: FusedScratch, chunk: Int) {
    guard let reduced, let packed = scratch.reduced else { return }
    reduced.kernels.packWeights(
      head.weights + chunk * Self.chunkGenes * stride, stride: stride,
      geneCount: genes(ofChunk: chunk), inputCount: inputCount, into: packed.logitWeights)
  }

  /// A chunk's weights, for hidden gradients.
  func packGradientWeights(_ scratch: FusedScratch, chunk: Int) {
    guard let reduced, let packed = scratch.reduced else { return }
    reduced.kernels.packWeightsOfGenePairs(
      head.weights + chunk * Self.chunkGenes * stride, stride: stride,
      geneCount: genes(ofChunk: chunk),
      into: packed.geneWeights)
  }

  /// `backward` in bfloat16.
  func reducedBackward(
    _ piece: Piece, derivatives: UnsafeMutablePointer<Floats>, _ reduced: ReducedPass,
    _ packed: ReducedScratch, _ units: GradientUnits
  ) {
    let (group, chunk) = (piece.group, piece.chunk)
    guard let sums = head.sums else { return }
    let genes = genes(ofChunk: chunk)
    if piece.number == 0 { clearWeightSums(of: head, chunk: chunk) }
    let pairs = reduced.groups[piece.number]
    faults[piece.unit] += pairs.laneSizes.withUnsafeBufferPointer { sizes in
      pairs.bounds.withUnsafeBufferPointer { bounds in
        guard let sizes = sizes.baseAddress, let bounds = bounds.baseAddress else { return 0 }
        let rows = BFloat16Rows(
          genePairs: packed.genePairs, rowPairs: packed.rowPairs, rowStride: pairs.count,
          units: units, laneCount: group.laneCount, laneSizes: sizes,
          bounds: bounds, isInOrder: pairs.isInOrder)
        reduced.kernels.packDerivatives(
          derivatives, tileStride: Self.tileStride, geneCount: genes,
          blockCount: group.blockCount, rows)
        return reduced.kernels.weightGradient(
          rows, reduced.rows + pairs.first * reduced.rowVectors, stride: stride,
          geneCount: genes,
          largestInput: largestInput(of: group),
          to: sums.assumingMemoryBound(to: Int64.self) + chunk * Self.chunkGenes * stride)
      }
    }
    reduced.kernels.hiddenGradient(
      UnsafeRawPointer(packed.geneWeights).assumingMemoryBound(to: Int32.self), stride: stride,
      geneCount: genes, inputCount: inputCount, blockCount: group.blockCount, packed.genePairs,
      into: hiddenGradients + piece.unit * gradientSize + group.firstBlock * inputCount)
  }
}

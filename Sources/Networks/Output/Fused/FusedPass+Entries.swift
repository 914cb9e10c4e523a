import TileKernels

/// Memory for the gathered non-zero entries of one block of rows on one chunk.
struct EntryScratch {
  static let capacity = 16 * FusedPass.chunkGenes + 16
  let arrays: EntryArrays
  let logits: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  let scales: UnsafeMutablePointer<Float>
  let dispersions: UnsafeMutablePointer<Float>
  /// Gene of the tile · 16 + row of the block.
  let positions: UnsafeMutablePointer<Int32>
  /// Numbers of the entries with long counts.
  let long: UnsafeMutablePointer<Int32>
  let longLogits: UnsafeMutablePointer<Double>
  let longValues: UnsafeMutablePointer<Double>
  let longScales: UnsafeMutablePointer<Double>
  let longDispersions: UnsafeMutablePointer<Double>

  init(_ carver: inout Carver) {
    logits = carver.take(Float.self, Self.capacity)
    values = carver.take(Float.self, Self.capacity)
    scales = carver.take(Float.self, Self.capacity)
    dispersions = carver.take(Float.self, Self.capacity)
    arrays = EntryArrays(
      logits: vectors(logits), values: vectors(values), scales: vectors(scales),
      dispersions: vectors(dispersions))
    positions = carver.take(Int32.self, Self.capacity)
    long = carver.take(Int32.self, Self.capacity)
    longLogits = carver.take(Double.self, Self.capacity)
    longValues = carver.take(Double.self, Self.capacity)
    longScales = carver.take(Double.self, Self.capacity)
    longDispersions = carver.take(Double.self, Self.capacity)
  }
}

extension FusedPass {
  /// log k! for short counts.
  private static let logFactorials: [Double] = [
    0, 0, 0.693_147_180_559_945_3, 1.791_759_469_228_055, 3.178_053_830_347_946,
    4.787_491_742_782_046, 6.579_251_212_010_101, 8.525_161_361_065_415, 10.604_602_902_745_25,
  ]

  /// Gathers the entries of a block on a chunk, before the logits are replaced.
  ///
  /// - Returns: how many there are, and how many of them are long counts.
  func gather(
    _ group: RowLayout.Group, block: Int, chunk: Int, tile: UnsafePointer<Float>,
    _ scratch: FusedScratch
  ) -> (count: Int, longCount: Int) {
    let entries = scratch.entries
    let rowOfBlock = group.rows.lowerBound + block * 16
    let scale = floats(scales + (group.firstBlock + block))
    let shift = floats(logSums + (group.firstBlock + block))
    let isSoftmax = kind == .negativeBinomialSoftmax
    let isCount = kind.hasDispersion
    var count = 0
    var longCount = 0
    for row in 0..<min(16, group.rows.upperBound - rowOfBlock) {
      let place = (rowOfBlock + row) * chunkCount + chunk
      let s = scale[row]
      let subtract = isSoftmax ? shift[row] : 0
      var entry = Int(starts[place])
      let end = Int(starts[place + 1])
      while entry < end {
        let gene = Int(columns[entry]) & (Self.chunkGenes - 1)
        let position = gene &* 16 &+ row
        let value = values[entry]
        entries.positions[count] = Int32(truncatingIfNeeded: position)
        entries.logits[count] = tile[position] - subtract
        entries.values[count] = value
        entries.scales[count] = s
        entries.dispersions[count] = scratch.dispersions[gene]
        if isCount, value > largestShortCount {
          entries.long[longCount] = Int32(truncatingIfNeeded: count)
          longCount &+= 1
        }
        count &+= 1
        entry &+= 1
      }
    }
    // Harmless numbers up to whole vectors.
    var filled = count
    while filled & 15 != 0 {
      entries.logits[filled] = 0
      entries.values[filled] = 1
      entries.scales[filled] = 1
      entries.dispersions[filled] = 2
      filled += 1
    }
    return (count, longCount)
  }

  /// Works on the gathered entries and writes them over what the tile holds for zeros.
  func scatter(
    count: Int, longCount: Int, tile: UnsafeMutablePointer<Float>,
    excess: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<Double>,
    _ scratch: FusedScratch
  ) {
    guard count > 0 else { return }
    let entries = scratch.entries
    if longCount > 0 { gatherLong(longCount, entries) }
    kernels.entries(kind, entries.arrays, vectorCount: (count + 15) / 16)
    if longCount > 0 { workOnLong(longCount, entries) }
    if kind.hasDispersion {
      Self.logFactorials.withUnsafeBufferPointer { factorials in
        for entry in 0..<count {
          let position = Int(entries.positions[entry])
          tile[position] = entries.logits[entry]
          excess[position] += entries.dispersions[entry]
          let value = entries.values[entry]
          let constant = value <= largestShortCount ? factorials[Int(value)] : 0
          losses[position & 15] += Double(entries.scales[entry]) + constant
        }
      }
    } else {
      for entry in 0..<count {
        let position = Int(entries.positions[entry])
        tile[position] = entries.logits[entry]
        losses[position & 15] += Double(entries.scales[entry])
      }
    }
  }

  /// Copies long counts to their own arrays, before the others' kernel writes over them.
  private func gatherLong(_ count: Int, _ entries: EntryScratch) {
    for j in 0..<(count + 3) & ~3 {
      let entry = Int(entries.long[min(j, count - 1)])
      entries.longLogits[j] = Double(entries.logits[entry])
      entries.longValues[j] = Double(entries.values[entry])
      entries.longScales[j] = Double(entries.scales[entry])
      entries.longDispersions[j] = Double(entries.dispersions[entry])
    }
  }

  private func workOnLong(_ count: Int, _ entries: EntryScratch) {
    func quads(_ pointer: UnsafeMutablePointer<Double>) -> UnsafeMutablePointer<Doubles> {
      UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Doubles.self)
    }
    kernels.longCounts(
      kind, quads(entries.longLogits), quads(entries.longValues), quads(entries.longScales),
      quads(entries.longDispersions), vectorCount: (count + 3) / 4)
    for j in 0..<count {
      let entry = Int(entries.long[j])
      entries.logits[entry] = Float(entries.longLogits[j])
      entries.scales[entry] = Float(entries.longValues[j])
      entries.dispersions[entry] = Float(entries.longScales[j])
    }
  }
}

import Kernels

/// Memory for the gathered non-zero entries of one block of rows on one chunk.
struct EntryScratch {
  static let capacity = 16 * FusedPass.chunkGenes + 16
  let arrays: EntryArrays
  let inflated: InflatedEntries
  let inflation: UnsafeMutablePointer<Float>
  let inflationLosses: UnsafeMutablePointer<Float>
  let inflationExcess: UnsafeMutablePointer<Float>
  let logits: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  let scales: UnsafeMutablePointer<Float>
  let dispersions: UnsafeMutablePointer<Float>
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
    inflation = carver.take(Float.self, Self.capacity)
    inflationLosses = carver.take(Float.self, Self.capacity)
    inflationExcess = carver.take(Float.self, Self.capacity)
    inflated = InflatedEntries(
      logits: vectors(inflation), losses: vectors(inflationLosses),
      excess: vectors(inflationExcess))
    long = carver.take(Int32.self, Self.capacity)
    longLogits = carver.take(Double.self, Self.capacity)
    longValues = carver.take(Double.self, Self.capacity)
    longScales = carver.take(Double.self, Self.capacity)
    longDispersions = carver.take(Double.self, Self.capacity)
  }
}

/// The batch's entries in the order in which they are worked on: block by block of sixteen rows, within a
/// block chunk by chunk of genes, within a chunk row by row. So what belongs to one tile lies together.
struct ArrangedEntries {
  /// Gene of the chunk · 16 + row of the block.
  let positions: UnsafeMutablePointer<UInt16>
  let values: UnsafeMutablePointer<Float>
  /// End of the entries of (block, chunk): [block][chunk].
  let ends: UnsafeMutablePointer<Int32>

  init(_ carver: inout Carver, entryCount: Int, blockCount: Int, chunkCount: Int) {
    positions = carver.take(UInt16.self, entryCount)
    values = carver.take(Float.self, entryCount)
    ends = carver.take(Int32.self, blockCount * chunkCount)
  }
}

/// The entries of one tile.
struct TileEntries {
  /// Where they begin among the arranged entries.
  let first: Int
  /// How many they are.
  var count = 0
  /// How many of them are long counts.
  var longCount = 0
}

extension FusedPass {
  /// The rows of a block.
  private func rows(_ group: RowLayout.Group, _ block: Int) -> Range<Int> {
    let first = group.rows.lowerBound + block * 16
    return first..<min(first + 16, group.rows.upperBound)
  }

  /// Arranges the entries of one block.
  func arrange(_ group: RowLayout.Group, block: Int) {
    let rows = rows(group, block)
    let ends = arranged.ends + (group.firstBlock + block) * chunkCount
    var next = starts[rows.lowerBound * chunkCount]
    for chunk in 0..<chunkCount {
      ends[chunk] = next
      for row in rows {
        next &+= starts[row &* chunkCount &+ chunk &+ 1] &- starts[row &* chunkCount &+ chunk]
      }
    }
    // What are starts now become ends while entries come in.
    for row in rows {
      let place = row &- rows.lowerBound
      for chunk in 0..<chunkCount {
        var entry = Int(starts[row &* chunkCount &+ chunk])
        let end = Int(starts[row &* chunkCount &+ chunk &+ 1])
        var target = Int(ends[chunk])
        while entry < end {
          let gene = Int(columns[entry]) & (Self.chunkGenes &- 1)
          arranged.positions[target] = UInt16(truncatingIfNeeded: gene &* 16 &+ place)
          arranged.values[target] = values[entry]
          target &+= 1
          entry &+= 1
        }
        ends[chunk] = Int32(truncatingIfNeeded: target)
      }
    }
  }

  /// Gathers the entries of a block on a chunk, before the logits are replaced.
  func gather(
    _ group: RowLayout.Group, block: Int, chunk: Int, _ outputs: OutputTile,
    _ scratch: FusedScratch
  ) -> TileEntries {
    let tile = floats(outputs.logits)
    let entries = scratch.entries
    let rows = rows(group, block)
    let scale = floats(scales + (group.firstBlock + block))
    let shift = floats(logSums + (group.firstBlock + block))
    let isSoftmax = kind.isNormalised
    let longest = kind.isOfCounts ? largestShortCount : .infinity
    // By gene, or by gene and row.
    let byRow = rowGroups != nil
    let dispersions = byRow ? floats(scratch.rowDispersions) : scratch.dispersions
    let dispersionShift = byRow ? 0 : 4
    let end = arranged.ends + (group.firstBlock + block) * chunkCount + chunk
    let first = Int(chunk == 0 ? starts[rows.lowerBound * chunkCount] : end[-1])
    var found = TileEntries(first: first)
    let positions = arranged.positions + first
    let values = arranged.values + first
    var count = 0
    var longCount = 0
    for row in rows {
      let place = row &* chunkCount &+ chunk
      let last = count &+ Int(starts[place &+ 1] &- starts[place])
      let s = scale[row &- rows.lowerBound]
      let subtract = isSoftmax ? shift[row &- rows.lowerBound] : 0
      while count < last {
        let position = Int(positions[count])
        let value = values[count]
        entries.logits[count] = tile[position] - subtract
        entries.values[count] = value
        entries.scales[count] = s
        entries.dispersions[count] = dispersions[position &>> dispersionShift]
        // Written always, kept if long: no branch to mispredict.
        entries.long[longCount] = Int32(truncatingIfNeeded: count)
        longCount &+= value > longest ? 1 : 0
        count &+= 1
      }
    }
    // Harmless numbers up to whole vectors.
    var filled = count
    while filled & 15 != 0 {
      entries.logits[filled] = 0
      entries.values[filled] = 1
      entries.scales[filled] = 1
      entries.dispersions[filled] = 2
      filled &+= 1
    }
    found.count = count
    found.longCount = longCount
    if inflation != nil {
      let logits = floats(outputs.inflation)
      for entry in 0..<count { entries.inflation[entry] = logits[Int(positions[entry])] }
      for entry in count..<filled { entries.inflation[entry] = 0 }
    }
    return found
  }

  /// Works on the gathered entries and writes them over what the tile holds for zeros.
  func scatter(
    _ found: TileEntries, _ piece: Piece, block: Int, _ outputs: OutputTile,
    _ scratch: FusedScratch
  ) {
    guard found.count > 0 else { return }
    let (group, chunk) = (piece.group, piece.chunk)
    let losses = losses + (piece.unit * layout.blockCount + group.firstBlock + block) * 16
    let entries = scratch.entries
    let (tile, excess) = (floats(outputs.derivatives), floats(outputs.excess))
    let vectorCount = (found.count + 15) / 16
    if inflation != nil {
      kernels.inflatedEntries(kind, entries.arrays, entries.inflated, vectorCount: vectorCount)
    }
    if found.longCount > 0 { gatherLong(found.longCount, entries) }
    kernels.entries(kind, entries.arrays, vectorCount: vectorCount)
    if found.longCount > 0 { workOnLong(found.longCount, entries) }
    let positions = arranged.positions + found.first
    let hasDispersion = kind.hasDispersion
    let rows = rows(group, block)
    var entry = 0
    for row in rows {
      let place = row &* chunkCount &+ chunk
      let last = entry &+ Int(starts[place &+ 1] &- starts[place])
      var loss = losses[row &- rows.lowerBound]
      while entry < last {
        let position = Int(positions[entry])
        tile[position] = entries.logits[entry]
        if hasDispersion { excess[position] += entries.dispersions[entry] }
        loss += Double(entries.scales[entry])
        entry &+= 1
      }
      losses[row &- rows.lowerBound] = loss
    }
    if inflation != nil {
      scatterInflation(found, rows, chunk: chunk, outputs, losses: losses, entries)
    }
  }

  /// Adds what zero inflation changes beyond that.
  private func scatterInflation(
    _ found: TileEntries, _ rows: Range<Int>, chunk: Int, _ outputs: OutputTile,
    losses: UnsafeMutablePointer<Double>, _ entries: EntryScratch
  ) {
    let (tile, excess) = (floats(outputs.inflation), floats(outputs.excess))
    let positions = arranged.positions + found.first
    var entry = 0
    for row in rows {
      let place = row &* chunkCount &+ chunk
      let last = entry &+ Int(starts[place &+ 1] &- starts[place])
      while entry < last {
        let position = Int(positions[entry])
        tile[position] = entries.inflation[entry]
        excess[position] += entries.inflationExcess[entry]
        losses[row &- rows.lowerBound] += Double(entries.inflationLosses[entry])
        entry &+= 1
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
      kind,
      LongCountArrays(
        logits: quads(entries.longLogits), counts: quads(entries.longValues),
        scales: quads(entries.longScales), dispersions: quads(entries.longDispersions)),
      vectorCount: (count + 3) / 4)
    for j in 0..<count {
      let entry = Int(entries.long[j])
      entries.logits[entry] = Float(entries.longLogits[j])
      entries.scales[entry] = Float(entries.longValues[j])
      entries.dispersions[entry] = Float(entries.longScales[j])
    }
  }
}

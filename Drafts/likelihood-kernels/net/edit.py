def rep(s, a, b, n=1):
    assert s.count(a) >= 1, a
    return s.replace(a, b) if n == 0 else s.replace(a, b, n)
p='FusedPass.swift'; s=open(p).read()
s=rep(s,'''  let geneCount: Int
  let inputCount: Int
  let stride: Int
  let layout: RowLayout''','''  let geneCount: Int
  let inputCount: Int
  let stride: Int
  let dispersion: Dispersion
  let layout: RowLayout''')
s=rep(s,'''  let weights: UnsafePointer<Float>
  let unitExponents: UnsafePointer<Int32>
  /// The largest |gradient| of each gene in recent steps.
  let largestGradients: UnsafePointer<Float>
  /// The batch''','''  /// What the means' logits are made with.
  let head: PassHead
  /// What the logits of zero inflation are made with, in the same layout.
  let inflation: PassHead?
  /// The dispersions' group of each row: [padded row]; of nothing if there is one group.
  let rowGroups: UnsafeMutablePointer<Int32>
  /// The batch''')
s=rep(s,'''  let totals: UnsafeMutablePointer<Floats>
  /// Sums of weight gradients: integers, or floats for `plainSums`.
  let sums: UnsafeMutableRawPointer?
''','''  let totals: UnsafeMutablePointer<Floats>
''')
# scratch to own file
a=s.index("/// Memory of one piece of work."); b=s.index("extension FusedPass {\n  /// Fills what depends on the chunk")
scratch=s[a:b]; s=s[:a]+s[b:]
# prepare
a=s.index("  /// Fills what depends on the chunk's genes alone."); b=s.index("  /// The logits of a block of a group on a chunk.")
s=s[:a]+'''  /// Fills what depends on the chunk's genes alone.
  func prepare(_ scratch: FusedScratch, chunk: Int) {
    let genes = genes(ofChunk: chunk)
    let first = chunk * Self.chunkGenes
    head.fillUnits(scratch.units, genes: first..<first + genes)
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
      vectors(scratch.logDispersions), vectors(scratch.dispersions), vectors(scratch.inverses),
      smallest: dispersion.smallest, vectorCount: dispersion.groupCount * Self.chunkGenes / 16)
  }

  /// Lays the dispersions of a block's rows out as the kernels want them, where they depend on the row.
  func spreadDispersions(
    _ group: RowLayout.Group, block: Int, chunk: Int, _ scratch: FusedScratch
  ) {
    guard dispersion.groupCount > 1 else { return }
    let rows = rowGroups + (group.firstBlock + block) * 16
    let (r, q) = (floats(scratch.rowDispersions), floats(scratch.rowInverses))
    for g in 0..<genes(ofChunk: chunk) {
      for row in 0..<16 {
        let place = Int(rows[row]) * Self.chunkGenes + g
        r[g * 16 + row] = scratch.dispersions[place]
        q[g * 16 + row] = scratch.inverses[place]
      }
    }
  }

'''+s[b:]
# logits
s=rep(s,'''    kernels.logits(
      weights + chunk * Self.chunkGenes * stride, stride: stride,
      geneCount: genes(ofChunk: chunk), inputCount: inputCount,
      transposed + (group.firstBlock + block) * inputCount, into: tile)
  }
''','''    logits(of: head, group, block: block, chunk: chunk, into: tile)
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
''')
s=rep(s,'''        packed.logitWeights, weights + chunk''','''        packed.logitWeights, head.weights + chunk''')
a=s.index("  /// Weight gradient and hidden gradient from the derivatives of a group on a chunk."); b=s.index("  /// The largest |x| of a group;")
s=s[:a]+'''  /// Weight gradient and hidden gradient from the derivatives of a group on a chunk.
  func backward(
    _ group: RowLayout.Group, number: Int, unit: Int, chunk: Int,
    derivatives: UnsafeMutablePointer<Floats>, _ scratch: FusedScratch
  ) {
    if let reduced, let packed = scratch.reduced {
      reducedBackward(
        group, number: number, unit: unit, chunk: chunk, derivatives: derivatives, reduced, packed,
        scratch.units)
      return
    }
    backward(
      head, group, number: number, unit: unit, chunk: chunk, derivatives: derivatives,
      scratch.units)
  }

  /// As `backward`, for the logits of zero inflation, where there are some.
  func backwardInflation(
    _ group: RowLayout.Group, number: Int, unit: Int, chunk: Int, _ scratch: FusedScratch
  ) {
    guard let inflation else { return }
    let first = chunk * Self.chunkGenes
    inflation.fillUnits(scratch.inflationUnits, genes: first..<first + genes(ofChunk: chunk))
    backward(
      inflation, group, number: number, unit: unit, chunk: chunk, derivatives: scratch.inflation,
      scratch.inflationUnits)
  }

  private func backward(
    _ head: PassHead, _ group: RowLayout.Group, number: Int, unit: Int, chunk: Int,
    derivatives: UnsafeMutablePointer<Floats>, _ units: GradientUnits
  ) {
    let genes = genes(ofChunk: chunk)
    let firstGene = chunk * Self.chunkGenes
    if demand.contains(.weightGradient), let sums = head.sums {
      if number == 0 { clearWeightSums(of: head, chunk: chunk) }
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
        into: hiddenGradients + unit * gradientSize + group.firstBlock * inputCount,
        gradientStride: inputCount)
    }
  }

'''+s[b:]
a=s.index("  /// Sets the chunk's sums to zero, but for"); b=s.index("extension OutputKind {")
s=s[:a]+'''  /// Sets the chunk's sums of a head to zero, but for the dispersions', which are there already.
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
  func addDispersions(
    _ group: RowLayout.Group, number: Int, unit: Int, chunk: Int, _ scratch: FusedScratch
  ) {
    guard demand.contains(.weightGradient), !demand.contains(.plainSums), let sums = head.sums,
      head.dispersionCount > 0
    else { return }
    let place = inputCount + 1
    let integers = sums.assumingMemoryBound(to: Int64.self) + chunk * Self.chunkGenes * stride
    if number == 0 {
      for g in 0..<genes(ofChunk: chunk) {
        (integers + g * stride + place).update(repeating: 0, count: head.dispersionCount)
      }
    }
    faults[unit] += group.bounds.withUnsafeBufferPointer { bounds in
      guard let bounds = bounds.baseAddress else { return 0 }
      let excess = UnsafePointer(floats(scratch.excess))
      if head.dispersionCount > 1 {
        return kernels.groupedDispersionGradient(
          excess, tileStride: Self.tileStride * 16, geneCount: genes(ofChunk: chunk),
          laneCount: group.laneCount, bounds: bounds, groups: rowGroups + group.firstBlock * 16,
          groupCount: head.dispersionCount, dispersions: scratch.dispersions,
          smallest: dispersion.smallest, scales: scratch.doubleScales, to: integers,
          stride: stride, place: place, stage: scratch.groupStage)
      }
      return kernels.dispersionGradient(
        excess, tileStride: Self.tileStride * 16, geneCount: genes(ofChunk: chunk),
        laneCount: group.laneCount, bounds: bounds, dispersions: scratch.dispersions,
        smallest: dispersion.smallest, scales: scratch.doubleScales, to: integers, stride: stride,
        place: place, stage: scratch.stage)
    }
  }
}

/// The same memory'''+s[s.index("/// The same memory, sixteen at a time.")+len("/// The same memory"):]
open(p,'w').write(s)
scratch='''import Kernels

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
  func fillUnits(_ units: MutableGradientUnits, genes: Range<Int>) {
    for (place, gene) in genes.enumerated() {
      (units.scales[place], units.shifts[place]) = UnitExponent.lanePart(
        unitExponents[gene], largest: largestGradients[gene])
    }
  }
}

/// Room for `GradientUnits`.
struct MutableGradientUnits {
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
  /// r, 1/r, ρ of the chunk's genes: [group of rows][gene].
  let dispersions: UnsafeMutablePointer<Float>
  let inverses: UnsafeMutablePointer<Float>
  let logDispersions: UnsafeMutablePointer<Float>
  /// r and 1/r of a block's rows where they differ: [gene][16].
  let rowDispersions: UnsafeMutablePointer<Floats>
  let rowInverses: UnsafeMutablePointer<Floats>
  let groupStage: UnsafeMutablePointer<Float>
  /// 2^s of the chunk's genes.
  let doubleScales: UnsafeMutablePointer<Double>
  let mutableUnits: MutableGradientUnits
  let mutableInflationUnits: MutableGradientUnits
  let reduced: ReducedScratch?
  let entries: EntryScratch
  /// One vector: what a kernel returns.
  let result: UnsafeMutablePointer<Floats>

  init(_ carver: inout Carver, _ pass: FusedPass) {
    let genes = FusedPass.chunkGenes
    let tiles = pass.layout.largestBlockCount * FusedPass.tileStride
    let groups = pass.dispersion.groupCount
    let perRow = groups > 1 ? genes : 0
    tile = carver.take(Floats.self, tiles)
    common = carver.take(Floats.self, FusedPass.tileStride)
    excess = carver.take(Floats.self, tiles)
    inflation = carver.take(Floats.self, pass.inflation == nil ? 0 : tiles)
    stage = carver.take(Floats.self, 32)
    dispersions = carver.take(Float.self, groups * genes)
    inverses = carver.take(Float.self, groups * genes)
    logDispersions = carver.take(Float.self, groups * genes)
    rowDispersions = carver.take(Floats.self, perRow)
    rowInverses = carver.take(Floats.self, perRow)
    groupStage = carver.take(Float.self, groups)
    doubleScales = carver.take(Double.self, genes)
    mutableUnits = MutableGradientUnits(&carver)
    mutableInflationUnits = MutableGradientUnits(&carver)
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
    let byRow = dispersion.groupCount > 1
    kernels.zeros(
      kind, tile,
      dispersions: byRow ? UnsafePointer(floats(scratch.rowDispersions)) : UnsafePointer(scratch.dispersions),
      inverses: byRow ? UnsafePointer(floats(scratch.rowInverses)) : UnsafePointer(scratch.inverses),
      byRow: byRow, scale: scales + block, logSum: logSums + block, loss: scratch.result)
    let unitLosses = losses + (unit * layout.blockCount + block) * 16
    let zeroLosses = floats(scratch.result)
    for row in 0..<16 { unitLosses[row] += Double(zeroLosses[row]) }
  }
}
'''
scratch=scratch.replace("  func fillUnits(_ units: MutableGradientUnits","  func fillUnits(_ units: GradientUnitRoom").replace("MutableGradientUnits","GradientUnitRoom")
scratch=scratch.replace("  let mutableUnits: GradientUnitRoom\n  let mutableInflationUnits: GradientUnitRoom","  /// In what gradients of weights, and of those of zero inflation, are counted.\n  let unitRoom: GradientUnitRoom\n  let inflationUnitRoom: GradientUnitRoom")
scratch=scratch.replace("    mutableUnits = ","    unitRoom = ").replace("    mutableInflationUnits = ","    inflationUnitRoom = ")
open('FusedScratch.swift','w').write(scratch)
s=open(p).read()
s=s.replace("head.fillUnits(scratch.units,","head.fillUnits(scratch.unitRoom,").replace("inflation.fillUnits(scratch.inflationUnits,","inflation.fillUnits(scratch.inflationUnitRoom,")
s=s.replace("        scratch.units)","        scratch.unitRoom.units)").replace("      scratch.units)","      scratch.unitRoom.units)").replace("      scratch.inflationUnits)","      scratch.inflationUnitRoom.units)")
s=s.replace("import TileKernels","import Kernels").replace("any TileArithmetic","any NetworkKernels")
open(p,'w').write(s)
# Phases
p='FusedPass+Phases.swift'; s=open(p).read()
s=rep(s,'''          differentiate(group, block: block, unit: unit, chunk: chunk, scratch)
        }
        addDispersions''','''          if let inflation {
            logits(
              of: inflation, group, block: block, chunk: chunk,
              into: scratch.inflation + block * Self.tileStride)
          }
          differentiate(
            tile, tile, group, block: block, unit: unit, chunk: chunk, scratch)
        }
        addDispersions''')
s=rep(s,'''            group, number: number, unit: unit, chunk: chunk, derivatives: scratch.tile, scratch)
        }''','''            group, number: number, unit: unit, chunk: chunk, derivatives: scratch.tile, scratch)
          backwardInflation(group, number: number, unit: unit, chunk: chunk, scratch)
        }''')
a=s.index("  /// Logits of one block become derivatives; the losses are added."); b=s.index("/// Memory for softmax: what must be kept")
s=s[:a]+'''  /// Logits of one block become derivatives; the losses are added.
  private func differentiate(
    _ logits: UnsafeMutablePointer<Floats>, _ derivatives: UnsafeMutablePointer<Floats>,
    _ group: RowLayout.Group, block: Int, unit: Int, chunk: Int, _ scratch: FusedScratch
  ) {
    let tile = tile(logits, derivatives, block: block, chunk: chunk, scratch)
    let row = group.firstBlock + block
    spreadDispersions(group, block: block, chunk: chunk, scratch)
    let gathered = gather(group, block: block, chunk: chunk, tile, scratch)
    differentiateZeros(tile, row: row, unit: unit, scratch)
    scatter(
      gathered, group, block: block, chunk: chunk, tile,
      losses: losses + (unit * layout.blockCount + row) * 16, scratch)
  }
}

'''+s[b:]
a=s.index("          let tile = cache.logits + cached\n"); b=s.index("          kernels.addSum(")
s=s[:a]+'''          let derivatives = cache.derivatives + cached
          let row = group.firstBlock + block
          if let inflation {
            logits(
              of: inflation, group, block: block, chunk: chunk,
              into: scratch.inflation + block * Self.tileStride)
          }
          differentiate(
            cache.logits + cached, derivatives, group, block: block, unit: unit, chunk: chunk,
            scratch)
'''+s[b:]
s=rep(s,'''        addDispersions(group, number: number, unit: unit, chunk: chunk, scratch)
      }
    }
  }

  /// Between the last two''','''        addDispersions(group, number: number, unit: unit, chunk: chunk, scratch)
        if !demand.isEmpty {
          backwardInflation(group, number: number, unit: unit, chunk: chunk, scratch)
        }
      }
    }
  }

  /// Between the last two''')
s=s.replace("import TileKernels","import Kernels").replace("import LinearAlgebra\n","")
open(p,'w').write(s)
# Entries
p='FusedPass+Entries.swift'; s=open(p).read()
s=rep(s,'''  let arrays: EntryArrays
''','''  let arrays: EntryArrays
  let inflated: InflatedEntries
  let inflation: UnsafeMutablePointer<Float>
  let inflationLosses: UnsafeMutablePointer<Float>
  let inflationExcess: UnsafeMutablePointer<Float>
''')
s=rep(s,'''      dispersions: vectors(dispersions))
    long =''','''      dispersions: vectors(dispersions))
    inflation = carver.take(Float.self, Self.capacity)
    inflationLosses = carver.take(Float.self, Self.capacity)
    inflationExcess = carver.take(Float.self, Self.capacity)
    inflated = InflatedEntries(
      logits: vectors(inflation), losses: vectors(inflationLosses),
      excess: vectors(inflationExcess))
    long =''')
s=rep(s,'''    _ group: RowLayout.Group, block: Int, chunk: Int, tile: UnsafePointer<Float>,
    _ scratch: FusedScratch
  ) -> TileEntries {''','''    _ group: RowLayout.Group, block: Int, chunk: Int, _ outputs: OutputTile,
    _ scratch: FusedScratch
  ) -> TileEntries {
    let tile = floats(outputs.logits)''')
s=rep(s,"    let isSoftmax = kind == .negativeBinomialSoftmax\n    let longest = kind.hasDispersion ? largestShortCount : .infinity\n",'''    let isSoftmax = kind.isNormalised
    let longest = kind.isOfCounts ? largestShortCount : .infinity
    // By gene, or by gene and row.
    let byRow = dispersion.groupCount > 1
    let dispersions = byRow ? floats(scratch.rowDispersions) : scratch.dispersions
    let dispersionShift = byRow ? 0 : 4
''')
s=rep(s,"entries.dispersions[count] = scratch.dispersions[position &>> 4]","entries.dispersions[count] = dispersions[position &>> dispersionShift]")
s=rep(s,'''    found.count = count
    found.longCount = longCount
    return found
''','''    found.count = count
    found.longCount = longCount
    if inflation != nil {
      let logits = floats(outputs.inflation)
      for entry in 0..<count { entries.inflation[entry] = logits[Int(positions[entry])] }
      for entry in count..<filled { entries.inflation[entry] = 0 }
    }
    return found
''')
s=rep(s,'''    _ found: TileEntries, _ group: RowLayout.Group, block: Int, chunk: Int,
    tile: UnsafeMutablePointer<Float>, excess: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<Double>, _ scratch: FusedScratch
  ) {
    guard found.count > 0 else { return }
    let entries = scratch.entries
''','''    _ found: TileEntries, _ group: RowLayout.Group, block: Int, chunk: Int, _ outputs: OutputTile,
    losses: UnsafeMutablePointer<Double>, _ scratch: FusedScratch
  ) {
    guard found.count > 0 else { return }
    let entries = scratch.entries
    let (tile, excess) = (floats(outputs.derivatives), floats(outputs.excess))
    let vectorCount = (found.count + 15) / 16
    if inflation != nil {
      kernels.inflatedEntries(kind, entries.arrays, entries.inflated, vectorCount: vectorCount)
    }
''')
s=rep(s,"kernels.entries(kind, entries.arrays, vectorCount: (found.count + 15) / 16)","kernels.entries(kind, entries.arrays, vectorCount: vectorCount)")
s=rep(s,'''      losses[row &- rows.lowerBound] = loss
    }
  }
''','''      losses[row &- rows.lowerBound] = loss
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
''')
a=s.index("    kernels.longCounts(\n"); b=s.index("    for j in 0..<count {\n      let entry = Int(entries.long[j])\n      entries.logits[entry] = Float")
s=s[:a]+'''    kernels.longCounts(
      kind,
      LongCountArrays(
        logits: quads(entries.longLogits), counts: quads(entries.longValues),
        scales: quads(entries.longScales), dispersions: quads(entries.longDispersions)),
      vectorCount: (count + 3) / 4)
'''+s[b:]
s=s.replace("import TileKernels","import Kernels")
open(p,'w').write(s)
p='FusedPass+Reduced.swift'; s=open(p).read()
s=s.replace("import TileKernels","import Kernels").replace("any BFloat16Arithmetic","any BFloat16Kernels").replace("`BFloat16Arithmetic`","`BFloat16Kernels`")
s=s.replace("    guard let sums else { return }\n    let genes = genes(ofChunk: chunk)\n    if number == 0 { clearWeightSums(chunk: chunk) }","    guard let sums = head.sums else { return }\n    let genes = genes(ofChunk: chunk)\n    if number == 0 { clearWeightSums(of: head, chunk: chunk) }")
s=s.replace("      weights + chunk * Self.chunkGenes * stride","      head.weights + chunk * Self.chunkGenes * stride")
open(p,'w').write(s)

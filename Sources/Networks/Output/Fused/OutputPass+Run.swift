public import LinearAlgebra
import TileKernels

extension OutputPass {
  /// Loss, hidden gradient and the gradient of all parameters.
  ///
  /// Local.
  public func train(
    _ batch: OutputBatch<Float>, at parameters: EffectiveParameters,
    into limbs: UnsafeMutableBufferPointer<Int64>, on workers: Workers
  ) -> OutputResult<Float> {
    precondition(limbs.count == limbCount)
    return run(
      batch, parameters, [.hiddenGradient, .weightGradient], sums: limbs.baseAddress, on: workers)
  }

  /// As `train`, but with weight gradients summed as floats (without dispersions): it shows what the
  /// integers cost, and its bits depend on the order of lanes.
  package func trainWithPlainSums(
    _ batch: OutputBatch<Float>, at parameters: EffectiveParameters,
    into sums: UnsafeMutableBufferPointer<Float>, on workers: Workers
  ) -> OutputResult<Float> {
    precondition(sums.count == limbCount)
    return run(
      batch, parameters, [.hiddenGradient, .weightGradient, .plainSums], sums: sums.baseAddress,
      on: workers)
  }

  /// Loss and hidden gradient.
  ///
  /// Local.
  public func backpropagate(
    _ batch: OutputBatch<Float>, at parameters: EffectiveParameters, on workers: Workers
  ) -> OutputResult<Float> {
    run(batch, parameters, .hiddenGradient, sums: nil, on: workers)
  }

  /// The losses of the rows, without gradients.
  ///
  /// Local.
  public func losses(
    _ batch: OutputBatch<Float>, at parameters: EffectiveParameters, on workers: Workers
  ) -> [Double] {
    run(batch, parameters, [], sums: nil, on: workers).losses
  }

  /// Blocks whose genes a softmax keeps at once: two arrays of 256 rows.
  private static let softmaxBlocks = 16

  private func run(
    _ batch: OutputBatch<Float>, _ parameters: EffectiveParameters, _ demand: FusedPass.Demand,
    sums: UnsafeMutableRawPointer?, on workers: Workers
  ) -> OutputResult<Float> {
    let H = specification.inputCount
    let rowCount = batch.groups.rowCount
    precondition(
      parameters.values.count == numberCount
        && parameters.inflation.count == limbCount - numberCount,
      "\(parameters.values.count) and \(parameters.inflation.count) parameters, expected \(limbCount) in all"
    )
    precondition(
      specification.dispersion.groupCount == 1 || batch.dispersionGroups.count == rowCount,
      "\(batch.dispersionGroups.count) groups of dispersions for \(rowCount) rows")
    precondition(
      batch.dispersionGroups.allSatisfy {
        (0..<specification.dispersion.groupCount).contains(Int($0))
      },
      "a group of dispersions outside 0..<\(specification.dispersion.groupCount)")
    precondition(
      batch.hidden.count == rowCount * H && batch.values.columnCount == specification.outputCount)
    let layout = RowLayout(batch.groups)
    var result = OutputResult<Float>(
      losses: Array(repeating: 0, count: rowCount),
      hiddenGradient: Array(
        repeating: 0, count: demand.contains(.hiddenGradient) ? rowCount * H : 0),
      faultCount: 0)
    guard rowCount > 0 else {
      // No rows: the gradient is zero.
      if demand.contains(.weightGradient), let sums {
        let size = demand.contains(.plainSums) ? MemoryLayout<Float>.size : MemoryLayout<Int64>.size
        sums.initializeMemory(as: UInt8.self, repeating: 0, count: limbCount * size)
      }
      return result
    }
    withPass(batch, parameters, layout, demand, sums: sums) { pass in
      let blocks = layout.groups.flatMap { group in (0..<group.blockCount).map { (group, $0) } }
      workers.perform(blocks.count) { index in
        let (group, block) = blocks[index]
        fill(pass, group, block: block, from: batch)
        pass.arrange(group, block: block)
        pass.packInputs(group, block: block)
      }
      if pass.reduced != nil {
        workers.perform(layout.groups.count) { pass.packRows(layout.groups[$0], number: $0) }
      }
      if kind.isNormalised {
        workers.perform(pass.unitCount) { clear(pass, unit: $0) }
        runSoftmax(pass, on: workers)
      } else {
        workers.perform(pass.unitCount) { place in
          let unit = pass.order[place]
          clear(pass, unit: unit)
          withScratch(pass) { pass.work(onUnit: unit, $0) }
        }
      }
      for unit in 0..<pass.unitCount { result.faultCount += pass.faults[unit] }
      collectLosses(pass, into: &result.losses)
      if demand.contains(.hiddenGradient) {
        collectGradients(pass, into: &result.hiddenGradient, on: workers)
      }
    }
    return result
  }

  private func runSoftmax(_ pass: FusedPass, on workers: Workers) {
    var first = 0
    while first < pass.layout.groups.count {
      // As many groups as fill the cache; at least one.
      var end = first
      var blocks = 0
      while end < pass.layout.groups.count {
        let next = pass.layout.groups[end].blockCount
        if blocks > 0, blocks + next > Self.softmaxBlocks { break }
        blocks += next
        end += 1
      }
      let groups = first..<end
      let firstBlock = pass.layout.groups[first].firstBlock
      let blockRange = firstBlock..<firstBlock + blocks
      pool.withCarved { carver in
        SoftmaxCache(
          &carver, chunkCount: pass.chunkCount, unitCount: pass.unitCount, blockCapacity: blocks)
      } body: { cache in
        workers.perform(pass.unitCount) { place in
          withScratch(pass) {
            pass.softmaxLogits(unit: pass.order[place], groups: groups, cache, $0)
          }
        }
        pass.combineLogSums(blocks: blockRange, cache)
        workers.perform(pass.unitCount) { place in
          withScratch(pass) {
            pass.softmaxDerivatives(unit: pass.order[place], groups: groups, cache, $0)
          }
        }
        guard !pass.demand.isEmpty else { return }
        pass.combineTotals(blocks: blockRange, cache)
        workers.perform(pass.unitCount) { place in
          withScratch(pass) {
            pass.softmaxBackward(unit: pass.order[place], groups: groups, cache, $0)
          }
        }
      }
      first = end
    }
  }

  // MARK: - Memory

  private func withScratch(_ pass: FusedPass, _ body: (FusedScratch) -> Void) {
    pool.withCarved({ FusedScratch(&$0, pass) }, body: body)
  }

  private func withPass(
    _ batch: OutputBatch<Float>, _ parameters: EffectiveParameters, _ layout: RowLayout,
    _ demand: FusedPass.Demand, sums: UnsafeMutableRawPointer?, _ body: (FusedPass) -> Void
  ) {
    let size = demand.contains(.plainSums) ? MemoryLayout<Float>.size : MemoryLayout<Int64>.size
    withHead(
      parameters.values, parameters.units, sums: sums,
      dispersionCount: specification.dispersionCount
    ) { head in
      withHead(
        parameters.inflation, parameters.inflationUnits, sums: sums.map { $0 + numberCount * size },
        dispersionCount: 0
      ) { inflation in
        batch.values.starts.withUnsafeBufferPointer { starts in
          batch.values.columns.withUnsafeBufferPointer { columns in
            batch.values.values.withUnsafeBufferPointer { values in
              // A batch without entries has no columns to point at, and none is read.
              guard let head, let starts = starts.baseAddress else { return }
              pool.withCarved { carver in
                makePass(
                  &carver, layout, demand, batch, head, inflation, starts: starts,
                  columns: columns.baseAddress ?? starts, values: values.baseAddress ?? head.weights
                )
              } body: { pass in
                body(pass)
              }
            }
          }
        }
      }
    }
  }

  /// Lends the parameters of one kind of logits; nil where there are none.
  private func withHead(
    _ values: [Float], _ units: RoundingUnits, sums: UnsafeMutableRawPointer?,
    dispersionCount: Int, _ body: (PassHead?) -> Void
  ) {
    values.withUnsafeBufferPointer { values in
      units.withUnsafeBufferPointers { exponents, largest in
        guard !values.isEmpty, let weights = values.baseAddress,
          let exponents = exponents.baseAddress,
          let largest = largest.baseAddress
        else { return body(nil) }
        body(
          PassHead(
            weights: weights, unitExponents: exponents, largestGradients: largest, sums: sums,
            dispersionCount: dispersionCount))
      }
    }
  }

  private func makePass(
    _ carver: inout Carver, _ layout: RowLayout, _ demand: FusedPass.Demand,
    _ batch: OutputBatch<Float>, _ head: PassHead, _ inflation: PassHead?,
    starts: UnsafePointer<Int32>, columns: UnsafePointer<Int32>, values: UnsafePointer<Float>
  ) -> FusedPass {
    let (H, S) = (specification.inputCount, stride)
    let blocks = layout.blockCount
    let chunks = batch.values.chunkCount
    // By the genes alone: enough for many threads, few enough that adding them up costs little.
    let units = min(chunks, 32)
    let isReduced = demand.contains(.weightGradient) && !demand.contains(.plainSums)
    let reduced = (isReduced ? products : nil).map {
      ReducedPass(&carver, $0, layout, inputCount: H, stride: S)
    }
    return FusedPass(
      kernels: kernels, reduced: reduced, kind: kind, demand: demand,
      blocksShareLogits: batch.rowsShareHidden && demand.isEmpty && inflation == nil,
      geneCount: specification.outputCount,
      inputCount: H, stride: S, dispersion: specification.dispersion, layout: layout,
      chunkCount: chunks, unitCount: units,
      order: FusedPass.order(chunkCount: chunks, unitCount: units),
      head: head, inflation: inflation,
      rowGroups: specification.dispersionCount > 1
        ? carver.take(Int32.self, blocks * 16 + 16) : nil,
      starts: starts, columns: columns, values: values,
      arranged: ArrangedEntries(
        &carver, entryCount: batch.values.values.count, blockCount: blocks, chunkCount: chunks),
      inputs: carver.take(Float.self, blocks * 16 * S),
      transposed: carver.take(Floats.self, blocks * H),
      scales: carver.take(Floats.self, blocks),
      inputBounds: carver.take(Float.self, blocks),
      hiddenGradients: carver.take(
        Floats.self, demand.contains(.hiddenGradient) ? units * blocks * H : 0),
      losses: carver.take(Double.self, units * blocks * 16),
      faults: carver.take(Int.self, units),
      logSums: carver.take(Floats.self, blocks), totals: carver.take(Floats.self, blocks))
  }

  /// Copies the rows of one block into the kernels' layout.
  private func fill(
    _ pass: FusedPass, _ group: RowLayout.Group, block: Int, from batch: OutputBatch<Float>
  ) {
    let (H, S) = (specification.inputCount, stride)
    let place = group.firstBlock + block
    let inputs = pass.inputs + place * 16 * S
    let transposed = floats(pass.transposed + place * H)
    let scales = floats(pass.scales + place)
    inputs.update(repeating: 0, count: 16 * S)
    transposed.update(repeating: 0, count: H * 16)
    scales.update(repeating: 0, count: 16)
    floats(pass.logSums + place).update(repeating: 0, count: 16)
    floats(pass.totals + place).update(repeating: 0, count: 16)
    // 1 stands for the bias.
    var largest: Float = 1
    let first = group.rows.lowerBound + block * 16
    batch.hidden.withUnsafeBufferPointer { hidden in
      for row in first..<min(first + 16, group.rows.upperBound) {
        let lane = row - first
        for k in 0..<H {
          let x = hidden[row * H + k]
          inputs[lane * S + k] = x
          transposed[k * 16 + lane] = x
          if !(abs(x) <= largest) { largest = abs(x) }
        }
        inputs[lane * S + H] = 1
        scales[lane] = batch.scales[row]
      }
    }
    pass.inputBounds[place] = largest
    if let rowGroups = pass.rowGroups {
      let groups = rowGroups + place * 16
      for lane in 0..<16 {
        groups[lane] =
          first + lane < group.rows.upperBound ? batch.dispersionGroups[first + lane] : 0
      }
    }
  }

  /// Clears what a unit sums into.
  private func clear(_ pass: FusedPass, unit: Int) {
    let rows = pass.layout.blockCount * 16
    (pass.losses + unit * rows).update(repeating: 0, count: rows)
    pass.faults[unit] = 0
    if pass.demand.contains(.hiddenGradient) {
      floats(pass.hiddenGradients + unit * pass.gradientSize).update(
        repeating: 0, count: pass.gradientSize * 16)
    }
  }

  // MARK: - Results

  private func collectLosses(_ pass: FusedPass, into losses: inout [Double]) {
    let size = pass.layout.blockCount * 16
    for group in pass.layout.groups {
      for row in group.rows {
        let place = group.firstBlock * 16 + row - group.rows.lowerBound
        var sum = 0.0
        for unit in 0..<pass.unitCount { sum += pass.losses[unit * size + place] }
        losses[row] = sum
      }
    }
  }

  private func collectGradients(
    _ pass: FusedPass, into gradient: inout [Float], on workers: Workers
  ) {
    let H = specification.inputCount
    gradient.withUnsafeMutableBufferPointer { gradient in
      let gradient = gradient
      workers.perform(pass.layout.groups.count) { number in
        let group = pass.layout.groups[number]
        for block in 0..<group.blockCount {
          let rows = min(16, group.rows.count - block * 16)
          let first = group.rows.lowerBound + block * 16
          let place = (group.firstBlock + block) * H
          for k in 0..<H {
            var sum = pass.hiddenGradients[place + k]
            for unit in 1..<max(pass.unitCount, 1) {
              sum += pass.hiddenGradients[unit * pass.gradientSize + place + k]
            }
            for row in 0..<rows { gradient[(first + row) * H + k] = sum[row] }
          }
        }
      }
    }
  }
}

public import Concurrency
import Kernels

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
    check(batch, parameters)
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

  /// Sizes that fit one another.
  private func check(_ batch: OutputBatch<Float>, _ parameters: EffectiveParameters) {
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
      batch.hidden.count == rowCount * specification.inputCount
        && batch.values.columnCount == specification.outputCount)
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

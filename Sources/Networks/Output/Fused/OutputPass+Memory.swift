import Kernels

/// The memory of passes.
extension OutputPass {
  func withScratch(_ pass: FusedPass, _ body: (FusedScratch) -> Void) {
    pool.withCarved({ FusedScratch(&$0, pass) }, body: body)
  }

  func withPass(
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
  func fill(
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
  func clear(_ pass: FusedPass, unit: Int) {
    let rows = pass.layout.blockCount * 16
    (pass.losses + unit * rows).update(repeating: 0, count: rows)
    pass.faults[unit] = 0
    if pass.demand.contains(.hiddenGradient) {
      floats(pass.hiddenGradients + unit * pass.gradientSize).update(
        repeating: 0, count: pass.gradientSize * 16)
    }
  }
}

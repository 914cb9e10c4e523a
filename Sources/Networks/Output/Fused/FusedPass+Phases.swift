import Kernels

extension FusedPass {
  /// All there is to do for one unit when a gene's derivatives do not depend on other genes.
  func work(onUnit unit: Int, _ scratch: FusedScratch) {
    for chunk in chunks(ofUnit: unit) {
      prepare(scratch, chunk: chunk)
      packLogitWeights(scratch, chunk: chunk)
      packGradientWeights(scratch, chunk: chunk)
      for (number, group) in layout.groups.enumerated() {
        let piece = Piece(group: group, number: number, unit: unit, chunk: chunk)
        for block in 0..<group.blockCount {
          // At once, while the logits are in the first cache.
          let tile = scratch.tile + block * Self.tileStride
          if blocksShareLogits, block > 0 {
            tile.update(from: scratch.common, count: genes(ofChunk: chunk))
          } else {
            logits(group, block: block, chunk: chunk, into: tile, scratch)
            if blocksShareLogits {
              scratch.common.update(from: tile, count: genes(ofChunk: chunk))
            }
          }
          if let inflation {
            logits(
              of: inflation, group, block: block, chunk: chunk,
              into: scratch.inflation + block * Self.tileStride)
          }
          differentiate(tile, tile, piece, block: block, scratch)
        }
        addDispersions(piece, scratch)
        if !demand.isEmpty {
          backward(piece, derivatives: scratch.tile, scratch)
          backwardInflation(piece, scratch)
        }
      }
    }
  }

  /// Logits of one block become derivatives; the losses are added.
  private func differentiate(
    _ logits: UnsafeMutablePointer<Floats>, _ derivatives: UnsafeMutablePointer<Floats>,
    _ piece: Piece, block: Int, _ scratch: FusedScratch
  ) {
    let (group, chunk) = (piece.group, piece.chunk)
    let tile = tile(logits, derivatives, block: block, chunk: chunk, scratch)
    spreadDispersions(group, block: block, chunk: chunk, scratch)
    let gathered = gather(group, block: block, chunk: chunk, tile, scratch)
    differentiateZeros(tile, row: group.firstBlock + block, unit: piece.unit, scratch)
    scatter(gathered, piece, block: block, tile, scratch)
  }
}

/// Memory for softmax: what must be kept between its three rounds, for some of the groups.
struct SoftmaxCache {
  /// Logits, then p: [chunk][block][256][16].
  let logits: UnsafeMutablePointer<Floats>
  /// v: the same shape.
  let derivatives: UnsafeMutablePointer<Floats>
  /// The largest logit and the sum of each chunk: [chunk][block].
  let maxima: UnsafeMutablePointer<Floats>
  let sums: UnsafeMutablePointer<Floats>
  /// Σ v: [unit][block].
  let partialTotals: UnsafeMutablePointer<Floats>
  let blockCapacity: Int

  init(_ carver: inout Carver, chunkCount: Int, unitCount: Int, blockCapacity: Int) {
    let tiles = chunkCount * blockCapacity * FusedPass.tileStride
    logits = carver.take(Floats.self, tiles)
    derivatives = carver.take(Floats.self, tiles)
    maxima = carver.take(Floats.self, chunkCount * blockCapacity)
    sums = carver.take(Floats.self, chunkCount * blockCapacity)
    partialTotals = carver.take(Floats.self, unitCount * blockCapacity)
    self.blockCapacity = blockCapacity
  }

  /// A block's logits on a chunk, their largest and their sum are those of another.
  func copyLogits(chunk: Int, from first: Int, to block: Int, count: Int) {
    (logits + tile(chunk, block)).update(from: logits + tile(chunk, first), count: count)
    let (source, target) = (chunk * blockCapacity + first, chunk * blockCapacity + block)
    maxima[target] = maxima[source]
    sums[target] = sums[source]
  }

  /// Where a tile is kept.
  func tile(_ chunk: Int, _ block: Int) -> Int {
    (chunk * blockCapacity + block) * FusedPass.tileStride
  }
}

extension FusedPass {
  /// First round: logits, and the largest and the sum of each chunk.
  func softmaxLogits(
    unit: Int, groups: Range<Int>, _ cache: SoftmaxCache, _ scratch: FusedScratch
  ) {
    let firstBlock = layout.groups[groups.lowerBound].firstBlock
    for chunk in chunks(ofUnit: unit) {
      packLogitWeights(scratch, chunk: chunk)
      for number in groups {
        let group = layout.groups[number]
        let start = group.firstBlock - firstBlock
        for block in start..<start + group.blockCount {
          if blocksShareLogits, block > start {
            cache.copyLogits(chunk: chunk, from: start, to: block, count: genes(ofChunk: chunk))
            continue
          }
          logits(
            group, block: block - start, chunk: chunk,
            into: cache.logits + cache.tile(chunk, block), scratch)
          kernels.maximumAndSumOf(
            cache.logits + cache.tile(chunk, block), geneCount: genes(ofChunk: chunk),
            maximum: cache.maxima + (chunk * cache.blockCapacity + block),
            sum: cache.sums + (chunk * cache.blockCapacity + block))
        }
      }
    }
  }

  /// Between the first two rounds: log Σ eᵃ of each row, chunks in order.
  func combineLogSums(blocks: Range<Int>, _ cache: SoftmaxCache) {
    for block in blocks {
      let place = block - blocks.lowerBound
      kernels.logSum(
        cache.maxima + place, cache.sums + place, count: chunkCount,
        apart: cache.blockCapacity, into: logSums + block)
    }
  }

  /// Second round: p, v, losses and dispersions' gradients.
  func softmaxDerivatives(
    unit: Int, groups: Range<Int>, _ cache: SoftmaxCache, _ scratch: FusedScratch
  ) {
    let firstBlock = layout.groups[groups.lowerBound].firstBlock
    for block in 0..<cache.blockCapacity {
      cache.partialTotals[unit * cache.blockCapacity + block] = Floats(repeating: 0)
    }
    for chunk in chunks(ofUnit: unit) {
      prepare(scratch, chunk: chunk)
      for number in groups {
        let group = layout.groups[number]
        let piece = Piece(group: group, number: number, unit: unit, chunk: chunk)
        for block in 0..<group.blockCount {
          let cached = cache.tile(chunk, group.firstBlock - firstBlock + block)
          let derivatives = cache.derivatives + cached
          let row = group.firstBlock + block
          if let inflation {
            logits(
              of: inflation, group, block: block, chunk: chunk,
              into: scratch.inflation + block * Self.tileStride)
          }
          differentiate(cache.logits + cached, derivatives, piece, block: block, scratch)
          kernels.addSum(
            of: derivatives, geneCount: genes(ofChunk: chunk),
            to: cache.partialTotals + (unit * cache.blockCapacity + row - firstBlock))
        }
        addDispersions(piece, scratch)
        if !demand.isEmpty { backwardInflation(piece, scratch) }
      }
    }
  }

  /// Between the last two rounds: Σ v of each row, units in order.
  func combineTotals(blocks: Range<Int>, _ cache: SoftmaxCache) {
    for block in blocks {
      var total = Floats(repeating: 0)
      for unit in 0..<unitCount {
        let part = cache.partialTotals[unit * cache.blockCapacity + block - blocks.lowerBound]
        total += part
      }
      totals[block] = total
    }
  }

  /// Third round: derivatives by logits, weight and hidden gradients.
  func softmaxBackward(
    unit: Int, groups: Range<Int>, _ cache: SoftmaxCache, _ scratch: FusedScratch
  ) {
    let firstBlock = layout.groups[groups.lowerBound].firstBlock
    for chunk in chunks(ofUnit: unit) {
      prepare(scratch, chunk: chunk)
      packGradientWeights(scratch, chunk: chunk)
      for number in groups {
        let group = layout.groups[number]
        let start = group.firstBlock - firstBlock
        for block in start..<start + group.blockCount {
          let cached = cache.tile(chunk, block)
          kernels.subtract(
            cache.derivatives + cached, cache.logits + cached, geneCount: genes(ofChunk: chunk),
            total: totals + (firstBlock + block))
        }
        backward(
          Piece(group: group, number: number, unit: unit, chunk: chunk),
          derivatives: cache.derivatives + cache.tile(chunk, start), scratch)
      }
    }
  }
}

public import Concurrency
import Kernels

extension OutputPass {
  /// Expected values s · y; of a zero-inflated likelihood those of values that are counts.
  ///
  /// Local.
  public func means(
    hidden: [Float], scales: [Float], at parameters: EffectiveParameters, on workers: Workers
  ) -> [Float] {
    let (G, H, S) = (specification.outputCount, specification.inputCount, stride)
    let rowCount = scales.count
    precondition(hidden.count == rowCount * H)
    let chunkCount = (G + FusedPass.chunkGenes - 1) / FusedPass.chunkGenes
    var result = [Float](repeating: 0, count: rowCount * G)
    result.withUnsafeMutableBufferPointer { result in
      parameters.values.withUnsafeBufferPointer { parameters in
        guard let weights = parameters.baseAddress else { return }
        let result = result
        // A piece is a block of sixteen rows: the softmax then needs nothing from other pieces.
        workers.perform((rowCount + 15) / 16) { block in
          pool.withCarved { carver in
            MeansScratch(&carver, inputCount: H, chunkCount: chunkCount)
          } body: { scratch in
            let rows = block * 16..<min(block * 16 + 16, rowCount)
            floats(scratch.inputs).update(repeating: 0, count: H * 16)
            floats(scratch.scale).update(repeating: 0, count: 16)
            floats(scratch.logSum).update(repeating: 0, count: 16)
            for row in rows {
              for k in 0..<H { scratch.inputs[k][row & 15] = hidden[row * H + k] }
              scratch.scale[0][row & 15] = scales[row]
            }
            func logits(_ chunk: Int) -> Int {
              let genes = min(FusedPass.chunkGenes, G - chunk * FusedPass.chunkGenes)
              kernels.logits(
                weights + chunk * FusedPass.chunkGenes * S, stride: S, geneCount: genes,
                inputCount: H, scratch.inputs, into: scratch.tile)
              return genes
            }
            if kind.isNormalised {
              for chunk in 0..<chunkCount {
                let genes = logits(chunk)
                kernels.maximumAndSumOf(
                  scratch.tile, geneCount: genes, maximum: scratch.maxima + chunk,
                  sum: scratch.sums + chunk)
              }
              kernels.logSum(
                scratch.maxima, scratch.sums, count: chunkCount, apart: 1, into: scratch.logSum)
            }
            for chunk in 0..<chunkCount {
              let genes = logits(chunk)
              kernels.activate(
                kind, scratch.tile, geneCount: genes, scale: scratch.scale, logSum: scratch.logSum)
              let tile = floats(scratch.tile)
              for row in rows {
                let place = row * G + chunk * FusedPass.chunkGenes
                for g in 0..<genes { result[place + g] = tile[g * 16 + (row & 15)] }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// Memory for the means of one block of rows.
private struct MeansScratch {
  let inputs: UnsafeMutablePointer<Floats>
  let tile: UnsafeMutablePointer<Floats>
  let maxima: UnsafeMutablePointer<Floats>
  let sums: UnsafeMutablePointer<Floats>
  let scale: UnsafeMutablePointer<Floats>
  let logSum: UnsafeMutablePointer<Floats>

  init(_ carver: inout Carver, inputCount: Int, chunkCount: Int) {
    inputs = carver.take(Floats.self, inputCount)
    tile = carver.take(Floats.self, FusedPass.tileStride)
    maxima = carver.take(Floats.self, chunkCount)
    sums = carver.take(Floats.self, chunkCount)
    scale = carver.take(Floats.self, 1)
    logSum = carver.take(Floats.self, 1)
  }
}

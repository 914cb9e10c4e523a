public import Concurrency
import Kernels

extension KernelArithmetic {
  /// y_i = b + Σ_e t_e w_g, entries in order, sixteen rows a piece.
  public static func forward(
    _ parameters: Parameters<Float>, _ counts: SparseBatch<Float>, transformed: [Float],
    _ tools: NetworkTools, on workers: Workers
  ) -> [Float] {
    let (units, stride, rowCount) = (parameters.width, parameters.stride, counts.rowCount)
    let biases = parameters.values.suffix(stride)
    var outputs = [Float](repeating: 0, count: rowCount * units)
    outputs.withUnsafeMutableBufferPointer { outputs in
      parameters.values.withUnsafeBufferPointer { weights in
        counts.columns.withUnsafeBufferPointer { columns in
          transformed.withUnsafeBufferPointer { values in
            guard let weights = weights.baseAddress else { return }
            let outputs = outputs
            workers.perform((rowCount + 15) / 16) { piece in
              var sums = [Float](repeating: 0, count: stride)
              for row in piece * 16..<min(piece * 16 + 16, rowCount) {
                sums.replaceSubrange(0..<stride, with: biases)
                let entries = counts.entries(ofRow: row)
                if !entries.isEmpty, let columns = columns.baseAddress,
                  let values = values.baseAddress
                {
                  sums.withUnsafeMutableBufferPointer {
                    guard let sums = $0.baseAddress else { return }
                    tools.kernels.sparseRow(
                      weights, stride: stride, columns: columns + entries.lowerBound,
                      values: values + entries.lowerBound, count: entries.count, into: sums)
                  }
                }
                for unit in 0..<units { outputs[row * units + unit] = sums[unit] }
              }
            }
          }
        }
      }
    }
    return outputs
  }

  /// ∂w_g = Σ t δ of every gene that occurs, lane by lane, 256 genes a piece; ∂b = Σ δ.
  public static func backward(
    _ parameters: Parameters<Float>, _ counts: SparseBatch<Float>, transformed: [Float],
    _ outputGradient: [Float], _ groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>, _ tools: NetworkTools, on workers: Workers
  ) -> Int {
    let (units, stride) = (parameters.width, parameters.stride)
    var delta = [Float](repeating: 0, count: counts.rowCount * stride)
    for row in 0..<counts.rowCount {
      for unit in 0..<units { delta[row * stride + unit] = outputGradient[row * units + unit] }
    }
    var faults = [Int](repeating: 0, count: counts.chunkCount + 1)
    guard let sums = limbs.baseAddress, counts.rowCount > 0 else { return 0 }
    faults.withUnsafeMutableBufferPointer { faults in
      let faults = faults
      workers.perform(counts.chunkCount + 1) { piece in
        for group in 0..<groups.count where !groups[group].isEmpty {
          // The last piece: the biases, as a gene of which every row has one.
          let entries =
            piece < counts.chunkCount
            ? LaneEntries(of: counts, transformed, groups[group], chunk: piece)
            : LaneEntries(ones: groups[group])
          let first =
            piece < counts.chunkCount ? piece * SparseBatch<Float>.chunkWidth : counts.columnCount
          faults[piece] += entries.addGradient(
            delta, parameters.units.exponents[first..<first + entries.geneCount], stride: stride,
            to: sums + first * stride, tools.kernels)
        }
      }
    }
    return faults.reduce(0, +)
  }
}

/// The entries of one lane's rows on one chunk of genes, gene by gene, within a gene in the order of the rows.
private struct LaneEntries {
  /// Entries of gene g: offsets[g] ..< offsets[g + 1].
  private var offsets: [Int32]
  private var rows: [Int32]
  private var values: [Float]

  var geneCount: Int { offsets.count - 1 }

  init(
    of counts: SparseBatch<Float>, _ transformed: [Float], _ lane: Range<Int>, chunk: Int
  ) {
    let first = chunk * SparseBatch<Float>.chunkWidth
    let genes = min(SparseBatch<Float>.chunkWidth, counts.columnCount - first)
    func entries(_ row: Int) -> Range<Int> {
      let place = row * counts.chunkCount + chunk
      return Int(counts.starts[place])..<Int(counts.starts[place + 1])
    }
    offsets = Array(repeating: 0, count: genes + 1)
    for row in lane {
      for entry in entries(row) { offsets[Int(counts.columns[entry]) - first + 1] += 1 }
    }
    for gene in 0..<genes { offsets[gene + 1] += offsets[gene] }
    rows = Array(repeating: 0, count: Int(offsets[genes]))
    values = Array(repeating: 0, count: rows.count)
    var next = offsets
    for row in lane {
      for entry in entries(row) {
        let gene = Int(counts.columns[entry]) - first
        rows[Int(next[gene])] = Int32(row)
        values[Int(next[gene])] = transformed[entry]
        next[gene] += 1
      }
    }
  }

  /// One gene with a one in every row.
  init(ones lane: Range<Int>) {
    offsets = [0, Int32(lane.count)]
    rows = lane.map { Int32($0) }
    values = Array(repeating: 1, count: lane.count)
  }

  func addGradient(
    _ delta: [Float], _ exponents: ArraySlice<Int32>, stride: Int,
    to sums: UnsafeMutablePointer<Int64>, _ kernels: any NetworkKernels
  ) -> Int {
    let scales = exponents.map { UnitExponent.scale($0) }
    return offsets.withUnsafeBufferPointer { offsets in
      rows.withUnsafeBufferPointer { rows in
        values.withUnsafeBufferPointer { values in
          delta.withUnsafeBufferPointer { delta in
            scales.withUnsafeBufferPointer { scales in
              guard let offsets = offsets.baseAddress, let rows = rows.baseAddress,
                let values = values.baseAddress, let delta = delta.baseAddress,
                let scales = scales.baseAddress
              else { return 0 }
              return kernels.sparseGradient(
                offsets: offsets, geneCount: geneCount, rows: rows, values: values, delta,
                stride: stride, scales: scales, to: sums)
            }
          }
        }
      }
    }
  }
}

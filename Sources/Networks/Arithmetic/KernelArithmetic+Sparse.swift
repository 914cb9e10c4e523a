public import Concurrency

extension KernelArithmetic {
  /// y_i = b + Σ_e t_e w_g, entries in order, sixteen rows a piece.
  public static func forward(
    _ parameters: Parameters<Float>, _ inputs: SparseInputs<Float>, _ tools: NetworkTools,
    on workers: Workers
  ) -> [Float] {
    let (counts, transformed) = (inputs.counts, inputs.transformed)
    let (units, stride, rowCount) = (parameters.width, parameters.stride, counts.rowCount)
    let weights = parameters.values
    let biases = weights.count - stride
    var outputs = [Float](repeating: 0, count: rowCount * units)
    outputs.withUnsafeMutableBufferPointer { outputs in
      let outputs = outputs
      workers.perform((rowCount + 15) / 16) { piece in
        for row in piece * 16..<min(piece * 16 + 16, rowCount) {
          for unit in 0..<units { outputs[row * units + unit] = weights[biases + unit] }
          for entry in counts.entries(ofRow: row) {
            let (value, start) = (transformed[entry], Int(counts.columns[entry]) * stride)
            for unit in 0..<units {
              outputs[row * units + unit] += value * weights[start + unit]
            }
          }
        }
      }
    }
    return outputs
  }

  /// ∂w_g = Σ t δ of every gene that occurs, lane by lane, 256 genes a piece; ∂b = Σ δ.
  public static func backward(
    _ parameters: Parameters<Float>, _ inputs: SparseInputs<Float>, _ outputGradient: [Float],
    into limbs: UnsafeMutableBufferPointer<Int64>, _ tools: NetworkTools, on workers: Workers
  ) -> Int {
    let (counts, transformed, groups) = (inputs.counts, inputs.transformed, inputs.groups)
    let (units, stride) = (parameters.width, parameters.stride)
    var faults = [Int](repeating: 0, count: counts.chunkCount + 1)
    faults.withUnsafeMutableBufferPointer { faults in
      let faults = faults
      workers.perform(counts.chunkCount + 1) { piece in
        let isBias = piece == counts.chunkCount
        let first = isBias ? counts.columnCount : piece * SparseBatch<Float>.chunkWidth
        for group in 0..<groups.count where !groups[group].isEmpty {
          // The biases, as a gene of which every row has one.
          let entries =
            isBias
            ? LaneEntries(ones: groups[group])
            : LaneEntries(of: counts, transformed, groups[group], chunk: piece)
          for gene in 0..<entries.geneCount where !entries[gene].isEmpty {
            var part = [Float](repeating: 0, count: stride)
            for entry in entries[gene] {
              let (value, start) = (entries.values[entry], Int(entries.rows[entry]) * units)
              for unit in 0..<units { part[unit] += value * outputGradient[start + unit] }
            }
            let place = (first + gene) * stride
            faults[piece] += RoundingUnits.add(
              part[...], exponent: parameters.units.exponents[first + gene],
              to: .init(rebasing: limbs[place..<place + stride]))
          }
        }
      }
    }
    return faults.reduce(0, +)
  }
}

/// The entries of one lane's rows on one chunk of genes, gene by gene, within a gene in the order of the rows.
private struct LaneEntries {
  private var offsets: [Int32]
  private(set) var rows: [Int32]
  private(set) var values: [Float]

  var geneCount: Int { offsets.count - 1 }

  /// The entries of a gene.
  subscript(gene: Int) -> Range<Int> { Int(offsets[gene])..<Int(offsets[gene + 1]) }

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
}

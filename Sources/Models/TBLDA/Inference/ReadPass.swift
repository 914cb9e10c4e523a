package import LinearAlgebra
package import Modeling
import RealModule

/// One pass over the reads of a lane: the responsibilities of topics for reads, summed.
///
///     R = X / (Φ̃ Ψ̃)  where X > 0       P = R Ψ̃ᵀ       G = Φ̃ᵀ R
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | Φ̃ | exp E[log φ], samples × topics | `weights` |
/// | Ψ̃ | exp E[log ψ], topics × genes | `topics` |
/// | P | what updates σ̂, samples × topics | `sampleSums` |
/// | G | what updates ξ̂, topics × genes | `geneSums` |
///
/// Samples go through in blocks, so that R never exists as a whole; their size depends on the number of genes only.
package struct ReadPass {
  /// P.
  package private(set) var sampleSums: Matrix<Double>
  /// G.
  package private(set) var geneSums: Matrix<Double>
  /// Σ x log (Φ̃ Ψ̃); 0 unless asked for.
  package private(set) var logLikelihood = 0.0

  /// A pass over the samples whose flag is set.
  package init(
    _ counts: CompressedCounts, uses: [Bool], weights: Matrix<Double>, topics: Matrix<Double>,
    wantsLikelihood: Bool
  ) {
    let (L, K, G) = (counts.rowCount, topics.rowCount, topics.columnCount)
    sampleSums = Matrix(rowCount: L, columnCount: K, repeating: 0)
    geneSums = Matrix(rowCount: K, columnCount: G, repeating: 0)
    let blockRows = min(128, max(16, 65_536 / max(1, G)))
    let blockCount = (L + blockRows - 1) / blockRows
    var ratios = Matrix<Double>(rowCount: 0, columnCount: 0, repeating: 0)
    for block in 0..<blockCount {
      let rows = block * L / blockCount..<(block + 1) * L / blockCount
      let own = Matrix(
        rowCount: rows.count, columnCount: K,
        elements: Array(weights.elements[rows.lowerBound * K..<rows.upperBound * K]))
      if ratios.rowCount != rows.count {
        ratios = Matrix(rowCount: rows.count, columnCount: G, repeating: 0)
      }
      ratios.setProduct(own, topics)
      ratios.withUnsafeMutableElements { ratios in
        for row in rows {
          let start = (row - rows.lowerBound) * G
          logLikelihood += Self.divide(
            UnsafeMutableBufferPointer(rebasing: ratios[start..<start + G]), counts, row,
            isUsed: uses[row], wantsLikelihood: wantsLikelihood)
        }
      }
      let part = matrixProduct(ratios, topics, transposing: .second)
      for row in rows { sampleSums.setRow(row, to: part.row(row - rows.lowerBound)) }
      geneSums.setProduct(own, ratios, transposing: .first, beta: 1)
    }
  }

  /// Replaces a row of Φ̃ Ψ̃ by x / (Φ̃ Ψ̃), zero where there is no read.
  private static func divide(
    _ row: UnsafeMutableBufferPointer<Double>, _ counts: CompressedCounts, _ index: Int,
    isUsed: Bool, wantsLikelihood: Bool
  ) -> Double {
    guard isUsed, let row = row.baseAddress else {
      row.update(repeating: 0)
      return 0
    }
    var next = 0
    var sum = 0.0
    counts.forEachNonZero(inRow: index) { gene, count in
      while next < gene {
        row[next] = 0
        next &+= 1
      }
      let (x, denominator) = (Double(count), row[gene])
      row[gene] = x / denominator
      if wantsLikelihood { sum += x * .log(denominator) }
      next = gene &+ 1
    }
    while next < counts.columnCount {
      row[next] = 0
      next &+= 1
    }
    return sum
  }
}

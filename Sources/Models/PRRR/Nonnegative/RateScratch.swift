import Kernels
import LinearAlgebra
import Modeling
import Sums

/// One thread's memory for a pass over counts divided by their rates.
///
/// Blocks with many zeros are gone through count by count; others in tiles of genes × rows, whose rates and
/// updates are matrix products:
///
///     r = V (X U)ᵀ,   w = y / r,   updates of V = w (X U),   residuals of the rows = wᵀ V
final class RateScratch {
  /// The part of counts that are not 0 from which tiles are faster: a count on its own costs as much as some
  /// four cells of a tile.
  private static let tileDensity = 0.25

  private let kernels = Kernels.current.poisson
  private let covariates: Matrix<Double>
  private let genes: Matrix<Double>
  private let loadings: VectorRows
  private let wantsCovariates: Bool
  private let wantsGenes: Bool
  private let wantsLogarithms: Bool
  private var residuals: VectorRows
  private var updates: VectorRows
  private let tile: UnsafeMutablePointer<WideDoubles>
  private let rates: UnsafeMutablePointer<WideDoubles>

  private var factorCount: Int { covariates.columnCount }

  /// - Parameter loadings: V in whole vectors.
  init(
    _ covariates: Matrix<Double>, _ genes: Matrix<Double>, _ loadings: VectorRows, _ side: RateSide
  ) {
    self.covariates = covariates
    self.genes = genes
    self.loadings = loadings
    wantsLogarithms = side != .genes
    wantsCovariates = side != .genes
    wantsGenes = side != .covariates
    residuals = VectorRows(rowCount: PoissonBlock.capacity, width: covariates.columnCount)
    updates = VectorRows(
      rowCount: wantsGenes ? genes.rowCount : 0, width: covariates.columnCount)
    let capacity = PoissonTile.geneCapacity * PoissonBlock.capacity / 8
    tile = .allocate(capacity: capacity)
    tile.initialize(repeating: WideDoubles(repeating: 0), count: capacity)
    rates = .allocate(capacity: capacity)
    rates.initialize(repeating: WideDoubles(repeating: 0), count: capacity)
  }

  deinit {
    tile.deallocate()
    rates.deallocate()
  }

  /// Adds the sums of a block.
  ///
  /// - Returns: the counts of its rows that go to each factor; empty where the covariates' side is not wanted.
  func go(through block: PoissonBlock, adding part: inout PartialSums) -> Matrix<Double> {
    var allotted = Matrix<Double>(rowCount: 0, columnCount: factorCount)
    guard block.rowCount > 0 else { return allotted }
    if wantsCovariates { residuals.reset() }
    let scores = block.scores(at: covariates, width: factorCount)
    let cells = Double(block.rowCount * genes.rowCount)
    let isDense = Double(block.entryCounts.count) >= Self.tileDensity * cells
    let logRates = isDense ? goThroughTiles(block, scores) : goThroughCounts(block, scores)
    part.add(logRates, to: 0)
    if wantsCovariates {
      let residual = Matrix(
        rowCount: block.rowCount, columnCount: factorCount,
        elements: Array(
          residuals.numbers(width: factorCount).prefix(block.rowCount * factorCount)))
      part.add(matrixProduct(block.design, residual, transposing: .first).elements, to: 1)
      allotted = Matrix(
        rowCount: block.rowCount, columnCount: factorCount,
        elements: zip(residual.elements, scores.numbers(width: factorCount)).map { $0 * $1 })
    }
    if wantsGenes { part.add(updates.numbers(width: factorCount), to: 2) }
    return allotted
  }

  private func goThroughCounts(_ block: PoissonBlock, _ scores: VectorRows) -> Double {
    scores.withVectors { h in
      loadings.withVectors { v in
        residuals.withMutableVectors { residuals in
          updates.withMutableVectors { updates in
            block.withEntries(of: 0..<genes.rowCount) {
              kernels.rates(
                $0, h, v, width: loadings.vectorsPerRow,
                rowUpdates: wantsCovariates ? residuals : nil,
                geneUpdates: wantsGenes ? updates : nil, wantsLogarithms: wantsLogarithms,
                stage: rates)
            }
          }
        }
      }
    }
  }

  private func goThroughTiles(_ block: PoissonBlock, _ scores: VectorRows) -> Double {
    let rows = block.rowCount
    let vectorCount = (rows + 7) / 8
    // Behind a gene's rows rates and counts stay 0.
    let used = PoissonTile.geneCapacity * vectorCount
    rates.update(repeating: WideDoubles(repeating: 0), count: used)
    var logRates = 0.0
    for start in stride(from: 0, to: genes.rowCount, by: PoissonTile.geneCapacity) {
      let chunk = start..<min(start + PoissonTile.geneCapacity, genes.rowCount)
      setCounts(of: block, chunk, stride: 8 * vectorCount)
      let (y, r) = (numbers(tile), numbers(rates))
      scores.withNumbers { h in
        loadings.withNumbers { v in
          let v = v + start * loadings.stride
          Double.gemm(
            rowCount: chunk.count, columnCount: rows, depth: factorCount, alpha: 1,
            a: Operand(v, stride: loadings.stride),
            b: Operand(h, stride: scores.stride, .transposed), beta: 0, c: r,
            cStride: 8 * vectorCount)
          logRates += kernels.divide(
            tile, by: rates, vectorCount: chunk.count * vectorCount,
            wantsLogarithms: wantsLogarithms)
          if wantsGenes {
            updates.withMutableNumbers {
              Double.gemm(
                rowCount: chunk.count, columnCount: factorCount, depth: rows, alpha: 1,
                a: Operand(y, stride: 8 * vectorCount), b: Operand(h, stride: scores.stride),
                beta: 0, c: $0 + start * loadings.stride, cStride: loadings.stride)
            }
          }
          if wantsCovariates {
            let stride = residuals.stride
            residuals.withMutableNumbers {
              Double.gemm(
                rowCount: rows, columnCount: factorCount, depth: chunk.count, alpha: 1,
                a: Operand(y, stride: 8 * vectorCount, .transposed),
                b: Operand(v, stride: loadings.stride), beta: 1, c: $0, cStride: stride)
            }
          }
        }
      }
    }
    return logRates
  }

  /// The counts of some genes, zeros among them.
  private func setCounts(of block: PoissonBlock, _ chunk: Range<Int>, stride: Int) {
    tile.update(repeating: WideDoubles(repeating: 0), count: chunk.count * stride / 8)
    let y = numbers(tile)
    block.withEntries(of: chunk) { entries in
      for gene in 0..<chunk.count {
        let target = y + gene * stride
        for place in Int(entries.starts[gene])..<Int(entries.starts[gene + 1]) {
          target[Int(entries.rows[place])] = Double(entries.counts[place])
        }
      }
    }
  }

  private func numbers(_ vectors: UnsafeMutablePointer<WideDoubles>) -> UnsafeMutablePointer<Double>
  {
    UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Double.self)
  }
}

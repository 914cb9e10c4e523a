import Concurrency
import LinearAlgebra
import Modeling
import Sums

/// Newton's step for every gene, given U.
extension PRRR {
  /// Newton's step for every gene, halved where it does not pay; the pass at the new coefficients.
  func geneSteps<Everyone: Team & ~Copyable>(
    _ shared: PRRRState, _ sums: GeneSums, scores: [[VectorRows]],
    _ lanes: [[PoissonBlock]], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> (coefficients: Matrix<Double>, pass: RowPass) {
    let (coefficients, centres) = (shared.coefficients, shared.interceptCentres)
    let old = coefficients.geneCoefficients
    var heights = largestScores(scores, width: old.columnCount)
    everyone.maximum(&heights)
    var new = newtonCoefficients(old, centres, sums, heights: heights, on: workers)
    let oldLikelihoods = logLikelihoods(sums, coefficients)
    let oldValues = oldLikelihoods.indices.map {
      oldLikelihoods[$0] + logPrior(gene: old.row($0), centre: centres[$0])
    }
    let wantsMoments = !configuration.fullRank
    let all = Array(0..<geneCount)
    var failing = all
    // A sum that is not finite leaves the steps of all its genes too long.
    do {
      let first = try rowPass(
        lanes: lanes, scores: scores, genes: (all, new), wantsMoments: wantsMoments,
        with: everyone, on: workers)
      failing = losers(all, among: new, centres, first.geneLogLikelihoods, oldValues)
      if failing.isEmpty { return (new, first) }
    } catch {}
    for attempt in 1...40 where !failing.isEmpty {
      for gene in failing {
        for index in 0..<new.columnCount {
          new[gene, index] =
            attempt == 40 ? old[gene, index] : (new[gene, index] + old[gene, index]) / 2
        }
      }
      let subset = Matrix(
        rowCount: failing.count, columnCount: new.columnCount,
        elements: failing.flatMap { new.row($0) })
      do {
        let trial = try rowPass(
          lanes: lanes, scores: scores, genes: (failing, subset), wantsMoments: false,
          with: everyone, on: workers)
        failing = losers(failing, among: new, centres, trial.geneLogLikelihoods, oldValues)
      } catch {}
    }
    let last = try rowPass(
      lanes: lanes, scores: scores, genes: (all, new), wantsMoments: wantsMoments,
      with: everyone, on: workers)
    return (new, last)
  }

  /// The largest magnitude of each score on this rank.
  private func largestScores(_ scores: [[VectorRows]], width: Int) -> [Double] {
    var heights = Array(repeating: 0.0, count: width)
    for block in scores.joined() {
      let stride = block.stride
      block.withNumbers { score in
        for row in 0..<block.rowCount {
          for index in 0..<width {
            heights[index] = max(heights[index], score[row * stride + index].magnitude)
          }
        }
      }
    }
    return heights
  }

  /// Those of some genes whose new coefficients have a lower log joint than the old ones.
  private func losers(
    _ genes: [Int], among coefficients: Matrix<Double>, _ centres: [Double],
    _ likelihoods: [Double],
    _ oldValues: [Double]
  ) -> [Int] {
    var result: [Int] = []
    for (gene, likelihood) in zip(genes, likelihoods) {
      let value = likelihood + logPrior(gene: coefficients.row(gene), centre: centres[gene])
      let margin = 1e-11 * max(1, oldValues[gene].magnitude)
      if !(value >= oldValues[gene] - margin) { result.append(gene) }
    }
    return result
  }

  /// Genes whose small systems one piece of work solves.
  static let genesOfAPiece = 256

  /// The most that a step may change a predictor: e¹⁰ times a mean is far, yet within the range of the sums.
  private static let longestStep = 10.0

  /// b_j + (Σ_n μ h hᵀ + Λ)⁻¹ (Σ_n (y − μ) h − Λ (b_j − m_j)), m and Λ the means and precisions of the priors; shortened where it could
  /// change a predictor by more than `longestStep`.
  private func newtonCoefficients(
    _ old: Matrix<Double>, _ centres: [Double], _ sums: GeneSums, heights: [Double],
    on workers: Workers
  ) -> Matrix<Double> {
    let chunks = workers.map(old.rowCount, inStretchesOf: Self.genesOfAPiece) { genes in
      newtonCoefficients(old, centres, sums, heights: heights, genes: genes)
    }
    return Matrix(
      rowCount: old.rowCount, columnCount: old.columnCount, elements: chunks.flatMap(\.self))
  }

  /// The new coefficients of some genes.
  private func newtonCoefficients(
    _ old: Matrix<Double>, _ centres: [Double], _ sums: GeneSums, heights: [Double],
    genes: Range<Int>
  ) -> [Double] {
    let width = old.columnCount
    let packed = packedCount(width)
    let loadingPrecision = 1 / (loadingDeviation * loadingDeviation)
    let interceptPrecision =
      1 / (configuration.interceptDeviation * configuration.interceptDeviation)
    var hessian = Array(repeating: 0.0, count: width * width)
    var step = Array(repeating: 0.0, count: width)
    var result = Array(old.elements[genes.lowerBound * width..<genes.upperBound * width])
    for gene in genes {
      let first = (gene - genes.lowerBound) * width
      var place = gene * packed
      for a in 0..<width {
        for b in a..<width {
          hessian[b * width + a] = sums.meanMoments[place]
          if b == width - 1 {
            step[a] = sums.countMoments[gene * width + a] - sums.meanMoments[place]
          }
          place += 1
        }
      }
      for a in 0..<width {
        let precision = a == width - 1 ? interceptPrecision : loadingPrecision
        hessian[a * width + a] += precision
        step[a] -= precision * (result[first + a] - (a == width - 1 ? centres[gene] : 0))
      }
      if !configuration.intercept {
        for a in 0..<width { hessian[(width - 1) * width + a] = a == width - 1 ? 1 : 0 }
        step[width - 1] = 0
      }
      let isSolved = hessian.withUnsafeMutableBufferPointer { hessian in
        step.withUnsafeMutableBufferPointer { step in
          guard let hessian = hessian.baseAddress, let step = step.baseAddress else { return false }
          return solvePositiveDefinite(hessian, order: width, right: step)
        }
      }
      guard isSolved else { continue }
      var reach = 0.0
      for a in 0..<width { reach += step[a].magnitude * heights[a] }
      let length = reach > Self.longestStep ? Self.longestStep / reach : 1
      for a in 0..<width { result[first + a] += length * step[a] }
    }
    return result
  }
}

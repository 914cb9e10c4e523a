import Foundation
import LinearAlgebra
import Modeling
import Networks
import Probability

/// What a trained autoencoder says about cells, each on its own: networks stand still, noise is keyed by the cell.
struct CellMeasure: Sendable {
  let network: AutoencoderNetwork<Float>
  let libraryPriors: [NormalPrior]
  let null: MeanProfile?
  let random: RandomSource
  /// S, draws from each posterior.
  var sampleCount: Int
  /// Draws for the mean of a logistic-normal latent.
  private static let meanDraws = 200
  /// Cells that are worked on together.
  static let pieceSize = 256

  /// Networks folded by their running statistics, once for many cells.
  struct Evaluated {
    let posterior: NormalPosterior<Float>
    let library: NormalPosterior<Float>?
  }

  func evaluated(_ batch: CellBatch<Float>, on workers: Workers) -> Evaluated {
    Evaluated(
      posterior: network.encoder.posterior(of: batch.counts, on: workers),
      library: network.libraryEncoder?.posterior(of: batch.counts, on: workers))
  }

  /// The prior of a row's log library; of an unknown batch the mean of all.
  private func libraryPrior(_ code: Int32) -> NormalPrior {
    guard code < 0 else { return libraryPriors[Int(code)] }
    let n = Double(max(libraryPriors.count, 1))
    return NormalPrior(
      mean: libraryPriors.reduce(0) { $0 + $1.mean } / n,
      variance: libraryPriors.reduce(0) { $0 + $1.variance } / n)
  }

  /// −log p of rows for given latents and log libraries.
  func losses(
    _ batch: CellBatch<Float>, latents: [Float], logLibraries: [Float]?,
    at point: FoldedPoint<Float>, on workers: Workers
  ) -> [Double] {
    let hidden = network.hidden.forward(
      network.decoderInputs(latents, batches: batch.batches), rowCount: batch.groups.rowCount,
      on: workers
    ).output
    return network.output.losses(
      network.outputBatch(
        batch, hidden: hidden, scales: network.scales(batch.totals, logLibraries)),
      at: point, on: workers)
  }

  /// Draws number `draw` of some rows.
  private func noise(_ rows: [Int], draw: Int) -> CellNoise<Float> {
    let L = network.latentCount
    var result = CellNoise<Float>(latents: [], library: [])
    for row in rows {
      var stream = random.stream("measured draws", step: draw, index: row)
      for _ in 0..<L { result.latents.append(Float(stream.normal())) }
      result.library.append(Float(stream.normal()))
    }
    return result
  }

  /// KL of both posteriors of a row.
  private func divergence(_ found: Evaluated, _ row: Int, _ batch: CellBatch<Float>) -> Double {
    found.posterior.divergence(ofRow: row)
      + (found.library?.divergence(ofRow: row, from: libraryPrior(batch.batches[row])) ?? 0)
  }

  /// Everything about rows.
  ///
  ///     −log p(x) ≈ −log 1/S Σ_s p(x | z_s, ℓ_s) p(z_s) p(ℓ_s) / (q(z_s) q(ℓ_s)),   z_s, ℓ_s ~ q
  func figures(_ batch: CellBatch<Float>, on workers: Workers) -> AutoencoderLane.Saved {
    let found = evaluated(batch, on: workers)
    let point = network.output.fold(nil)
    let rows = 0..<batch.groups.rowCount
    var result = AutoencoderLane.Saved()
    result.means = latentMeans(found, batch)
    result.variances = found.posterior.variances
    result.libraries =
      found.library.map { $0.means.map { exp(Double($0)) } } ?? batch.totals.map(Double.init)
    result.divergence = rows.map { divergence(found, $0, batch) }
    result.reconstruction = Array(repeating: 0, count: rows.count)
    var logTerms = rows.map { _ in [Double]() }
    for draw in 0..<sampleCount {
      let noise = noise(batch.rows, draw: draw)
      let normal = found.posterior.draw(noise.latents)
      let libraries = found.library?.draw(noise.library)
      let losses = losses(
        batch, latents: network.latents(of: normal), logLibraries: libraries, at: point,
        on: workers)
      for row in rows {
        var term = -losses[row] + found.posterior.logWeight(ofRow: row, draw: normal)
        if let library = found.library, let libraries {
          term += library.logWeight(
            ofRow: row, draw: libraries, prior: libraryPrior(batch.batches[row]))
        }
        result.reconstruction[row] += losses[row] / Double(sampleCount)
        logTerms[row].append(term)
      }
    }
    result.marginal = logTerms.map { terms in
      let largest = terms.max() ?? 0
      let sum = terms.reduce(0) { $0 + exp($1 - largest) }
      return -(largest + log(sum / Double(terms.count)))
    }
    return result
  }

  /// Losses of rows by one draw, for the validation bound.
  func bound(_ batch: CellBatch<Float>, on workers: Workers) -> [AutoencoderLosses] {
    let found = evaluated(batch, on: workers)
    let noise = noise(batch.rows, draw: 0)
    let losses = losses(
      batch, latents: network.latents(of: found.posterior.draw(noise.latents)),
      logLibraries: found.library?.draw(noise.library), at: network.output.fold(nil), on: workers)
    return losses.indices.map { row in
      var sums = AutoencoderLosses()
      sums.reconstruction = losses[row]
      sums.divergence = found.posterior.divergence(ofRow: row)
      sums.libraryDivergence =
        found.library?.divergence(ofRow: row, from: libraryPrior(batch.batches[row])) ?? 0
      sums.count = 1
      return sums
    }
  }

  /// The representation of each row: the mean, or the mean softmax over keyed draws.
  func latentMeans(_ found: Evaluated, _ batch: CellBatch<Float>) -> [Float] {
    guard network.isLogisticNormal else { return found.posterior.means }
    let L = network.latentCount
    return batch.rows.enumerated().flatMap { row, number in
      var stream = random.stream("mean of the latents", index: number)
      var sums = [Double](repeating: 0, count: L)
      for _ in 0..<Self.meanDraws {
        let normal = (row * L..<(row + 1) * L).map { place in
          found.posterior.means[place]
            + Float(stream.normal()) * found.posterior.variances[place].squareRoot()
        }
        for (k, share) in network.latents(of: normal).enumerated() { sums[k] += Double(share) }
      }
      return sums.map { Float($0 / Double(Self.meanDraws)) }
    }
  }
}

extension AutoencoderLane.Saved {
  /// Adds what was measured of further cells of the lane.
  mutating func append(_ other: AutoencoderLane.Saved) {
    means += other.means
    variances += other.variances
    libraries += other.libraries
    reconstruction += other.reconstruction
    divergence += other.divergence
    marginal += other.marginal
  }
}

extension AutoencoderLane {
  /// Measures all cells of a lane.
  ///
  /// Local.
  mutating func measure(_ measure: CellMeasure, on workers: Workers) {
    saved = Saved()
    for start in stride(from: 0, to: rows.count, by: CellMeasure.pieceSize) {
      let positions = Array(start..<min(start + CellMeasure.pieceSize, rows.count))
      let batch = CellBatch<Float>(
        [(lane: self, positions: positions[...])], columnCount: counts.columnCount, on: workers)
      saved.append(measure.figures(batch, on: workers))
    }
    let all = Array(0..<rows.count)
    saved.null = measure.null?.losses(CountRows(counts, rows: all)) ?? all.map { _ in .nan }
  }
}

import Foundation
import Networks
import Probability
import Testing

/// Dispersions by steps of their own.
struct DispersionStepsTests {
  /// ∂(−log p)/∂ρ of counts with mean m, r = e^ρ.
  private func gradient(_ counts: [Double], mean m: Double, rho: Double) -> Double {
    let r = exp(rho)
    return -counts.reduce(0) {
      $0 + r * (digamma($1 + r) - digamma(r) + log(r / (r + m)) + (m - $1) / (r + m))
    }
  }

  @Test func fourHundredMinibatchesReachTheLargestLikelihoodFromTwo() {
    let wanted = [0.01, 0.3, 3, 300]
    let mean = 4.0
    let cells = wanted.enumerated().map { g, r in
      var stream = RandomSource(seed: 3).stream("steps test", index: g)
      return (0..<4096).map { _ in Double(stream.negativeBinomial(mean: mean, dispersion: r)) }
    }
    var rho = [Float](repeating: Float(log(2.0)), count: wanted.count)
    var steps = DispersionSteps(weights: Array(repeating: 1, count: wanted.count))
    for step in 0..<400 {
      let batch = step % 16 * 256
      let gradients = wanted.indices.map { g in
        gradient(Array(cells[g][batch..<batch + 256]), mean: mean, rho: Double(rho[g]))
      }
      steps.move(&rho, along: gradients, share: 1.0 / 16)
    }
    for g in wanted.indices {
      // The whole derivative, of all cells, over the root of the information that 4096 cells have.
      let left = gradient(cells[g], mean: mean, rho: Double(rho[g]))
      let bend =
        (gradient(cells[g], mean: mean, rho: Double(rho[g]) + 0.01)
          - gradient(cells[g], mean: mean, rho: Double(rho[g]) - 0.01)) / 0.02
      // What is left to gain, in nats a cell. It is most for the gene of r = 0.01, of which one cell in sixteen says anything.
      let gain = left * left / (2 * abs(bend) + 0.5) / 4096
      #expect(gain < 0.01, "\(gain): r \(exp(rho[g])), wanted \(wanted[g])")
    }
  }

  @Test func genesThatSayNothingGoToTheCentreOfThoseThatDo() {
    var rho: [Float] = [3, 3, -5]
    var steps = DispersionSteps(weights: [1, 1, 0])
    for _ in 0..<2000 { steps.move(&rho, along: [0, 0, 0], share: 1) }
    #expect(abs(rho[2] - 3) < 0.1)
    #expect(abs(rho[0] - 3) < 0.1)
  }
}

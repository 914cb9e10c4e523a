import Concurrency
import LinearAlgebra
import Metrics
import Models
import TestSupport
import Testing

struct RankingTests {
  @Test func genesAreScoredByTheirMeanDistance() {
    let concentrations = Matrix(rows: [
      [10.0, 200, 3000, 1.5, 40_000], [11, 300, 2900, 1, 39_000], [10, 100, 5000, 9, 52_000],
    ])
    let scores = geneScores(concentrations, on: Workers(threadCount: 2))
    let totals = (0..<3).map { concentrations.row($0).reduce(0, +) }
    func distance(_ gene: Int, _ first: Int, _ second: Int) -> Double {
      let (a, b) = (concentrations[first, gene], concentrations[second, gene])
      return betaWassersteinDistance((a, totals[first] - a), (b, totals[second] - b))
    }
    for gene in 0..<5 {
      for topic in 0..<3 {
        let others = (0..<3).filter { $0 != topic }
        let expected = others.reduce(0) { $0 + distance(gene, topic, $1) } / 2
        #expect(abs(scores[topic, gene] / expected - 1) < 1e-6, "gene \(gene), topic \(topic)")
      }
    }
  }

  @Test func variantsAreScoredByWhatTheirFrequencyLeaves() {
    let frequencies = [0.1, 0.2, 0.3, 0.4, .nan]
    let means = [0.15, 0.2, 0.45, 0.3, 0.9]
    let counted = Matrix(rowCount: 5, columnCount: 1, elements: means.map { 100 * $0 })
    let other = Matrix(rowCount: 5, columnCount: 1, elements: means.map { 100 * (1 - $0) })
    let residuals = variantResiduals(counted: counted, other: other, frequencies: frequencies)
    // least squares through (f, mean) of the first four
    let expected = [-0.02, -0.04, 0.14, -0.08]
    let slope = 0.7
    let centre = 0.25
    for index in 0..<4 {
      let fitted = 0.275 + slope * (frequencies[index] - centre)
      #expect(abs(residuals[0, index] - (means[index] - fitted)) < 1e-12)
      #expect(abs(residuals[0, index] - expected[index]) < 1e-12)
    }
    #expect(residuals[0, 4].isNaN)
    #expect(topFeatures(residuals.row(0).map(abs), fraction: 0.4) == [2, 3])
  }
}

import LinearAlgebra
import Modeling
import Probability

extension TBLDA {
  /// α within its bounds.
  var startingAlpha: Double {
    let start = configuration.alphaStart ?? (configuration.inference == .stochastic ? 0.1 : 0.3)
    return min(max(start, configuration.alphaMinimum), configuration.alphaMaximum)
  }

  /// ξ̂_kg = ξ + 2 u x_g / K, x_g the gene's reads: topics differ by noise around the mean profile. For stochastic
  /// inference 1 everywhere, as published.
  func startingGenes(restart: Int) -> Matrix<Double> {
    guard configuration.inference == .coordinate else {
      return Matrix(rowCount: topicCount, columnCount: geneCount, repeating: 1)
    }
    var genes = Matrix<Double>(rowCount: topicCount, columnCount: geneCount, repeating: 0)
    for topic in 0..<topicCount {
      var stream = random.stream("TBLDA gene concentrations", step: restart, index: topic)
      let row = geneTotals.map {
        configuration.genePrior + 2 * stream.uniform() * $0 / Double(topicCount)
      }
      genes.setRow(topic, to: row)
    }
    return genes
  }

  /// σ̂_lk = σ + u C_l / K;  ζ̂, γ̂ = 1 + 5 u. For stochastic inference 1 everywhere, as published.
  func startingLane(
    rows: Range<Int>, variants: Range<Int>, totals: [Double], restart: Int
  ) -> TBLDALane.Saved {
    let K = topicCount
    guard configuration.inference == .coordinate else {
      let alleles = Matrix<Double>(rowCount: variants.count, columnCount: K, repeating: 1)
      return TBLDALane.Saved(
        samples: Matrix(rowCount: rows.count, columnCount: K, repeating: 1),
        alleles: AllelePair(counted: alleles, other: alleles))
    }
    var samples = Matrix<Double>(rowCount: rows.count, columnCount: K, repeating: 0)
    for (index, row) in rows.enumerated() {
      var stream = random.stream("TBLDA sample concentrations", step: restart, index: row)
      let mass =
        cohort.uses[row] == .fit ? totals[index] / Double(K) : 0
      samples.setRow(
        index, to: (0..<K).map { _ in configuration.topicPrior + stream.uniform() * mass })
    }
    var counted = Matrix<Double>(rowCount: variants.count, columnCount: K, repeating: 0)
    var other = counted
    for (index, variant) in variants.enumerated() {
      var stream = random.stream("TBLDA allele concentrations", step: restart, index: variant)
      counted.setRow(index, to: (0..<K).map { _ in 1 + 5 * stream.uniform() })
      other.setRow(index, to: (0..<K).map { _ in 1 + 5 * stream.uniform() })
    }
    return TBLDALane.Saved(
      samples: samples, alleles: AllelePair(counted: counted, other: other))
  }
}

public import Concurrency
public import LinearAlgebra
import Metrics

/// How much each gene tells topics apart: the mean 2-Wasserstein distance between the posterior of its share in
/// a topic and those in all others.
///
///     s_kg = 1/(K − 1) Σ_{m≠k} W₂(Beta(ξ̂_kg, Σ_h ξ̂_kh − ξ̂_kg), Beta(ξ̂_mg, Σ_h ξ̂_mh − ξ̂_mg))
///
/// Local; threads share out the genes.
/// - Parameter concentrations: ξ̂, topics × genes.
/// - Returns: topics × genes; zeros for one topic.
public func geneScores(_ concentrations: Matrix<Double>, on workers: Workers) -> Matrix<Double> {
  let (K, G) = (concentrations.rowCount, concentrations.columnCount)
  guard K > 1 else { return concentrations.map { _ in 0 } }
  let totals = (0..<K).map { concentrations.row($0).reduce(0, +) }
  let blockCount = min(G, 8 * workers.threadCount)
  let blocks = workers.map(blockCount) { block in
    let genes = block * G / blockCount..<(block + 1) * G / blockCount
    var scores = Matrix<Double>(rowCount: genes.count, columnCount: K, repeating: 0)
    var quantiles = [Double](repeating: 0, count: K * BetaScores.count)
    scores.withUnsafeMutableElements { scores in
      quantiles.withUnsafeMutableBufferPointer { quantiles in
        for (index, gene) in genes.enumerated() {
          for topic in 0..<K {
            let a = concentrations[topic, gene]
            let start = topic * BetaScores.count
            BetaScores.fill(
              UnsafeMutableBufferPointer(rebasing: quantiles[start..<start + BetaScores.count]), a,
              totals[topic] - a)
          }
          addDistances(
            quantiles, topicCount: K,
            to: UnsafeMutableBufferPointer(rebasing: scores[index * K..<(index + 1) * K]))
        }
      }
    }
    return scores.elements
  }
  return Matrix(rowCount: G, columnCount: K, elements: blocks.flatMap(\.self)).transposed()
}

/// Adds the mean distance to all other topics to every topic's score.
private func addDistances(
  _ quantiles: UnsafeMutableBufferPointer<Double>, topicCount: Int,
  to scores: UnsafeMutableBufferPointer<Double>
) {
  let width = BetaScores.count
  for first in 0..<topicCount {
    for second in 0..<first {
      var sum = SIMD4<Double>.zero
      for index in stride(from: 0, to: width, by: 4) {
        let (i, j) = (first &* width &+ index, second &* width &+ index)
        let difference =
          SIMD4(quantiles[i], quantiles[i &+ 1], quantiles[i &+ 2], quantiles[i &+ 3])
          - SIMD4(quantiles[j], quantiles[j &+ 1], quantiles[j &+ 2], quantiles[j &+ 3])
        sum += difference * difference
      }
      let distance = sum.sum().squareRoot() / Double(topicCount &- 1)
      scores[first] += distance
      scores[second] += distance
    }
  }
}

/// How much each variant stands out in a topic: what is left of its expected allele frequency there after a
/// linear regression, topic by topic, on its frequency among the donors.
///
///     E[λ_jk] = u_k + v_k f_j + r_jk,      s_kj = |r_jk|
///
/// Variants without a frequency have NaN.
/// - Parameters:
///   - counted: ζ̂, variants × topics.
///   - other: γ̂, variants × topics.
///   - frequencies: f.
/// - Returns: residuals r with their signs, topics × variants.
public func variantResiduals(
  counted: Matrix<Double>, other: Matrix<Double>, frequencies: [Double]
) -> Matrix<Double> {
  let (S, K) = (counted.rowCount, counted.columnCount)
  var residuals = Matrix<Double>(rowCount: K, columnCount: S, repeating: .nan)
  let known = (0..<S).filter { frequencies[$0].isFinite }
  let count = Double(known.count)
  let meanFrequency = known.reduce(0) { $0 + frequencies[$1] } / count
  let spread = known.reduce(0) {
    $0 + (frequencies[$1] - meanFrequency) * (frequencies[$1] - meanFrequency)
  }
  for topic in 0..<K {
    let means = known.map { counted[$0, topic] / (counted[$0, topic] + other[$0, topic]) }
    let mean = means.reduce(0, +) / count
    var product = 0.0
    for (variant, value) in zip(known, means) {
      product += (frequencies[variant] - meanFrequency) * (value - mean)
    }
    let slope = spread > 0 ? product / spread : 0
    for (variant, value) in zip(known, means) {
      residuals[topic, variant] = value - mean - slope * (frequencies[variant] - meanFrequency)
    }
  }
  return residuals
}

/// The features with the largest scores: ⌈fraction · count⌉ of them, largest first, equal ones in order.
///
/// Features with NaN never rank.
public func topFeatures(_ scores: some Sequence<Double>, fraction: Double) -> [Int] {
  let scores = Array(scores)
  let known = scores.indices.filter { !scores[$0].isNaN }
  let wanted = Int((fraction * Double(scores.count)).rounded(.up))
  return Array(
    known.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }.prefix(wanted))
}

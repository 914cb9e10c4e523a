import Foundation
import Modeling
import Probability

/// Cells from a fitted mixture and decoder, each keyed by its number:
///
///     k ~ softmax(w)      z ~ N(μ_k, e^{−ν_k})      s ~ the fitted cells' scales      x_g ~ NB(s y_g(z), r_g)
struct MixtureSampler: RowSampler {
  let mixture: GaussianMixture
  let names: [String]
  let decoder: any RowDecoder
  /// r of each gene.
  let dispersions: [Double]
  let columns: Table
  let scales: [Double]
  let random: RandomSource

  func rows(_ range: Range<Int>) -> SimulatedRows {
    let L = mixture.dimension
    let weights = mixture.weights
    var codes: [Int32] = []
    var representations: [Float] = []
    var indices: [[Int32]] = []
    var counts: [[UInt32]] = []
    for row in range {
      var stream = random.stream("sampled cell", index: row)
      let k = stream.index(weights: weights)
      let z = (0..<L).map { l in
        mixture.means[k * L + l] + exp(-mixture.logPrecision(k, l) / 2) * stream.normal()
      }.map(Float.init)
      let scale = scales[stream.integer(below: scales.count)]
      let means = decoder.expectedValues(representations: z, scales: [Float(scale)])
      var rowIndices: [Int32] = []
      var rowCounts: [UInt32] = []
      for (g, mean) in means.enumerated() where mean > 0 {
        let count = stream.negativeBinomial(
          mean: Double(mean), dispersion: dispersions[g])
        if count > 0 {
          rowIndices.append(Int32(g))
          rowCounts.append(UInt32(count))
        }
      }
      codes.append(Int32(k))
      representations += z
      indices.append(rowIndices)
      counts.append(rowCounts)
    }
    return SimulatedRows(
      table: Table(
        names: range.map { "sample\($0)" },
        columns: [
          NamedColumn(
            "dgd_component", .categories(codes: codes, names: names, isOrdered: false))
        ]),
      columnIndices: indices, counts: counts,
      matrices: [NamedMatrix("X_dgd", width: L, elements: representations)])
  }
}

import Modeling
import Probability

/// Covariates of simulated rows, each row keyed by its number.
///
/// | Kind | A row | In `obs` | In `obsm` |
/// |---|---|---|---|
/// | `uniform` | x_p uniform within ± scale, or 0 … scale where they must not be negative | `x1`, `x2`, … up to 100 | `covariates` |
/// | `normal` | x_p ~ N(0, scale²), or \|x_p\| where they must not be negative | the same | the same |
/// | `dosages` | x_p ~ Binomial(2, f_p), f_p uniform in 0.1 … 0.5 | the same | the same |
/// | `levels` | one of p levels, of equal probability | `group` | `covariates` |
package struct SimulatedDesign: Sendable {
  /// The distribution of the covariates.
  package enum Kind: String, CaseIterable, Sendable {
    /// Uniform numbers, around 0 or, where they must not be negative, from 0 on.
    case uniform
    /// Standard normal numbers.
    case normal
    /// Copies of an allele: 0, 1, 2.
    case dosages
    /// Levels of one category.
    case levels
  }

  /// The most covariates that get a column of `obs` each.
  private static let columnLimit = 100

  let kind: Kind
  /// p, the number of covariates.
  let count: Int
  /// Half the width, or the standard deviation.
  let scale: Double
  let isNonnegative: Bool
  let random: RandomSource
  private let frequencies: [Double]

  init(
    _ kind: Kind, count: Int, scale: Double, isNonnegative: Bool = false, random: RandomSource
  ) {
    self.kind = kind
    self.count = count
    self.scale = scale
    self.isNonnegative = isNonnegative
    self.random = random
    var stream = random.stream("simulated allele frequencies")
    frequencies = kind == .dosages ? (0..<count).map { _ in 0.1 + 0.4 * stream.uniform() } : []
  }

  /// x_n, the covariates of a row.
  func covariates(ofRow row: Int) -> [Double] {
    var stream = random.stream("simulated covariates", index: row)
    switch kind {
    case .uniform:
      return (0..<count).map { _ in
        let uniform = stream.uniform()
        return scale * (isNonnegative ? uniform : 2 * uniform - 1)
      }
    case .normal:
      return (0..<count).map { _ in
        let value = scale * stream.normal()
        return isNonnegative ? value.magnitude : value
      }
    case .dosages:
      return frequencies.map { frequency in
        (stream.uniform() < frequency ? 1 : 0) + (stream.uniform() < frequency ? 1 : 0)
      }
    case .levels:
      let level = Int(stream.integer(below: count))
      return (0..<count).map { $0 == level ? 1 : 0 }
    }
  }

  /// Names of the covariates.
  var names: [String] {
    kind == .levels ? (0..<count).map { "group\($0 + 1)" } : (0..<count).map { "x\($0 + 1)" }
  }

  /// Rows with their covariates and counts.
  func rows(
    _ range: Range<Int>, covariates: [[Double]], sizes: [Double], columnIndices: [[Int32]],
    counts: [[UInt32]]
  ) -> SimulatedRows {
    var columns: [NamedColumn] = []
    if kind == .levels {
      let codes = covariates.map { Int32($0.firstIndex(of: 1) ?? 0) }
      columns.append(
        NamedColumn("group", .categories(codes: codes, names: names, isOrdered: false)))
    } else if count <= Self.columnLimit {
      for (index, name) in names.enumerated() {
        columns.append(NamedColumn(name, .numbers(covariates.map { $0[index] })))
      }
    }
    columns.append(NamedColumn("true_size_factor", .numbers(sizes)))
    return SimulatedRows(
      table: Table(names: range.map { "cell\($0)" }, columns: columns),
      columnIndices: columnIndices, counts: counts,
      matrices: [
        NamedMatrix(
          "covariates", width: count, elements: covariates.flatMap { $0.map { Float($0) } })
      ])
  }
}

/// Poisson counts of a row: the columns that are not zero and their counts.
///
/// - Parameters:
///   - means: of every column; above 10⁹ they count as 10⁹, the most that a file of counts holds.
///   - dropout: the probability that a count is lost.
func poissonCounts(
  _ means: [Double], dropout: Double, _ stream: inout RandomStream
) -> (columns: [Int32], counts: [UInt32]) {
  var columns: [Int32] = []
  var counts: [UInt32] = []
  for (gene, mean) in means.enumerated() {
    let count = stream.poisson(mean: min(mean, 1e9))
    if dropout > 0, stream.uniform() < dropout { continue }
    guard count > 0 else { continue }
    columns.append(Int32(gene))
    counts.append(UInt32(count))
  }
  return (columns, counts)
}

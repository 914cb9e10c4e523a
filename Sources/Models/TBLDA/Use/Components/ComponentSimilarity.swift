import Concurrency
import LinearAlgebra
import Metrics
import Probability

/// Which components of different runs are similar.
struct ComponentSimilarity {
  /// For every component the others, ascending.
  let neighbours: [[Int]]

  /// - Parameters:
  ///   - runs: the run of each component, ascending.
  ///   - loadings: equally many numbers of each.
  init(
    _ runs: [Int], _ loadings: [[Double]], _ similarity: RobustComponents.Similarity,
    threshold: Double, on workers: Workers
  ) {
    let later: [[Int]]
    switch similarity {
    case .pearson: later = Self.correlated(runs, loadings, threshold, workers)
    case .kendall: later = Self.concordant(runs, loadings, threshold, workers)
    }
    var all = later
    for (index, own) in later.enumerated() { for other in own { all[other].append(index) } }
    neighbours = all.map { $0.sorted() }
  }

  /// Later components with r² above a limit: products of blocks of standardised loadings.
  private static func correlated(
    _ runs: [Int], _ loadings: [[Double]], _ threshold: Double, _ workers: Workers
  ) -> [[Int]] {
    let count = loadings.count
    guard count > 0 else { return [] }
    let units = Matrix(rows: loadings.map { standardized($0) })
    let (width, block) = (units.columnCount, 64)
    let blocks = workers.map((count + block - 1) / block) { index in
      let rows = index * block..<min(count, (index + 1) * block)
      var products = Matrix<Double>(
        rowCount: rows.count, columnCount: count - rows.lowerBound, repeating: 0)
      units.withUnsafeBase { units in
        products.withUnsafeMutableBase { products in
          let own = units + rows.lowerBound * width
          Double.gemm(
            rowCount: rows.count, columnCount: count - rows.lowerBound, depth: width, alpha: 1,
            a: Operand(own, stride: width), b: Operand(own, stride: width, .transposed), beta: 0,
            c: products, cStride: count - rows.lowerBound)
        }
      }
      return rows.map { row in
        (row + 1..<count).filter { other in
          guard runs[other] != runs[row] else { return false }
          let r = products[row - rows.lowerBound, other - rows.lowerBound]
          return r * r > threshold
        }
      }
    }
    return blocks.flatMap(\.self)
  }

  /// Later components with τ_b above a limit.
  ///
  /// 65 536 random pairs of features decide where they can: they miss τ_b · (scales) by more than 0.03 once in
  /// 3 · 10¹² times (Hoeffding's bound, 2 e^{−m t²/2}). Where they cannot, and where there are not many more pairs
  /// than that, τ_b is counted.
  private static func concordant(
    _ runs: [Int], _ loadings: [[Double]], _ threshold: Double, _ workers: Workers
  ) -> [[Int]] {
    let ranks = workers.map(loadings.count) { KendallRanks(loadings[$0]) }
    let sketches =
      (ranks.first?.pairs ?? 0) > 4 * SignSketch.pairCount
      ? workers.map(ranks.count) { SignSketch(ranks[$0]) } : nil
    return workers.map(loadings.count) { row in
      (row + 1..<loadings.count).filter { other in
        guard runs[other] != runs[row] else { return false }
        if let sketches {
          let limit = threshold * ranks[row].scale * ranks[other].scale
          let excess = sketches[row].concordance(sketches[other]) - limit
          if abs(excess) > SignSketch.error { return excess > 0 }
        }
        return ranks[row].tau(ranks[other]) > threshold
      }
    }
  }

  /// Mean 0, length 1; zeros for a constant list, which correlates with nothing.
  static func standardized(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    let length = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    return values.map { length > 0 ? ($0 - mean) / length : 0 }
  }
}

/// How a list orders many random pairs of places, a bit each.
private struct SignSketch {
  static let pairCount = 65_536
  /// What an estimate may be off.
  static let error = 0.03

  /// Whether the first of a pair is larger.
  private let larger: [UInt64]
  /// Whether it is smaller; empty where that is the opposite of `larger`.
  private let smaller: [UInt64]

  init(_ ranks: KendallRanks) {
    var stream = RandomSource(seed: 0).stream("pairs of features")
    let count = ranks.count
    var larger = [UInt64](repeating: 0, count: Self.pairCount / 64)
    var smaller = larger
    for pair in 0..<Self.pairCount {
      let first = stream.integer(below: count)
      let second = (first + 1 + stream.integer(below: count - 1)) % count
      let sign = ranks.comparison(Int(first), Int(second))
      let bit: UInt64 = 1 &<< UInt64(pair % 64)
      if sign > 0 { larger[pair / 64] |= bit }
      if sign < 0 { smaller[pair / 64] |= bit }
    }
    self.larger = larger
    self.smaller = zip(larger, smaller).allSatisfy { $0 == ~$1 } ? [] : smaller
  }

  /// (concordant − discordant) / all of the pairs.
  func concordance(_ other: SignSketch) -> Double {
    var excess = 0
    if smaller.isEmpty, other.smaller.isEmpty {
      var unequal = 0
      for word in larger.indices {
        unequal &+= (larger[word] ^ other.larger[word]).nonzeroBitCount
      }
      excess = Self.pairCount - 2 * unequal
    } else {
      for word in larger.indices {
        let (a, b) = (larger[word], smaller.isEmpty ? ~larger[word] : smaller[word])
        let c = other.larger[word]
        let d = other.smaller.isEmpty ? ~c : other.smaller[word]
        excess &+= ((a & c) | (b & d)).nonzeroBitCount
        excess &-= ((a & d) | (b & c)).nonzeroBitCount
      }
    }
    return Double(excess) / Double(Self.pairCount)
  }
}

public import Concurrency
import Foundation
import LinearAlgebra
public import Metrics

/// Linear tests of genes against variants, with false discovery rates by family.
///
/// All correlations come from products of blocks of genes with all variants. They are gone through twice: first
/// counted by size, which bounds the p value that can still be a discovery; then those below are kept. So the
/// rates are those of all tests, and memory is for the discoveries only.
///
///     q_(i) = min over j ≥ i of p_(j) m / j              m tests of the family
///
/// Source: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57:289–300, 1995; tests: ``LinearAssociation``.
public struct EQTLMapping: Sendable {
  /// The linear tests of all genes against all variants, covariates taken out.
  public let association: LinearAssociation
  /// The variants that each gene is tested against, ascending; nil: all.
  public let tested: [[Int32]]?
  /// The family of each gene's tests, from 0.
  public let families: [Int]
  /// Places, where neighbours are families of their own: family f becomes 3f (trans), 3f + 1 (cis), 3f + 2
  /// (not known).
  public let separatingPlaces: GenomicPlaces?

  /// Genes in one product.
  private static let blockSize = 64
  /// Sizes of |r| that are told apart in the first pass.
  private static let binCount = 8192

  /// A mapping.
  ///
  /// - Precondition: lists of one entry for each gene (response).
  public init(
    _ association: LinearAssociation, tested: [[Int32]]? = nil, families: [Int],
    separatingPlaces: GenomicPlaces? = nil
  ) {
    precondition(families.count == association.responseCount)
    precondition(tested.map { $0.count == families.count } ?? true)
    self.association = association
    self.tested = tested
    self.families = families
    self.separatingPlaces = separatingPlaces
  }

  /// A pair of gene and variant whose false discovery rate is small enough.
  public struct Discovery: Sendable, Equatable {
    /// The gene, by its row.
    public let gene: Int
    /// The variant, by its row.
    public let variant: Int
    /// r of the residuals.
    public let correlation: Double
    /// log p, the logarithm of the two-sided p value.
    public let logPValue: Double
    /// log of the false discovery rate.
    public let logRate: Double
    /// The family of tests.
    public let family: Int
  }

  /// What a mapping found.
  public struct Result: Sendable {
    /// Sorted by p value, then gene, then variant.
    public let discoveries: [Discovery]
    /// Tests of every family.
    public let testCounts: [Int]
    /// For each gene the largest |r|; NaN where nothing could be tested.
    public let strongest: [Double]
  }

  /// Tests all pairs and keeps those whose false discovery rate is at most `rate`; all of them for 1.
  ///
  /// Pairs of which one side is constant after the covariates count as no test.
  /// - Complexity: two products genes × samples × variants.
  public func run(rate: Double, on workers: Workers) -> Result {
    let tally = tally(on: workers)
    let limit = rate >= 1 ? Double.infinity : rate
    return Result(
      discoveries: discoveries(thresholds(tally, rate: rate), tally, on: workers)
        .filter { $0.logRate <= log(limit) },
      testCounts: tally.testCounts, strongest: tally.strongest)
  }

  /// How many correlations of each size there are.
  struct Tally: Sendable {
    /// Families × sizes.
    fileprivate(set) var bins: [Int]
    /// Tests of every family.
    let testCounts: [Int]
    /// For each gene the largest |r|; NaN where nothing could be tested.
    let strongest: [Double]
  }

  /// How many families there are.
  var familyCount: Int { ((families.max() ?? -1) + 1) * (separatingPlaces == nil ? 1 : 3) }

  /// The first pass.
  func tally(on workers: Workers) -> Tally {
    let familyCount = familyCount
    let counted = blocks(on: workers) { block, correlations in
      count(block, correlations, familyCount)
    }
    var bins = [Int](repeating: 0, count: familyCount * Self.binCount)
    for result in counted {
      for (index, count) in result.bins.enumerated() { bins[index] += count }
    }
    let testCounts = (0..<familyCount).map { family in
      bins[family * Self.binCount..<(family + 1) * Self.binCount].reduce(0, +)
    }
    return Tally(bins: bins, testCounts: testCounts, strongest: counted.flatMap(\.strongest))
  }

  /// The |r| of every family below which no test can have a rate up to `rate`; above 1 where none can.
  func thresholds(_ tally: Tally, rate: Double) -> [Double] {
    tally.testCounts.indices.map { family in
      threshold(
        Array(tally.bins[family * Self.binCount..<(family + 1) * Self.binCount]),
        tally.testCounts[family], rate)
    }
  }

  /// Calls `body` for all sizes of |r| that a family has tests of, with the least log p that they can have.
  func forEachSize(
    _ tally: Tally, _ family: Int, _ body: (_ low: Double, _ logP: Double, _ count: Int) -> Void
  ) {
    for bin in 0..<Self.binCount where tally.bins[family * Self.binCount + bin] > 0 {
      body(
        Double(bin) / Double(Self.binCount), leastLogP(bin),
        tally.bins[family * Self.binCount + bin])
    }
  }

  /// The second pass: the pairs whose |r| is at least the family's threshold, with their rates, sorted by p value,
  /// then gene, then variant.
  ///
  /// Rates are exact where they are at most the rate that the thresholds are of; others are bounds from above.
  func discoveries(
    _ thresholds: [Double], _ tally: Tally, on workers: Workers
  ) -> [Discovery] {
    guard thresholds.contains(where: { $0 <= 1 }) else { return [] }
    let found = blocks(on: workers) { block, correlations in
      keep(block, correlations, thresholds)
    }.flatMap { $0 }
    let logarithms = found.map { association.logPValue(correlation: $0.correlation) }
    var result: [Discovery] = []
    for family in tally.testCounts.indices {
      let own = found.indices.filter { found[$0].family == family }
      let rates = MultipleTesting.logBenjaminiHochberg(
        own.map { logarithms[$0] }, testCount: tally.testCounts[family])
      for (index, logRate) in zip(own, rates) {
        result.append(
          Discovery(
            gene: found[index].gene, variant: found[index].variant,
            correlation: found[index].correlation, logPValue: logarithms[index], logRate: logRate,
            family: family))
      }
    }
    return result.sorted {
      ($0.logPValue, $0.gene, $0.variant) < ($1.logPValue, $1.gene, $1.variant)
    }
  }

  private struct Found {
    let gene: Int
    let variant: Int
    let correlation: Double
    let family: Int
  }

  // MARK: - The two passes

  private func blocks<Part: Sendable>(
    on workers: Workers, _ body: (Range<Int>, Matrix<Double>) -> Part
  ) -> [Part] {
    let size = Self.blockSize
    let blocks = stride(from: 0, to: families.count, by: size).map {
      $0..<min($0 + size, families.count)
    }
    var parts = [Part?](repeating: nil, count: blocks.count)
    parts.withUnsafeMutableBufferPointer { parts in
      // Each piece has its own place.
      nonisolated(unsafe) let parts = parts
      workers.perform(blocks.count) { index in
        parts[index] = body(blocks[index], association.correlations(responses: blocks[index]))
      }
    }
    return parts.compactMap { $0 }
  }

  private func forEachPair(
    _ block: Range<Int>, _ correlations: Matrix<Double>,
    _ body: (_ gene: Int, _ variant: Int, _ correlation: Double) -> Void
  ) {
    correlations.withUnsafeElements { elements in
      let width = correlations.columnCount
      for gene in block {
        let start = (gene - block.lowerBound) * width
        if let variants = tested?[gene] {
          for variant in variants { body(gene, Int(variant), elements[start + Int(variant)]) }
        } else {
          for variant in 0..<width { body(gene, variant, elements[start + variant]) }
        }
      }
    }
  }

  private func family(_ gene: Int, _ variant: Int) -> Int {
    guard let separatingPlaces else { return families[gene] }
    switch separatingPlaces.relation(gene: gene, variant: variant) {
    case .trans: return 3 * families[gene]
    case .cis: return 3 * families[gene] + 1
    case .unknown: return 3 * families[gene] + 2
    }
  }

  private func count(
    _ block: Range<Int>, _ correlations: Matrix<Double>, _ familyCount: Int
  ) -> (bins: [Int], strongest: [Double]) {
    var bins = [Int](repeating: 0, count: familyCount * Self.binCount)
    var strongest = [Double](repeating: .nan, count: block.count)
    forEachPair(block, correlations) { gene, variant, correlation in
      guard !correlation.isNaN else { return }
      let size = abs(correlation)
      bins[family(gene, variant) * Self.binCount + Self.bin(size)] += 1
      let place = gene - block.lowerBound
      if !(strongest[place] >= size) { strongest[place] = size }
    }
    return (bins, strongest)
  }

  private func keep(
    _ block: Range<Int>, _ correlations: Matrix<Double>, _ thresholds: [Double]
  ) -> [Found] {
    var found: [Found] = []
    forEachPair(block, correlations) { gene, variant, correlation in
      guard !correlation.isNaN else { return }
      let family = family(gene, variant)
      guard abs(correlation) >= thresholds[family] else { return }
      found.append(Found(gene: gene, variant: variant, correlation: correlation, family: family))
    }
    return found
  }

  /// log p of a size's upper end.
  private func leastLogP(_ bin: Int) -> Double {
    let edge = Double(bin + 1) / Double(Self.binCount)
    return edge >= 1 ? -Double.infinity : association.logPValue(correlation: edge)
  }

  private static func bin(_ size: Double) -> Int { min(Int(size * Double(binCount)), binCount - 1) }

  /// The |r| below which no test can have a rate up to `rate`; above 1 where none can.
  ///
  /// A test in bin b has a p value of at least that of the bin's upper edge, and at most as many tests before
  /// it as the bins from b on hold.
  private func threshold(_ bins: [Int], _ testCount: Int, _ rate: Double) -> Double {
    guard rate < 1 else { return 0 }
    var (above, lowest) = (0, 2.0)
    for bin in bins.indices.reversed() where bins[bin] > 0 {
      above += bins[bin]
      if leastLogP(bin) + log(Double(testCount) / Double(above)) <= log(rate) {
        lowest = Double(bin) / Double(Self.binCount)
      }
    }
    return lowest
  }
}

/// Leaves out variants that their neighbours tell: of two within a window whose genotypes correlate with
/// r² above a limit, the one with the rarer minor allele.
///
///     r²_ij = (n Σxy − Σx Σy)² / ((n Σx² − (Σx)²)(n Σy² − (Σy)²))       over donors observed at both
///
/// The order of comparisons is PLINK's (`--indep-pairwise <window>kb 1 <r²>`), on which the result depends:
/// windows start at one variant after the other; within a window every variant still there is compared with
/// the following ones up to the first that correlates, one of the two goes, and passes over the window are
/// repeated until nothing goes. Equal minor allele frequencies: the second goes. Variants with one allele
/// only go first. PLINK leaves out non-founders; here every donor counts.
///
/// Source: PLINK 1.9, https://www.cog-genomics.org/plink/1.9/ld#indep; tested against its result.
public struct LinkagePruning: Sendable, Equatable, Codable {
  /// Bases between the first and the last variant of a window, at most.
  public var window: Int
  /// r² above which one of two variants goes.
  public var limit: Double

  /// A rule; the defaults are those of the TBLDA paper: 200 kb and r² 0.2.
  public init(window: Int = 200_000, limit: Double = 0.2) {
    self.window = window
    self.limit = limit
  }

  /// The variants that stay, ascending; nil where the genotypes do not say where the variants are.
  ///
  /// Variants of one chromosome have to adjoin.
  /// - Complexity: O(variants · variants in a window · donors / 64).
  public func kept(_ genotypes: Genotypes) -> [Int]? {
    kept(genotypes.variants, genotypes.variantCounts) { variant in
      genotypes.donors.indices.map { min(genotypes[$0, variant], 3) }
    }
  }

  /// The variants that stay, ascending, of genotypes that are asked for when their window comes;
  /// nil where it is not known where the variants are.
  ///
  /// - Parameters:
  ///   - counts: what every variant's genotypes come to.
  ///   - codes: the genotypes of a variant, 3 where missing.
  func kept(
    _ variants: Table, _ counts: [VariantCounts], codes: @escaping (Int) -> [UInt8]
  ) -> [Int]? {
    guard let chromosomes = variants["chromosome"]?.asCategories,
      let positions = variants.positions
    else { return nil }
    var planes = GenotypePlanes(variantCount: variants.count, codes: codes)
    let frequencies = counts.map(\.minorFrequency)
    var isGone = counts.map(\.isConstant)
    var start = 0
    while start < positions.count {
      var end = start
      while end < positions.count, chromosomes.codes[end] == chromosomes.codes[start] { end += 1 }
      let code = Int(chromosomes.codes[start])
      guard code >= 0, Chromosome(chromosomes.names[code]) != nil else {
        // Nothing is known to be near to what.
        start = end
        continue
      }
      let order = (start..<end).sorted { (positions[$0], $0) < (positions[$1], $1) }
      prune(order, positions, frequencies, &planes, &isGone)
      start = end
    }
    return positions.indices.filter { !isGone[$0] }
  }

  /// One chromosome; `order` has its variants by position.
  private func prune(
    _ order: [Int], _ positions: [Int], _ frequencies: [Double], _ planes: inout GenotypePlanes,
    _ isGone: inout [Bool]
  ) {
    // Where the comparisons of each variant go on: pairs are compared once.
    var next = order.indices.map { $0 + 1 }
    var end = 0
    for start in order.indices {
      defer { planes.forget(order[start]) }
      let before = end
      while end < order.count, positions[order[end]] - positions[order[start]] <= window {
        end += 1
      }
      guard end > before else { continue }
      var isChanging = true
      while isChanging {
        isChanging = false
        for first in start..<end where !isGone[order[first]] {
          let i = order[first]
          while next[first] < end {
            let second = next[first]
            let j = order[second]
            if !isGone[j], planes.squaredCorrelation(i, j) > limit {
              isChanging = true
              if frequencies[i] < (1 - 0x1p-44) * frequencies[j] {
                isGone[i] = true
              } else {
                isGone[j] = true
                next[first] = second + 1
              }
              break
            }
            next[first] = second + 1
          }
        }
      }
    }
  }
}

/// Genotypes as bits, 64 donors a word, for products by counting bits: those of the present window.
///
/// x = a + b with a: one copy or more, b: two; so Σx = |a| + |b| and Σx² = |a| + 3|b|.
struct GenotypePlanes {
  private let codes: (Int) -> [UInt8]
  /// Of each variant: observed, a, b; empty where not asked for yet.
  private var planes: [[UInt64]]

  init(variantCount: Int, codes: @escaping (Int) -> [UInt8]) {
    self.codes = codes
    planes = Array(repeating: [], count: variantCount)
  }

  private mutating func load(_ variant: Int) {
    guard planes[variant].isEmpty else { return }
    let codes = codes(variant)
    let width = (codes.count + 63) / 64
    var plane = [UInt64](repeating: 0, count: 3 * width)
    for (donor, code) in codes.enumerated() where code < 3 {
      let (word, bit) = (donor / 64, UInt64(1) << UInt64(donor % 64))
      plane[word] |= bit
      if code >= 1 { plane[width + word] |= bit }
      if code == 2 { plane[2 * width + word] |= bit }
    }
    planes[variant] = plane
  }

  /// Lets a variant's bits go.
  mutating func forget(_ variant: Int) { planes[variant] = [] }

  /// r² of two variants over the donors observed at both; NaN where one of them does not vary there.
  mutating func squaredCorrelation(_ i: Int, _ j: Int) -> Double {
    load(i)
    load(j)
    return planes[i].withUnsafeBufferPointer { first in
      planes[j].withUnsafeBufferPointer { second in
        Self.squaredCorrelation(first, second)
      }
    }
  }

  private static func squaredCorrelation(
    _ first: UnsafeBufferPointer<UInt64>, _ second: UnsafeBufferPointer<UInt64>
  ) -> Double {
    let width = first.count / 3
    var (n, x, y, xx, yy, xy) = (0, 0, 0, 0, 0, 0)
    for word in 0..<width {
      let both = first[word] & second[word]
      let (a, b) = (first[width + word] & both, first[2 * width + word] & both)
      let (c, d) = (second[width + word] & both, second[2 * width + word] & both)
      n += both.nonzeroBitCount
      x += a.nonzeroBitCount + b.nonzeroBitCount
      xx += a.nonzeroBitCount + 3 * b.nonzeroBitCount
      y += c.nonzeroBitCount + d.nonzeroBitCount
      yy += c.nonzeroBitCount + 3 * d.nonzeroBitCount
      xy +=
        (a & c).nonzeroBitCount + (a & d).nonzeroBitCount + (b & c).nonzeroBitCount
        + (b & d).nonzeroBitCount
    }
    let covariance = Double(n * xy - x * y)
    return covariance * covariance / (Double(n * xx - x * x) * Double(n * yy - y * y))
  }
}

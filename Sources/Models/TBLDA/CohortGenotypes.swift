import Modeling
import Probability

/// The genotypes of a cohort's donors, some of them held out; in memory, or read when they are wanted.
///
/// A value is the copies of the counted allele, 3 where missing or held out.
struct CohortGenotypes: Sendable {
  private enum Kept: Sendable {
    /// Variants × donors, and those held out likewise; the latter empty where none are.
    case resident(seen: [UInt8], heldOut: [UInt8])
    /// Which of the stored donors are the cohort's.
    case stored(StoredGenotypes, donors: [Int])
  }

  /// I, the number of donors.
  let donorCount: Int
  /// S, the number of variants.
  let variantCount: Int
  private let share: Double
  private let random: RandomSource
  private let kept: Kept

  /// Genotypes in memory.
  ///
  /// - Parameters:
  ///   - values: variants × donors.
  ///   - share: of the observed genotypes that is held out.
  init(
    _ values: [UInt8], donorCount: Int, variantCount: Int, heldOut share: Double,
    _ random: RandomSource
  ) {
    (self.donorCount, self.variantCount) = (donorCount, variantCount)
    (self.share, self.random) = (share, random)
    var seen = values
    let heldOut = Self.takeOut(share, of: &seen, 0..<variantCount, donorCount, random)
    kept = .resident(seen: seen, heldOut: heldOut)
  }

  /// Genotypes outside of memory.
  ///
  /// - Parameter donors: the cohort's, as places among the stored ones.
  init(_ stored: StoredGenotypes, donors: [Int], heldOut share: Double, _ random: RandomSource) {
    (donorCount, variantCount) = (donors.count, stored.variantCount)
    (self.share, self.random) = (share, random)
    kept = .stored(stored, donors: donors)
  }

  /// Whether any are held out.
  var hasHeldOut: Bool { share > 0 && donorCount > 0 }

  /// Whether they are in memory.
  var areResident: Bool { if case .resident = kept { true } else { false } }

  /// What the fit sees of all donors: a run of variants × donors.
  func seen(_ variants: Range<Int>) -> [UInt8] { split(variants).seen }

  /// What is held out, 3 elsewhere: a run of variants × donors.
  func heldOut(_ variants: Range<Int>) -> [UInt8] { split(variants).heldOut }

  /// What the fit sees of some donors: a run of variants × these.
  func seen(_ variants: Range<Int>, donors chosen: [Int]) -> [UInt8] {
    if case .stored(let stored, let donors) = kept, !hasHeldOut {
      return stored.codes(variants: variants, donors: chosen.map { donors[$0] })
    }
    let all = seen(variants)
    var values: [UInt8] = []
    values.reserveCapacity(variants.count * chosen.count)
    for row in 0..<variants.count {
      for donor in chosen { values.append(all[row * donorCount + donor]) }
    }
    return values
  }

  private func split(_ variants: Range<Int>) -> (seen: [UInt8], heldOut: [UInt8]) {
    switch kept {
    case .resident(let seen, let heldOut):
      let range = variants.lowerBound * donorCount..<variants.upperBound * donorCount
      return (Array(seen[range]), heldOut.isEmpty ? [] : Array(heldOut[range]))
    case .stored(let stored, let donors):
      var seen = stored.codes(variants: variants, donors: donors)
      let heldOut = Self.takeOut(share, of: &seen, variants, donorCount, random)
      return (seen, heldOut)
    }
  }

  /// Takes a share of the observed genotypes out, each keyed by its variant and donor.
  private static func takeOut(
    _ share: Double, of values: inout [UInt8], _ variants: Range<Int>, _ donorCount: Int,
    _ random: RandomSource
  ) -> [UInt8] {
    guard share > 0, donorCount > 0 else { return [] }
    var taken = [UInt8](repeating: 3, count: values.count)
    for (row, variant) in variants.enumerated() {
      var stream = random.stream("TBLDA held-out genotypes", index: variant)
      for index in row * donorCount..<(row + 1) * donorCount {
        guard stream.uniform() < share, values[index] < 3 else { continue }
        taken[index] = values[index]
        values[index] = 3
      }
    }
    return taken
  }
}

/// What the genotypes of a fit come to.
struct GenotypeTotals: Sendable {
  /// Genotypes observed of each donor.
  private(set) var observedOfDonors: [Int]
  /// Genotypes observed of each variant, and copies of the counted allele in them.
  private(set) var variants: [VariantCounts] = []
  /// Genotypes held out.
  private(set) var heldOutCount = 0

  /// Goes over them once, some MB at a time.
  init(_ genotypes: CohortGenotypes) {
    let (I, S) = (genotypes.donorCount, genotypes.variantCount)
    observedOfDonors = Array(repeating: 0, count: I)
    variants.reserveCapacity(S)
    for block in PackedVariants.blocks(donors: I, variants: S) {
      let seen = genotypes.seen(block)
      for row in 0..<block.count {
        var (observed, copies) = (0, 0)
        for donor in 0..<I where seen[row * I + donor] < 3 {
          observedOfDonors[donor] += 1
          observed += 1
          copies += Int(seen[row * I + donor])
        }
        variants.append(VariantCounts(observed: observed, copies: copies))
      }
      if genotypes.hasHeldOut { heldOutCount += genotypes.heldOut(block).count { $0 < 3 } }
    }
  }

  /// How many genotypes of all donors are observed and not held out.
  var observedCount: Int { observedOfDonors.reduce(0, +) }
}

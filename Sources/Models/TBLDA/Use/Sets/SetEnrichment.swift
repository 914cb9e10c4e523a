import Metrics
import Modeling

/// Which sets the chosen features of each list have more of than chance would give: Fisher's exact test,
/// one-sided, with false discovery rates over all tests.
///
/// | | in the set | not |
/// |---|---|---|
/// | chosen | a | b |
/// | other features tested | c | d |
///
/// Edge cases: sets without a feature of the background are left out; features outside the background count
/// nowhere.
public enum SetEnrichment {
  /// The test of one list against one set.
  public struct Test: Sendable, Equatable {
    /// Which list, as given.
    public let list: Int
    /// Which set, as given.
    public let set: Int
    /// a, the features that are both in the list and in the set.
    public let overlap: Int
    /// a + b.
    public let chosen: Int
    /// a + c.
    public let setSize: Int
    /// a d / (b c).
    public let oddsRatio: Double
    /// P(A ≥ a).
    public let pValue: Double
    /// Benjamini and Hochberg's rate.
    public let rate: Double
  }

  /// Tests every list against every set.
  ///
  /// - Parameters:
  ///   - lists: chosen features, as indices into the background.
  ///   - sets: features of each set, likewise.
  ///   - background: how many features could have been chosen.
  ///   - smallest: sets with fewer features of the background are left out.
  /// - Returns: by p value, then list, then set.
  public static func test(
    lists: [Set<Int>], sets: [Set<Int>], background: Int, smallest: Int = 1
  ) -> [Test] {
    var tests: [Test] = []
    for (listIndex, list) in lists.enumerated() {
      for (setIndex, set) in sets.enumerated() where set.count >= max(1, smallest) {
        let overlap =
          set.count < list.count ? set.count(where: list.contains) : list.count(where: set.contains)
        let rest = background - list.count - (set.count - overlap)
        let fisher = FisherExact(overlap, list.count - overlap, set.count - overlap, rest)
        tests.append(
          Test(
            list: listIndex, set: setIndex, overlap: overlap, chosen: list.count,
            setSize: set.count, oddsRatio: fisher.oddsRatio, pValue: fisher.greater, rate: .nan))
      }
    }
    let rates = MultipleTesting.benjaminiHochberg(tests.map(\.pValue))
    return zip(tests, rates).map { test, rate in
      Test(
        list: test.list, set: test.set, overlap: test.overlap, chosen: test.chosen,
        setSize: test.setSize, oddsRatio: test.oddsRatio, pValue: test.pValue, rate: rate)
    }.sorted { ($0.pValue, $0.list, $0.set) < ($1.pValue, $1.list, $1.set) }
  }
}

/// Intervals of chromosomes, as a BED file has them: from the first base, counted from 0, up to but not
/// including the last.
public struct GenomicRegions: Sendable {
  private var intervals: [String: [Range<Int>]] = [:]

  /// Regions; overlapping ones are joined.
  public init(_ regions: [(chromosome: String, range: Range<Int>)]) {
    for (chromosome, range) in regions {
      guard let name = Chromosome(chromosome)?.counting.name else { continue }
      intervals[name, default: []].append(range)
    }
    for (name, ranges) in intervals {
      var joined: [Range<Int>] = []
      for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
        if let last = joined.last, range.lowerBound <= last.upperBound {
          joined[joined.count - 1] =
            last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
          joined.append(range)
        }
      }
      intervals[name] = joined
    }
  }

  /// Whether a place, whose bases are counted from 1, lies in one of them.
  public func contains(_ place: GenomicPlaces.Place) -> Bool {
    guard let ranges = intervals[place.counting] else { return false }
    let base = place.position - 1
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= base { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(base)
  }
}

public import Concurrency
import Foundation
import Metrics

/// Linear tests of several runs and tissues: false discovery rates by run and tissue, and over all of them together.
///
/// Families with the same name, such as tests of a class of genes, are one family over all runs. All mappings are gone
/// through twice, so that memory is for one mapping and the discoveries: first counted by size, which bounds the
/// p value that can still be a discovery, in its own run or over all; then those are kept.
public struct EQTLPool: Sendable {
  /// A pair that was found.
  public struct Discovery: Sendable, Equatable {
    /// The mapping that it was found by.
    public let mapping: Int
    /// The pair, with its rate among the tests of its own mapping.
    public let pair: EQTLMapping.Discovery
    /// log of the false discovery rate among the tests of all mappings.
    public let logRateOfAll: Double
  }

  /// By mapping, then p value.
  public let discoveries: [Discovery]
  /// Tests of every mapping.
  public let testCounts: [Int]

  /// Tests everything and keeps the pairs whose rate, in their own mapping or over all, is at most `rate`.
  ///
  /// - Parameters:
  ///   - names: the names of each mapping's families, neighbours' being told apart or not as in ``EQTLMapping``.
  ///   - mapping: makes a mapping; called twice for each.
  public init(
    _ names: [[String]], rate: Double, on workers: Workers, mapping: (Int) throws -> EQTLMapping
  ) throws {
    let limit = rate >= 1 ? Double.infinity : log(rate)
    var tails: [String: Tail] = [:]
    var testCounts: [Int] = []
    for index in names.indices {
      let own = try mapping(index)
      let tally = own.tally(on: workers)
      testCounts.append(tally.testCounts.reduce(0, +))
      for (family, name) in Self.families(of: own, names[index]) {
        own.forEachSize(tally, family) { _, logP, count in
          tails[name, default: Tail()].add(count, logP)
        }
      }
    }
    let cuts = tails.mapValues { rate >= 1 ? 0 : $0.largestLogP(rate: rate) }
    var found: [(mapping: Int, pair: EQTLMapping.Discovery, family: String)] = []
    for index in names.indices {
      let own = try mapping(index)
      let tally = own.tally(on: workers)
      let families = Self.families(of: own, names[index])
      var thresholds = own.thresholds(tally, rate: rate)
      for (family, name) in families {
        own.forEachSize(tally, family) { low, logP, _ in
          if let cut = cuts[name], logP <= cut { thresholds[family] = min(thresholds[family], low) }
        }
      }
      let name = Dictionary(uniqueKeysWithValues: families)
      found += own.discoveries(thresholds, tally, on: workers).map {
        (index, $0, name[$0.family] ?? "")
      }
    }
    var rates = [Double](repeating: 0, count: found.count)
    for (name, tail) in tails {
      let own = found.indices.filter { found[$0].family == name }
      let adjusted = MultipleTesting.logBenjaminiHochberg(
        own.map { found[$0].pair.logPValue }, testCount: tail.testCount)
      for (place, value) in zip(own, adjusted) { rates[place] = value }
    }
    discoveries = zip(found, rates).filter { min($0.pair.logRate, $1) <= limit }.map {
      Discovery(mapping: $0.mapping, pair: $0.pair, logRateOfAll: $1)
    }
    self.testCounts = testCounts
  }

  /// The families of a mapping with the names that are shared by all.
  private static func families(
    of mapping: EQTLMapping, _ names: [String]
  ) -> [(Int, String)] {
    (0..<mapping.familyCount).map { family in
      mapping.separatingPlaces == nil
        ? (family, names[family]) : (family, "\(names[family / 3]) \(family % 3)")
    }
  }

  /// How many tests of a family there are below p values, with p values rounded down.
  private struct Tail {
    private(set) var testCount = 0
    private var counts = [Int](repeating: 0, count: binCount)

    private static let binCount = 1 << 16
    private static let binsOfUnit = 64.0

    mutating func add(_ count: Int, _ logP: Double) {
      testCount += count
      let bin = (-logP * Self.binsOfUnit).rounded(.up)
      counts[min(Self.binCount - 1, bin.isFinite ? Int(bin) : Self.binCount - 1)] += count
    }

    /// The log p above which no test can have a rate up to `rate`: −∞ where none can.
    ///
    /// A test of bin b has a p value of at least e^(−b / 64), and at most as many tests before it as the bins from
    /// b − 1 on hold.
    func largestLogP(rate: Double) -> Double {
      var below = counts[...].reduce(0, +)
      for bin in 0..<Self.binCount {
        let least = bin == Self.binCount - 1 ? -Double.infinity : -Double(bin) / Self.binsOfUnit
        // The tests whose true p value may be as small as that of this bin.
        if least + log(Double(testCount) / Double(max(below, 1))) <= log(rate), below > 0 {
          return -Double(max(0, bin - 1)) / Self.binsOfUnit
        }
        below -= counts[bin]
      }
      return -.infinity
    }
  }
}

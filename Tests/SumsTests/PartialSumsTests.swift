import Probability
import Sums
import TestSupport
import Testing

@Suite struct PartialSumsTests {
  /// Lanes' numbers over 40 binades, of both signs, that nearly cancel.
  private func lanes(_ laneCount: Int, count: Int) -> [[Double]] {
    let random = RandomSource(seed: 5)
    return (0..<laneCount).map { lane in
      var stream = random.stream("lane values", index: lane)
      return (0..<count).map { _ in
        let size = Double(
          sign: .plus, exponent: Int.random(in: -30...10, using: &stream), significand: 1)
        return (Double.random(in: -1...1, using: &stream)) * size
      }
    }
  }

  @Test func anyGroupingAndOrderOfLanesGivesTheSameBits() throws {
    let lanes = lanes(12, count: 50)
    func total(_ groups: [[Int]]) throws -> [UInt64] {
      var everything = PartialSums([.wide("values", count: 50)])
      for group in groups {
        var part = PartialSums([.wide("values", count: 50)])
        for lane in group { part.add(lanes[lane], to: 0) }
        everything.add(part)
      }
      return try Alone().sum(everything).values(of: 0).map(\.bitPattern)
    }
    let expected = try total([Array(0..<12)])
    #expect(try total([[11, 3], [], [0, 5, 7, 1], [2, 4, 6, 8, 9, 10]]) == expected)
    #expect(try total((0..<12).reversed().map { [$0] }) == expected)
  }

  @Test func sumsAreAccurateToTheStatedResolution() throws {
    let lanes = lanes(12, count: 50)
    var partials = PartialSums([.wide("values", count: 50)])
    for lane in lanes { partials.add(lane, to: 0) }
    for (index, value) in try Alone().sum(partials).values(of: 0).enumerated() {
      // A sum by increasing size, in extended precision where there is one, is right to well below 2^-60.
      let terms = lanes.map { $0[index] }.sorted { $0.magnitude < $1.magnitude }
      let plain = terms.reduce(0, +)
      #expect((value - plain).magnitude <= 12 * 0x1p-61 + plain.magnitude * 0x1p-48)
    }
  }

  @Test func largeAndSmallAddsWithoutLoss() throws {
    var partials = PartialSums([.wide("values", count: 1)])
    for value in [1e11, 1e-6, -1e11, 1e-6] { partials.add(value, to: 0) }
    #expect(try (Alone().sum(partials).value(of: 0) - 2e-6).magnitude < 1e-17)
  }

  @Test func theUnitMovesTheRange() throws {
    var small = PartialSums([.wide("values", count: 1)])
    small.add(1e20, to: 0)
    #expect(throws: SumFault(block: "values", kind: .outOfRange, count: 1)) {
      try Alone().sum(small)
    }
    var large = PartialSums([.wide("values", count: 1, unitExponent: 40)])
    large.add(1e20, to: 0)
    large.add(3.0, to: 0)
    #expect(try Alone().sum(large).value(of: 0) == 1e20 + 3)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsCountedAndNamed(value: Double) {
    var partials = PartialSums([.wide("good", count: 2), .wide("bad", count: 2)])
    partials.add([1, 2], to: 0)
    partials.add([1, value], to: 1)
    partials.add([value, 1e300], to: 1)
    let fault = SumFault(block: "bad", kind: .notFinite, count: 2)
    #expect(throws: fault) { try Alone().sum(partials) }
    var merged = PartialSums(partials.blocks)
    merged.add(partials)
    #expect(throws: fault) { try Alone().sum(merged) }
    #expect(fault.description == "bad: 2 numbers are not finite")
  }

  @Test func faultsThatAKernelCountsAreFaults() {
    var partials = PartialSums([.scaled("limbs", count: 3)])
    partials.countFaults(.outOfRange, 1, in: 0)
    let fault = SumFault(block: "limbs", kind: .outOfRange, count: 1)
    #expect(throws: fault) { try Alone().sum(partials) }
    #expect(fault.description == "limbs: 1 number is too large to be summed")
  }

  @Test func aBlockIsAddedToAStretchWithItsFaults() throws {
    var part = PartialSums([.wide("other", count: 1), .wide("few", count: 2)])
    part.add([3, -0.5], to: 1)
    var partials = PartialSums([.wide("many", count: 5), .wide("more", count: 1)])
    partials.add([1, 1, 1, 1, 1], to: 0)
    partials.add(1, of: part, to: 0, at: 2)
    #expect(try Alone().sum(partials).values(of: 0) == [1, 1, 4, 0.5, 1])
    part.add(.nan, to: 1, at: 1)
    partials.add(1, of: part, to: 0, at: 0)
    #expect(throws: SumFault(block: "many", kind: .notFinite, count: 1)) {
      try Alone().sum(partials)
    }
  }

  @Test func manyLowLimbsCarryIntoTheHighLimb() throws {
    var partials = PartialSums([.wide("values", count: 1)])
    let value = 0x1.FFFFFFFFFFFFFp-12
    for _ in 0..<4096 { partials.add(value, to: 0) }
    #expect(try (Alone().sum(partials).value(of: 0) - 4096 * value).magnitude < 4096 * 0x1p-61)
  }

  @Test func aPoolClearsWideBlocksAndFaultsAndLeavesScaledBlocks() throws {
    let pool = SumsPool()
    let blocks: [SumBlock] = [.wide("values", count: 1), .scaled("limbs", count: 3)]
    var partials = pool.take(blocks)
    partials.add(2, to: 0)
    partials.withLimbs(of: 1) { $0[2] = 7 }
    pool.giveBack(try Alone().sum(partials))
    var sums = try Alone().sum(pool.take(blocks))
    #expect(sums.value(of: 0) == 0)
    #expect(sums.withLimbs(of: 1) { Array($0) } == [0, 0, 7])
  }

  @Test func wholeNumbersAreSummedAsTheyAre() throws {
    let sums = try SimulatedTeam(memberCount: 3).run { member, everyone in
      everyone.sum([Int64(member), 1 << 60, -5])
    }
    #expect(sums == Array(repeating: [3, 3 << 60, -15], count: 3))
  }
}

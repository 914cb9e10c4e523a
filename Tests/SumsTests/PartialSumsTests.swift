import Modeling
import Probability
import Sums
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

  @Test func anyGroupingAndOrderOfLanesGivesTheSameBits() {
    let lanes = lanes(12, count: 50)
    func total(_ groups: [[Int]]) -> [UInt64] {
      var everything = PartialSums([.wide("values", count: 50)])
      for group in groups {
        var part = PartialSums([.wide("values", count: 50)])
        for lane in group { part.add(lanes[lane], to: 0) }
        everything.add(part)
      }
      return everything.values(of: 0).map(\.bitPattern)
    }
    let expected = total([Array(0..<12)])
    #expect(total([[11, 3], [], [0, 5, 7, 1], [2, 4, 6, 8, 9, 10]]) == expected)
    #expect(total((0..<12).reversed().map { [$0] }) == expected)
  }

  @Test func sumsAreAccurateToTheStatedResolution() {
    let lanes = lanes(12, count: 50)
    var sums = PartialSums([.wide("values", count: 50)])
    for lane in lanes { sums.add(lane, to: 0) }
    for (index, value) in sums.values(of: 0).enumerated() {
      // A sum by increasing size, in extended precision where there is one, is right to well below 2^-60.
      let terms = lanes.map { $0[index] }.sorted { $0.magnitude < $1.magnitude }
      let plain = terms.reduce(0, +)
      #expect((value - plain).magnitude <= 12 * 0x1p-61 + plain.magnitude * 0x1p-48)
    }
  }

  @Test func largeAndSmallAddsWithoutLoss() {
    var sums = PartialSums([.wide("values", count: 1)])
    for value in [1e11, 1e-6, -1e11, 1e-6] { sums.add(value, to: 0) }
    #expect((sums.value(of: 0) - 2e-6).magnitude < 1e-17)
  }

  @Test func theUnitMovesTheRange() {
    var small = PartialSums([.wide("values", count: 1)])
    small.add(1e20, to: 0)
    #expect(small.fault == PartialSums.Fault(block: "values", kind: .outOfRange, count: 1))
    var large = PartialSums([.wide("values", count: 1, unitExponent: 40)])
    large.add(1e20, to: 0)
    large.add(3.0, to: 0)
    #expect(large.fault == nil)
    #expect(large.value(of: 0) == 1e20 + 3)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsCountedAndNamed(value: Double) {
    var sums = PartialSums([.wide("good", count: 2), .wide("bad", count: 2)])
    sums.add([1, 2], to: 0)
    sums.add([1, value], to: 1)
    #expect(sums.fault == PartialSums.Fault(block: "bad", kind: .notFinite, count: 1))
    #expect(sums.values(of: 0) == [1, 2])
    #expect(sums.values(of: 1).filter(\.isNaN).count == 2)
    var merged = PartialSums(sums.blocks)
    merged.add(sums)
    #expect(merged.fault == sums.fault)
  }

  @Test func manyLowLimbsCarryIntoTheHighLimb() {
    var sums = PartialSums([.wide("values", count: 1)])
    let value = 0x1.FFFFFFFFFFFFFp-12
    for _ in 0..<4096 { sums.add(value, to: 0) }
    #expect((sums.value(of: 0) - 4096 * value).magnitude < 4096 * 0x1p-61)
  }

  @Test func resettingWideBlocksClearsFaultsAndLeavesScaledBlocks() {
    var sums = PartialSums([.wide("values", count: 1), .scaled("limbs", count: 3)])
    sums.add(.nan, to: 0)
    sums.withLimbs(of: 1) { $0[2] = 7 }
    sums.resetWideBlocks()
    #expect(sums.fault == nil)
    #expect(sums.value(of: 0) == 0)
    sums.withLimbs(of: 1) { #expect(Array($0) == [0, 0, 7]) }
    #expect(sums.messageBytes == 8 * (2 + 3 + 4))
  }
}

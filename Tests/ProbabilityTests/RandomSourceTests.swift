import Probability
import Testing

@Suite struct RandomSourceTests {
  /// Random123's file kat_vectors, entries "philox4x32 10".
  @Test func philoxGivesThePublishedAnswers() {
    #expect(
      Philox.block(counter: SIMD4(), key: SIMD2())
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox.block(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func purposesAreHashedByFNV1a() {
    #expect(RandomPurpose("").hash == 0xcbf2_9ce4_8422_2325)
    #expect(RandomPurpose("a").hash == 0xaf63_dc4c_8601_ec8c)
    #expect(RandomPurpose("foobar").hash == 0x8594_4171_f739_67e8)
  }

  @Test func sameKeyGivesSameNumbersInAnyOrder() {
    let source = RandomSource(seed: 3)
    let rows = (0..<50).map { row -> [Double] in
      var stream = source.stream("noise", step: 4, index: row)
      return (0..<7).map { _ in stream.normal() }
    }
    for row in (0..<50).reversed() {
      var stream = source.stream("noise", step: 4, index: row)
      let again = (0..<7).map { _ in stream.normal() }
      #expect(again == rows[row])
    }
  }

  @Test func everyPartOfTheKeyChangesTheNumbers() {
    var firsts: Set<UInt64> = []
    var asked = 0
    for seed in [0, 1, 2, UInt64.max] {
      for purpose in ["a", "b", "initial weights"] {
        for step in [0, 1, Int(UInt32.max)] {
          for index in [0, 1, 1 << 32, -1] {
            var stream = RandomSource(seed: seed)
              .stream(RandomPurpose(purpose), step: step, index: index)
            firsts.insert(stream.next())
            asked += 1
          }
        }
      }
    }
    #expect(firsts.count == asked)
  }

  @Test func aCopyContinuesWithTheSameNumbers() {
    var stream = RandomSource(seed: 1).stream("copy")
    _ = stream.next()
    var copy = stream
    let continued = (0..<9).map { _ in stream.next() }
    let copied = (0..<9).map { _ in copy.next() }
    #expect(continued == copied)
  }

  @Test func uniformNumbersStayInsideTheirInterval() {
    var stream = RandomSource(seed: 5).stream("uniform")
    for _ in 0..<10_000 {
      let closed = stream.uniform()
      let open = stream.uniformOpen()
      let ranged = stream.uniform(in: -3..<(-1))
      #expect(closed >= 0 && closed < 1)
      #expect(open > 0 && open < 1)
      #expect(ranged >= -3 && ranged < -1)
    }
  }
}

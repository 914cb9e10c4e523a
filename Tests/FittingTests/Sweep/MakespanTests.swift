import Fitting
import Testing

/// How long a sweep is expected to take.
struct MakespanTests {
  @Test func theLongestBeginFirstAndTheShortFillTheRest() {
    #expect(makespan(of: [1, 2, 3, 4, 5, 5], groups: 2) == 10)
    #expect(makespan(of: [1, 1, 4], groups: 2) == 4)
  }

  @Test func oneGroupTakesTheSumAndManyTakeTheLongest() {
    let seconds = (1...40).map { Double($0 * 7919 % 101) }
    #expect(makespan(of: seconds, groups: 1) == seconds.reduce(0, +))
    #expect(makespan(of: seconds, groups: 40) == seconds.max())
    #expect(makespan(of: seconds, groups: 1000) == seconds.max())
    #expect(makespan(of: [], groups: 3) == 0)
  }

  @Test func grahamsBoundHolds() {
    for groups in 2...9 {
      let seconds = (1...57).map { Double($0 * $0 * 7919 % 1009) }
      let ideal = max(seconds.reduce(0, +) / Double(groups), seconds.max() ?? 0)
      let found = makespan(of: seconds, groups: groups)
      #expect(found >= ideal && found <= ideal * (4.0 / 3 - 1 / (3 * Double(groups))) + 1009)
    }
  }
}

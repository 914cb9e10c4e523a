import Modeling
import Sums
import TestSupport
import Testing

struct SimulatedTeamTests {
  @Test func everySplitOfTheLanesGivesTheSumsOfOneMember() throws {
    let values = (0..<5).map { lane in (0..<7).map { 0.1 * Double(lane * lane) - Double($0) / 3 } }
    let blocks: [SumBlock] = [.wide("sums", count: 7)]
    var partials = PartialSums(blocks)
    for lane in values { partials.add(lane, to: 0) }
    let expected = try Alone().sum(partials)
    let splits = SimulatedTeam.splits(ofLanes: 5)
    #expect(splits.count == 16 + 5)
    for split in splits {
      #expect(split.flatMap { $0 } == Array(0..<5))
      let sums = try SimulatedTeam(memberCount: split.count).run { member, everyone in
        var partials = PartialSums(blocks)
        for lane in split[member] { partials.add(values[lane], to: 0) }
        let sums = try everyone.sum(consume partials)
        let again = try everyone.sum(PartialSums(blocks))
        return (sums.values(of: 0), again.values(of: 0))
      }
      for (first, second) in sums {
        #expect(first == expected.values(of: 0))
        #expect(second.allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func maximaAreEveryonesAndNotANumberWins() throws {
    let maxima = try SimulatedTeam(memberCount: 4).run { member, everyone in
      var values = [Double(member), -Double(member), member == 2 ? .nan : 1]
      everyone.maximum(&values)
      return values
    }
    for values in maxima {
      #expect(values[0] == 3 && values[1] == 0 && values[2].isNaN)
    }
  }

  @Test func theFirstMembersErrorIsThrown() {
    struct Failure: Error, Equatable { let member: Int }
    #expect(throws: Failure(member: 1)) {
      try SimulatedTeam(memberCount: 3).run { member, _ in
        if member > 0 { throw Failure(member: member) }
      }
    }
  }
}

import Modeling
import Probability
import Testing

@Suite struct RowTests {
  @Test func lanesCoverEveryRowOnceInOrder() {
    for rowCount in [0, 1, 2, 7, 64, 1000] {
      for laneCount in [1, 2, 3, 16, 64] {
        let plan = LanePlan(rowCount: rowCount, laneCount: laneCount)
        let rows = (0..<laneCount).flatMap { Array(plan.rows(ofLane: $0)) }
        #expect(rows == Array(0..<rowCount))
        let sizes = (0..<laneCount).map { plan.rows(ofLane: $0).count }
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      }
    }
  }

  @Test func ranksCoverEveryLaneOnceEvenWhenThereAreMoreRanks() {
    for laneCount in [1, 4, 16] {
      for rankCount in [1, 2, 3, 7, 32] {
        let plan = LanePlan(rowCount: 100, laneCount: laneCount)
        let lanes = (0..<rankCount).flatMap { Array(plan.lanes(ofRank: $0, of: rankCount)) }
        #expect(lanes == Array(0..<laneCount))
        let rows = (0..<rankCount).flatMap { Array(plan.rows(ofRank: $0, of: rankCount)) }
        #expect(rows == Array(0..<100))
      }
    }
  }

  @Test func aSplitIsStratifiedExactAndRepeatable() {
    let classes = (0..<1000).map { Int32($0 % 10 == 0 ? 1 : $0 % 3 == 0 ? 2 : 0) }
    let split = RowSplit(
      rowCount: 1000, classes: classes, validation: 0.1, test: 0.2, random: RandomSource(seed: 1))
    #expect(split.rows(.validation).count == 100)
    #expect(split.rows(.test).count == 200)
    #expect(split.rows(.train).count == 700)
    for code in Int32(0)...2 {
      let members = classes.indices.filter { classes[$0] == code }
      let tested = members.filter { split.uses[$0] == .test }.count
      #expect((Double(tested) - 0.2 * Double(members.count)).magnitude <= 1)
    }
    let again = RowSplit(
      rowCount: 1000, classes: classes, validation: 0.1, test: 0.2, random: RandomSource(seed: 1))
    #expect(again == split)
    let other = RowSplit(
      rowCount: 1000, classes: classes, validation: 0.1, test: 0.2, random: RandomSource(seed: 2))
    #expect(other != split)
  }

  @Test func aSplitOfFewRowsLeavesNoneTwice() {
    for rowCount in 0...12 {
      let split = RowSplit(
        rowCount: rowCount, classes: nil, validation: 0.5, test: 0.5, random: RandomSource(seed: 3))
      #expect(split.uses.count == rowCount)
    }
  }

  @Test func textsBecomeSortedCategories() {
    let column = Column.strings(["b", nil, "a", "b"])
    #expect(column.asCategories?.codes == [1, -1, 0, 1])
    #expect(column.asCategories?.names == ["a", "b"])
    // Whole numbers beside a gap are names, as files with gaps keep them; others are not.
    #expect(Column.numbers([1001, .nan]).asCategories?.names == ["1001"])
    #expect(Column.numbers([1.5]).asCategories == nil)
  }
}

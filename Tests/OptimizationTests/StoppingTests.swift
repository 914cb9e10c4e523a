import Optimization
import Testing

@Suite struct StoppingTests {
  /// A queue of 3 filled by epochs 2, 3, 4.
  @Test func recentLossesFollowTheTruthTable() {
    let table: [(epoch: Int, loss: Double, stops: Bool)] = [
      (0, 1, false), (1, 99, false),  // not looked at
      (2, 5, false), (3, 7, false), (4, 6, false),  // 5 7 6
      (5, 7, false),  // ≤ 7: 7 6 7
      (6, 6.5, false),  // ≤ 7: 6 7 6.5
      (7, 7, false),  // ≤ 7: 7 6.5 7
      (8, 7.1, true),  // above all
    ]
    var rule = RecentLosses(firstEpoch: 2, length: 3)
    for row in table {
      let stops = rule.shouldStop(afterEpoch: row.epoch, loss: row.loss)
      #expect(stops == row.stops, "epoch \(row.epoch)")
    }
    var other = RecentLosses(firstEpoch: 0, length: 1)
    let answers = [
      other.shouldStop(afterEpoch: 0, loss: 3), other.shouldStop(afterEpoch: 1, loss: .nan),
    ]
    #expect(answers == [false, true])
  }

  @Test func patienceEndsAfterChecksWithoutImprovement() {
    var rule = Patience(limit: 2, relative: 0.1)
    let losses = [10.0, 8.9, 8.5, 7.9, 7.5, 7.2]
    // improvements: 10, 8.9 (by 11 %), then 8.5 no, 7.9 (11 %), 7.5 no, 7.2 no → stop
    let answers = losses.map { rule.shouldStop(loss: $0) }
    #expect(answers == [false, false, false, false, false, true])
    #expect(rule.best == 7.9 && rule.bestCheck == 3)
    var hopeless = Patience(limit: 2)
    let nothing = [hopeless.shouldStop(loss: .nan), hopeless.shouldStop(loss: .nan)]
    #expect(nothing == [false, true])
  }

  /// Windows of 2, looked at every step from the fifth on.
  @Test func windowedChangesUseTheirDenominator() {
    func stops(_ losses: [Double], _ denominator: WindowedChange.Denominator, _ tolerance: Double)
      -> Int?
    {
      var rule = WindowedChange(
        window: 2, interval: 1, minimum: 4, tolerance: tolerance, denominator: denominator)
      return losses.firstIndex { rule.shouldStop(loss: $0) }
    }
    // at the fifth step: older (8 + 8)/2 = 8, newer (6 + 6)/2 = 6: 2/7 of both, 2/8 of the older
    let losses = [9.0, 8, 8, 6, 6, 1]
    #expect(stops(losses, .bothWindows, 0.27) == nil)
    #expect(stops(losses, .olderWindow, 0.27) == 4)
    #expect(stops([1, 1, 1, 2, 2], .bothWindows, 0) == 4)  // rising
    var sparse = WindowedChange(window: 1, interval: 3, minimum: 0, tolerance: 0)
    let answers = (0..<6).map { _ in sparse.shouldStop(loss: 5) }
    #expect(answers == [false, false, true, false, false, true])
  }
}

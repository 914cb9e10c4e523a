import Optimization
import Testing

@Suite struct StoppingTests {
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

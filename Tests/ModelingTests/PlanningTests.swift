import LinearAlgebra
import Modeling
import TestSupport
import Testing

/// What epochs are expected to take.
struct PlanningTests {
  let network = Network("test", latency: 1e-3, bytesPerSecond: 1e6)
  let plan = FitPlan(
    laneCount: 8, memory: [], bytesPerStep: 1000, messagesPerStep: 2, stepsPerEpoch: 10, epochs: 1,
    closingMessages: 1, closingBytes: 500)

  @Test func anEpochSendsTheMessagesOfItsStepsAndThoseThatEndIt() {
    #expect(plan.messagesPerEpoch == 21)
    #expect(plan.bytesPerEpoch == 10_500)
  }

  @Test func oneRankSendsNothing() {
    #expect(network.seconds(messages: 5, bytes: 1000, ranks: 1, addition: 1) == 0)
    let alone = EpochForecast(plan, ranks: 1, computing: 3, over: network, addition: 1)
    #expect(alone.seconds == 3)
    #expect(alone.efficiency(alone: 3) == 1)
  }

  @Test func latencyCountsTwiceForEveryDoublingOfTheRanks() {
    for (ranks, rounds) in [(2, 1.0), (3, 2), (4, 2), (5, 3), (512, 9)] {
      let seconds = network.seconds(messages: 5, bytes: 0, ranks: ranks, addition: 0)
      #expect(abs(seconds - 2 * rounds * 5e-3) < 1e-12, "\(ranks) ranks")
    }
  }

  @Test func bytesTravelTwiceAndAreAddedOnceButForTheRanksOwnShare() {
    let seconds = network.seconds(messages: 0, bytes: 1_000_000, ranks: 4, addition: 1e-6)
    #expect(abs(seconds - 0.75 * (2 + 1)) < 1e-12)
  }

  @Test func messagesLowerTheEfficiency() {
    let forecast = EpochForecast(plan, ranks: 2, computing: 1, over: network, addition: 0)
    #expect(abs(forecast.messages - (2 * 21e-3 + 0.5 * 10_500 * 2e-6)) < 1e-12)
    #expect(abs(forecast.efficiency(alone: 2) - 1 / forecast.seconds) < 1e-12)
  }

  @Test func additionsAreMeasured() throws {
    let addition = try Network.measuredAddition(bytes: 100_000)
    #expect(addition > 0 && addition < 1e-6)
  }
}

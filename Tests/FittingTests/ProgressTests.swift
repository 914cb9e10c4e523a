import Fitting
import Testing

/// What is told while a fit goes on.
@Suite struct ProgressTests {
  @Test func aLineIsNoLongerThanTheTerminalIsWide() {
    #expect(ProgressLog.line("epoch 3  loss 1.25", within: 80) == "epoch 3  loss 1.25")
    #expect(ProgressLog.line("epoch 3  loss 1.25", within: nil) == "epoch 3  loss 1.25")
    #expect(ProgressLog.line("epoch 3  loss 1.25", within: 10) == "epoch 3 …")
    #expect(ProgressLog.line("exactly 10", within: 10).count == 9)
  }

  @Test func theTimeLeftIsToldByTheStepsAfterTheFirst() {
    var pace = Pace()
    pace.count(0.1, at: 60)
    #expect(pace.secondsLeft == nil)
    pace.count(0.2, at: 61)
    #expect(abs((pace.secondsLeft ?? 0) - 8) < 1e-9)
    pace.count(1, at: 70)
    #expect(pace.secondsLeft == nil)
  }

  /// A fit resumed at nine tenths knows its pace, not that of what came before.
  @Test func aResumedFitTellsItsOwnPace() {
    var pace = Pace()
    pace.count(0.9, at: 1000)
    pace.count(0.95, at: 1010)
    #expect(abs((pace.secondsLeft ?? 0) - 10) < 1e-9)
  }
}

/// What a run says of its ranks and threads.
@Suite struct CrowdTests {
  @Test func moreThreadsThanCoresAreTold() {
    #expect(RunRecord.crowd(ranks: 2, threads: 8, cores: 16, node: "n1") == nil)
    let threads = RunRecord.crowd(ranks: 4, threads: 8, cores: 16, node: "n1")
    #expect(threads?.contains("n1 has 16 cores for 4 ranks × 8 threads") == true)
    #expect(threads?.contains("--threads 4 is enough") == true)
    let ranks = RunRecord.crowd(ranks: 7, threads: 1, cores: 2, node: "n1")
    #expect(ranks?.contains("no more than 2 ranks") == true)
  }
}

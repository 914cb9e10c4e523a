import Concurrency
import Synchronization
import Testing

struct WorkersTests {
  @Test(arguments: [1, 2, 3, 7])
  func everyPieceIsDoneExactlyOnce(threadCount: Int) {
    let workers = Workers(threadCount: threadCount)
    #expect(workers.threadCount == threadCount)
    for count in [0, 1, 2, 3, 5, 64, 1000] {
      for _ in 0..<20 {
        var calls = [Int](repeating: 0, count: count)
        calls.withUnsafeMutableBufferPointer { calls in
          nonisolated(unsafe) let calls = calls
          workers.perform(count) { calls[$0] += 1 }
        }
        #expect(calls.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test func aCallFromInsideAPieceRunsInlineAndDoesNotHang() {
    let workers = Workers(threadCount: 3)
    let calls = Atomic<Int>(0)
    workers.perform(10) { _ in
      workers.perform(10) { _ in calls.add(1, ordering: .relaxed) }
    }
    #expect(calls.load(ordering: .relaxed) == 100)
  }

  @Test func manyShortTasksFollowEachOther() {
    let workers = Workers(threadCount: 2)
    let calls = Atomic<Int>(0)
    for _ in 0..<5000 { workers.perform(3) { _ in calls.add(1, ordering: .relaxed) } }
    #expect(calls.load(ordering: .relaxed) == 15000)
  }

  @Test func callersOnSeveralThreadsDoNotDisturbEachOther() {
    let outer = Workers(threadCount: 4)
    let inner = Workers(threadCount: 2)
    let calls = Atomic<Int>(0)
    outer.perform(40) { _ in inner.perform(25) { _ in calls.add(1, ordering: .relaxed) } }
    #expect(calls.load(ordering: .relaxed) == 1000)
  }

  @Test(arguments: [1, 2, 7])
  func resultsComeInTheOrderOfTheirPieces(threadCount: Int) {
    let workers = Workers(threadCount: threadCount)
    for count in [0, 1, 5, 64, 1000] {
      #expect(workers.map(count) { "\($0)" } == (0..<count).map { "\($0)" })
      let stretches = workers.map(count, inStretchesOf: 7) { Array($0) }
      #expect(stretches.flatMap(\.self) == Array(0..<count))
      #expect(stretches.dropLast().allSatisfy { $0.count == 7 })
    }
  }

  @Test func aProcessMayRunOnAtLeastOneProcessor() {
    #expect(Workers.availableProcessorCount >= 1)
  }
}

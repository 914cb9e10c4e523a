public import Concurrency
import Glibc

/// Times steps for a plan.
public enum Stopwatch {
  /// The middle of up to seven runs after one that warms up; fewer where they take long.
  ///
  /// One thread is timed by the processor time it uses, so that other programs of a shared machine do not
  /// count; several by elapsed time.
  /// - Throws: `ModelError` with what `body` throws, on data that stand in for those of the plan.
  public static func medianSeconds(
    on workers: Workers, _ body: () throws -> Void
  ) throws(ModelError) -> Double {
    do {
      return try medianSeconds(workers, body)
    } catch {
      throw ModelError("a step on random data of this shape fails: \(error)")
    }
  }

  private static func medianSeconds(
    _ workers: Workers, _ body: () throws -> Void
  ) throws -> Double {
    let clock = workers.threadCount == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC
    try body()
    var times: [Double] = []
    while times.count < 7, times.count < 3 || times.reduce(0, +) < 1 {
      let start = seconds(clock)
      try body()
      times.append(seconds(clock) - start)
    }
    return times.sorted()[times.count / 2]
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

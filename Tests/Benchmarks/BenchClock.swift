import Glibc

/// Seconds from some moment on.
struct BenchClock {
  /// Processor time of this thread: on a machine shared with others it shows what is really needed.
  let processorTime: Bool

  func now() -> Double {
    var time = timespec()
    clock_gettime(processorTime ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// How long `body` takes.
  func time(_ body: () throws -> Void) rethrows -> Double {
    let start = now()
    try body()
    return now() - start
  }
}

/// The middle one.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}

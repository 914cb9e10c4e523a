import Glibc

/// A fixed set of threads that share out the pieces of one task at a time.
///
/// Local.
///
///     workers.perform(chunkCount) { chunk in … }      // calls body(0), …, body(chunkCount − 1), each once
///
/// Which thread runs which piece is decided while they run and differs from run to run. So the pieces
/// must not touch each other's results, and whatever is combined afterwards must be combined in the
/// order of the pieces: then neither the number of threads nor their speed can change a bit.
///
/// The threads are started once and wait between tasks: briefly awake, so that a task following at once
/// starts within a microsecond, then asleep. The caller works too; `threadCount` 1 starts no thread.
///
/// Edge cases: a call from inside a running piece, or from a second thread while a task is running,
/// does all its pieces itself, in order. No pieces: nothing happens.
public final class Workers: Sendable {
  /// The number of threads that work on a task, the caller included.
  public let threadCount: Int

  private let board: TaskBoard
  private let threads: [WorkerThread]

  /// Starts `threadCount − 1` threads.
  ///
  /// If the system refuses a thread, the task is shared among those that could be started.
  /// - Precondition: `threadCount ≥ 1`.
  public init(threadCount: Int) {
    precondition(
      threadCount >= 1, "Workers: threadCount is \(threadCount); at least 1 (the caller) is needed")
    let board = TaskBoard()
    self.board = board
    self.threads = (1..<threadCount).compactMap { _ in WorkerThread(board) }
    self.threadCount = threads.count + 1
  }

  deinit {
    board.close()
    for thread in threads { thread.join() }
  }

  /// Calls `body` once with each of 0 ..< `count` and returns when all calls have returned. Local.
  ///
  /// - Parameter body: runs on several threads at the same time.
  public func perform(_ count: Int, _ body: (Int) -> Void) {
    if count <= 1 || threads.isEmpty || !board.begin() {
      for index in 0..<max(count, 0) { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      board.perform(count, body)
    }
    board.end()
  }

  /// The number of processors this process may run on: its affinity mask, not the whole machine.
  ///
  /// Read from `Cpus_allowed` of /proc/self/status; 1 where that cannot be read.
  public static var availableProcessorCount: Int {
    guard let file = fopen("/proc/self/status", "r") else { return 1 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    let label = "Cpus_allowed:"
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix(label) else { continue }
      let mask = text.dropFirst(label.count).compactMap(\.hexDigitValue)
      return max(mask.reduce(0) { $0 + $1.nonzeroBitCount }, 1)
    }
    return 1
  }
}

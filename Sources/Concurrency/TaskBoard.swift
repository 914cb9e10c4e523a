import Glibc
import Synchronization

/// Where the caller posts a task and the waiting threads find it.
///
/// A thread joins a task under the lock, and only while it is open; the caller closes the task when no
/// piece is left and waits for those that joined. So a thread that wakes late finds nothing to do, and
/// nobody waits for it.
final class TaskBoard: @unchecked Sendable {
  // Written by the caller only while no thread has joined.
  private var body: ((Int) -> Void)?
  private var count = 0
  // Guarded by `lock`; `tasksPosted` is also watched without it by threads that are still awake.
  private var isOpen = false
  private var isClosed = false
  private let tasksPosted = Atomic<Int>(0)

  private let nextPiece = Atomic<Int>(0)
  private let activeThreads = Atomic<Int>(0)
  private let isBusy = Atomic<Bool>(false)
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let posted = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// How often a waiting thread looks for a task before it sleeps: some 20 microseconds.
  private static let looksBeforeSleep = 20_000

  init() {
    pthread_mutex_init(lock, nil)
    pthread_cond_init(posted, nil)
  }

  deinit {
    pthread_cond_destroy(posted)
    pthread_mutex_destroy(lock)
    posted.deallocate()
    lock.deallocate()
  }

  /// True for the one caller that may now post a task.
  func begin() -> Bool {
    isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
  }

  func end() {
    isBusy.store(false, ordering: .releasing)
  }

  /// Posts the task, works on it, and returns when every piece is done.
  func perform(_ count: Int, _ body: @escaping (Int) -> Void) {
    pthread_mutex_lock(lock)
    self.body = body
    self.count = count
    isOpen = true
    nextPiece.store(0, ordering: .relaxed)
    tasksPosted.add(1, ordering: .releasing)
    pthread_cond_broadcast(posted)
    pthread_mutex_unlock(lock)
    work(count, body)
    pthread_mutex_lock(lock)
    isOpen = false
    pthread_mutex_unlock(lock)
    var looks = 0
    while activeThreads.load(ordering: .acquiring) > 0 {
      looks += 1
      // On a crowded machine the thread we wait for may need this processor.
      if looks > Self.looksBeforeSleep { sched_yield() }
    }
    self.body = nil
  }

  /// Tells every thread to finish.
  func close() {
    pthread_mutex_lock(lock)
    isClosed = true
    tasksPosted.add(1, ordering: .releasing)
    pthread_cond_broadcast(posted)
    pthread_mutex_unlock(lock)
  }

  /// The life of a thread: waits for tasks and works on them until the board is closed.
  func serve() {
    var seen = 0
    while true {
      var looks = 0
      while tasksPosted.load(ordering: .acquiring) == seen, looks < Self.looksBeforeSleep {
        looks += 1
      }
      pthread_mutex_lock(lock)
      while tasksPosted.load(ordering: .relaxed) == seen { pthread_cond_wait(posted, lock) }
      seen = tasksPosted.load(ordering: .relaxed)
      if isClosed {
        pthread_mutex_unlock(lock)
        return
      }
      let hasJoined = isOpen
      if hasJoined { activeThreads.add(1, ordering: .relaxed) }
      pthread_mutex_unlock(lock)
      if hasJoined {
        workOnTask()
        activeThreads.subtract(1, ordering: .releasing)
      }
    }
  }

  /// Works on the task this thread has joined: it cannot change before the thread leaves.
  ///
  /// Not inlined, so that this thread's reference to the caller's closure is gone before it leaves.
  @inline(never)
  private func workOnTask() {
    if let body { work(count, body) }
  }

  private func work(_ count: Int, _ body: (Int) -> Void) {
    while true {
      let piece = nextPiece.add(1, ordering: .relaxed).oldValue
      if piece >= count { return }
      body(piece)
    }
  }
}

/// One started thread.
struct WorkerThread: @unchecked Sendable {
  private let identifier: pthread_t

  /// Starts a thread that serves `board`; nil if the system refuses.
  init?(_ board: TaskBoard) {
    let argument = Unmanaged.passRetained(board)
    var identifier = pthread_t()
    let status = pthread_create(
      &identifier, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<TaskBoard>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
      }, argument.toOpaque())
    guard status == 0 else {
      argument.release()
      return nil
    }
    self.identifier = identifier
  }

  func join() {
    pthread_join(identifier, nil)
  }
}

import Foundation
import Synchronization

/// The right to work on one point.
struct SweepClaim {
  let point: SweepPoint
  let attempt: Int
  /// The file of the attempt.
  let file: String
}

/// Touches the claim that this process holds, so that others see it alive.
///
/// It says only that the process lives. A fit that hangs is ended by the job's time limit, or by a person.
final class SweepHeartbeat: Sendable {
  private let path = Mutex<String?>(nil)

  init(every interval: Duration) {
    Thread.detachNewThread { [weak self] in
      while let heart = self {
        heart.path.withLock { path in
          if let path { _ = utimes(path, nil) }
        }
        Thread.sleep(forTimeInterval: interval.seconds)
      }
    }
  }

  /// From now on this claim is touched; nil: none.
  func beat(for claim: SweepClaim?) { path.withLock { $0 = claim?.file } }
}

/// multiDGD's early stopping: go on while the loss is no worse than at least one of the recent ones.
///
/// Epochs are counted from 0. Those from `firstEpoch` on fill a queue of `length` losses; afterwards an epoch
/// whose loss is ≤ at least one of the queue replaces the oldest, any other ends the run. NaN ends it too.
/// Source: Center-for-Health-Data-Science/multiDGD@3887a98, functions/_train.py:388–400.
public struct RecentLosses: Codable, Sendable, Equatable {
  /// Epochs before this one are not looked at.
  public let firstEpoch: Int
  /// Losses that are kept.
  public let length: Int
  private var queue: [Double] = []

  /// A rule; the published one is 50 and 10.
  public init(firstEpoch: Int = 50, length: Int = 10) {
    precondition(firstEpoch >= 0 && length >= 1)
    self.firstEpoch = firstEpoch
    self.length = length
  }

  /// Takes note of an epoch's loss, and says whether to stop.
  public mutating func shouldStop(afterEpoch epoch: Int, loss: Double) -> Bool {
    if epoch < firstEpoch { return false }
    if queue.count < length {
      queue.append(loss)
      return false
    }
    guard queue.contains(where: { loss <= $0 }) else { return true }
    queue.removeFirst()
    queue.append(loss)
    return false
  }
}

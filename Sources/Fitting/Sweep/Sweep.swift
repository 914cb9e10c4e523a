public import Collectives
import Foundation
import Glibc
import Modeling
import Sums

/// Runs the points of a plan on groups of ranks, each taking the next point when it is free.
///
/// A point's failure is recorded and does not stop the others. Finished points are skipped, so that running
/// a sweep again continues it.
public struct Sweep {
  /// The points, with their predicted costs.
  public let points: [SweepPoint]
  /// Where everything goes.
  public let folder: SweepFolder
  /// Ranks that fit one point together; a last group may be smaller.
  public let ranksPerFit: Int
  /// Whether points that failed before are tried again.
  public let retriesFailures: Bool
  /// Whether finished points are fitted again whose data have changed since.
  public let refitsChanged: Bool

  /// A sweep.
  ///
  /// - Precondition: `ranksPerFit` is positive.
  public init(
    _ points: [SweepPoint], in folder: SweepFolder, ranksPerFit: Int = 1,
    retryingFailures: Bool = false, refittingChanged: Bool = false
  ) {
    precondition(ranksPerFit > 0, "a fit needs a rank")
    self.points = points
    self.folder = folder
    self.ranksPerFit = ranksPerFit
    retriesFailures = retryingFailures
    refitsChanged = refittingChanged
  }

  /// How a run of the sweep ended.
  public struct Ending: Sendable, Equatable {
    /// Whether it was told to stop: run it again to continue.
    public let isInterrupted: Bool
    /// Where the whole sweep stands.
    public let progress: SweepProgress
  }

  /// Fits all points that are left.
  ///
  /// Collective; the same points on all ranks.
  ///
  /// - Parameters:
  ///   - stop: asked before each point; the fit of a point asks for itself.
  ///   - tell: called on the first rank of a group for each line about the sweep's course.
  ///   - fit: fits one point with a group's ranks into the point's folder. A `CollectiveFailure` that it
  ///     throws becomes the point's failure. Collective over the group.
  /// - Throws: `CollectiveFailure` where the sweep's folder cannot be used, or has fits of data that have changed since
  ///   and are not to be made again.
  /// - Complexity: memory does not grow with the points done.
  public func run(
    with everyone: borrowing Communicator, stop: StopRequest,
    tell: (String) -> Void,
    fit: (SweepPoint, String, borrowing Communicator) throws -> SweepOutcome
  ) throws -> Ending {
    // Each rank looks through a share of what is there.
    let share = stride(from: everyone.rank, to: points.count, by: everyone.size).map { points[$0] }
    let changed = try changedPoints(share, with: everyone)
    let number = everyone.rank / ranksPerFit
    let group = everyone.split(color: number)
    let dispatcher = try everyone.agree(on: "read the sweep's folder") { () throws(SweepError) in
      try SweepDispatcher(
        points, in: folder, group: number, of: (everyone.size - 1) / ranksPerFit + 1,
        retryingFailures: retriesFailures, refitting: changed)
    }
    var isInterrupted = false
    var trouble: String?
    do {
      while let outcome = try takeTurn(group, dispatcher, stop, tell, fit) {
        if outcome.status == .interrupted {
          isInterrupted = true
          break
        }
      }
    } catch let failure as CollectiveFailure {
      trouble = failure.description
    }
    // All groups meet here, whatever became of them; the first may wait long for the last.
    everyone.barrierAsleep()
    try everyone.agree(on: "run the sweep") { () throws(SweepError) in
      if let trouble { throw SweepError(trouble) }
    }
    let interrupted = everyone.maximum(isInterrupted || stop.signal != nil ? 1 : 0) > 0
    // Read once: what others do in this folder meanwhile must not make the ranks end differently.
    var numbers = try everyone.agree(on: "read the sweep's folder") { () throws(SweepError) in
      everyone.isRoot ? try dispatcher.progress().numbers : []
    }
    everyone.broadcast(&numbers)
    let progress = SweepProgress(numbers: numbers)
    return Ending(
      isInterrupted: interrupted && progress.done + progress.failed < progress.total,
      progress: progress)
  }

  /// Makes the folder ready, and finds the finished points whose data have changed.
  ///
  /// Collective.
  private func changedPoints(
    _ share: [SweepPoint], with everyone: borrowing Communicator
  ) throws(CollectiveFailure) -> ChangedPoints {
    let isRoot = everyone.isRoot
    let mine = try everyone.agree(on: "prepare the sweep's folder") { () throws(SweepError) in
      if isRoot { try folder.prepare() }
      return try ChangedPoints(share, in: folder)
    }
    var changed = ChangedPoints()
    for text in everyone.allGather(mine.text) { changed.add(text) }
    try everyone.agree(on: "compare the data") { () throws(SweepError) in
      guard changed.isEmpty || refitsChanged else {
        throw SweepError(
          "\(folder.root.path): \(changed.line). --refit-changed fits them again; another --output keeps them"
        )
      }
    }
    return changed
  }

  /// One point by one group: claim, fit, outcome; nil where nothing is left to take.
  private func takeTurn(
    _ group: borrowing Communicator, _ dispatcher: SweepDispatcher, _ stop: StopRequest,
    _ tell: (String) -> Void,
    _ fit: (SweepPoint, String, borrowing Communicator) throws -> SweepOutcome
  ) throws -> SweepOutcome? {
    let isLeader = group.isRoot
    var claim: SweepClaim?
    try group.agree(on: "take the next point") {
      guard isLeader, stop.signal == nil else { return }
      if case .work(let taken) = try dispatcher.next(isStopping: { stop.signal != nil }) {
        claim = taken
      }
    }
    let place = claim.flatMap { taken in
      dispatcher.points.firstIndex { $0.name == taken.point.name }
    }
    var choice = [place ?? -1]
    group.broadcast(&choice)
    guard choice[0] >= 0 else { return nil }
    let point = dispatcher.points[choice[0]]
    let start = ContinuousClock.now

    var outcome: SweepOutcome
    do {
      outcome = try fit(point, folder.folder(of: point).path, group)
    } catch let failure as CollectiveFailure {
      outcome = SweepOutcome(
        failure.isPassing ? .failedInPassing : .failed, message: failure.description)
    }
    outcome.seconds = start.duration(to: .now).seconds
    outcome.ranks = group.size
    try group.agree(on: "record point \(point.name)") {
      if let claim { try dispatcher.finish(claim, outcome) }
    }
    if isLeader { tell(line(point, outcome, dispatcher)) }
    return outcome
  }

  private func line(
    _ point: SweepPoint, _ outcome: SweepOutcome, _ dispatcher: SweepDispatcher
  ) -> String {
    var text = "\(point.name): \(outcome.status.rawValue) after \(timeText(outcome.seconds))"
    if !outcome.message.isEmpty { text += ": \(outcome.message)" }
    if let progress = try? dispatcher.occasionalProgress() {
      text += "  [\(progress.line)]"
    }
    return text
  }
}

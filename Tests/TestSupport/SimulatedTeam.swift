import Foundation
public import Sums

/// A team in one process: its members are threads that meet in `sum` and `maximum`, as ranks do.
///
/// For tests of models and networks under any split of the lanes, without MPI.
public struct SimulatedTeam: Sendable {
  /// How many members.
  public let memberCount: Int

  /// A team of so many.
  public init(memberCount: Int) {
    precondition(memberCount > 0, "a team needs a member")
    self.memberCount = memberCount
  }

  /// Runs `body` for every member at once; the results in the order of the members.
  ///
  /// All members must call the same verbs in the same order; a member that ends while another waits
  /// stops the test program, where MPI would hang.
  /// - Throws: the error of the first member that threw.
  public func run<Output: Sendable>(
    _ body: @escaping @Sendable (_ member: Int, _ everyone: borrowing Member) throws -> Output
  ) throws -> [Output] {
    let meeting = Meeting(memberCount: memberCount)
    let results = Results<Output>(count: memberCount)
    for member in 0..<memberCount {
      let thread = Thread {
        let everyone = Member(meeting: meeting)
        results.put(Result { try body(member, everyone) }, at: member)
        meeting.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    return try results.wait().map { try $0.get() }
  }

  /// Every way to cut lanes into contiguous, non-empty runs, and for each number of runs one way with
  /// members that have none: 2^(laneCount−1) + laneCount splits.
  public static func splits(ofLanes laneCount: Int) -> [[Range<Int>]] {
    var splits: [[Range<Int>]] = []
    for cuts in 0..<(1 << max(0, laneCount - 1)) {
      var runs: [Range<Int>] = []
      var start = 0
      for lane in 1..<max(1, laneCount) where cuts & 1 << (lane - 1) != 0 {
        runs.append(start..<lane)
        start = lane
      }
      splits.append(runs + [start..<laneCount])
    }
    for count in 1...max(1, laneCount) {
      let runs = (0..<count).map { laneCount * $0 / count..<laneCount * ($0 + 1) / count }
      splits.append([0..<0] + runs + [laneCount..<laneCount])
    }
    return splits
  }

  /// One member of the team, on its own thread.
  public struct Member: ~Copyable, Team {
    fileprivate let meeting: Meeting

    /// Replaces integers by everyone's sums.
    ///
    /// Collective.
    public borrowing func addUp(_ integers: UnsafeMutableBufferPointer<Int64>) {
      let totals = meeting.meet(.sum, Array(integers)) { $0 &+= $1 }
      for index in integers.indices { integers[index] = totals[index] }
    }

    /// Replaces each value by everyone's maximum; NaN wins.
    ///
    /// Collective.
    public borrowing func maximum(_ values: inout [Double]) {
      let bits = values.map { Int64(bitPattern: $0.bitPattern) }
      let largest = meeting.meet(.maximum, bits) { mine, theirs in
        let (a, b) = (double(mine), double(theirs))
        if !(a.isNaN || a >= b) { mine = theirs }
      }
      values = largest.map(double)
    }
  }
}

private func double(_ bits: Int64) -> Double { Double(bitPattern: UInt64(bitPattern: bits)) }

/// Where members wait for each other.
private final class Meeting: @unchecked Sendable {
  enum Verb { case sum, maximum }

  private let memberCount: Int
  private let condition = NSCondition()
  private var verb: Verb?
  private var gathered: [Int64] = []
  private var outcome: [Int64] = []
  private var arrivedCount = 0
  private var goneCount = 0
  private var round = 0

  init(memberCount: Int) {
    self.memberCount = memberCount
  }

  /// Combines everyone's message; returns when all have come.
  func meet(
    _ verb: Verb, _ message: [Int64], combine: (inout Int64, Int64) -> Void
  ) -> [Int64] {
    condition.lock()
    defer { condition.unlock() }
    if arrivedCount == 0 {
      (self.verb, gathered) = (verb, message)
    } else {
      precondition(self.verb == verb, "one member sums while another takes a maximum")
      precondition(gathered.count == message.count, "messages of different lengths")
      for index in message.indices { combine(&gathered[index], message[index]) }
    }
    arrivedCount += 1
    requireThatAllCanCome()
    if arrivedCount == memberCount {
      (outcome, arrivedCount) = (gathered, 0)
      round += 1
      condition.broadcast()
    } else {
      let mine = round
      while round == mine { condition.wait() }
    }
    return outcome
  }

  /// A member's body has ended.
  func leave() {
    condition.lock()
    goneCount += 1
    requireThatAllCanCome()
    condition.unlock()
  }

  private func requireThatAllCanCome() {
    precondition(
      arrivedCount == 0 || goneCount == 0, "a member has ended while another waits for it")
  }
}

/// What the members' bodies gave.
private final class Results<Output: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var results: [Result<Output, any Error>?]

  init(count: Int) {
    results = Array(repeating: nil, count: count)
  }

  func put(_ result: Result<Output, any Error>, at member: Int) {
    condition.lock()
    results[member] = result
    condition.broadcast()
    condition.unlock()
  }

  func wait() -> [Result<Output, any Error>] {
    condition.lock()
    defer { condition.unlock() }
    while results.contains(where: { $0 == nil }) { condition.wait() }
    return results.compactMap { $0 }
  }
}

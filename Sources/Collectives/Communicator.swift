import CDistfitMPI
public import Sums

/// A team of MPI ranks that also knows which rank this is.
///
/// Owned by one thread: it can be neither copied nor captured by a task, so that every collective is
/// called by the main thread of its process, in program order. Pass it `borrowing`.
///
/// Its verbs do not throw. After a failed MPI call nothing can be trusted: the C shim prints rank,
/// operation and MPI's text and ends the job. What may fail on one rank belongs into `agree(on:_:)`.
///
/// With a single rank nothing is sent, and everything else is the same: a program that runs alone runs
/// under `mpirun`.
public struct Communicator: ~Copyable, Team {
  /// This process among `0..<size`.
  public let rank: Int
  /// How many ranks there are.
  public let size: Int
  /// MPI's integer for this communicator (`MPI_Comm_c2f`), for a library that opens files in parallel.
  public let fortranHandle: Int32

  /// The most elements that one MPI call carries: MPI counts in 32 bits, and transports have stumbled
  /// over messages of 2 GiB.
  let largestMessage: Int64
  let session: Session
  let counter: TrafficCounter
  private let isOwned: Bool

  init(
    handle: Int32, session: Session, isOwned: Bool, largestMessage: Int64 = 1 << 27
  ) {
    fortranHandle = handle
    rank = Int(distfit_mpi_rank(handle))
    size = Int(distfit_mpi_size(handle))
    self.largestMessage = largestMessage
    self.session = session
    self.isOwned = isOwned
    counter = TrafficCounter()
  }

  deinit {
    if isOwned { distfit_mpi_free(fortranHandle) }
  }

  /// Whether this is rank 0: the one that logs and writes small files.
  public var isRoot: Bool { rank == 0 }

  /// What this communicator has sent so far.
  public var traffic: Traffic { counter.traffic }
}

// MARK: - Team

extension Communicator {
  /// Replaces integers by their sums over all ranks, place by place.
  ///
  /// Collective; as many integers on every rank.
  ///
  /// One `MPI_Allreduce` with `MPI_SUM` on 64-bit integers. Integers add associatively, so the bits
  /// depend neither on the number of ranks nor on the order in which MPI adds.
  public borrowing func addUp(_ integers: UnsafeMutableBufferPointer<Int64>) {
    begin("sum")
    counter.traffic.sums.count(bytes: integers.count * MemoryLayout<Int64>.size)
    guard size > 1 else { return }
    distfit_mpi_sum_int64(
      fortranHandle, integers.baseAddress, Int64(integers.count), largestMessage)
  }

  /// Replaces each value by its maximum over all ranks; NaN wins over every number.
  ///
  /// Collective; as many values on every rank.
  ///
  /// `MPI_MAX` leaves NaN and the sign of zero to the library, so the values travel as integers of the
  /// same order.
  public borrowing func maximum(_ values: inout [Double]) {
    begin("maximum")
    counter.traffic.maxima.count(bytes: values.count * MemoryLayout<Int64>.size)
    guard size > 1 else { return }
    var ordered = values.map(orderedInteger)
    maximum(ordered: &ordered)
    for index in values.indices { values[index] = orderedDouble(ordered[index]) }
  }

  /// Element-wise maximum of integers, neither checked nor counted.
  borrowing func maximum(ordered values: inout [Int64]) {
    guard size > 1 else { return }
    values.withUnsafeMutableBufferPointer { buffer in
      distfit_mpi_maximum_int64(
        fortranHandle, buffer.baseAddress, Int64(buffer.count), largestMessage)
    }
  }
}

/// An integer that compares as the number does; NaN above everything.
private func orderedInteger(_ value: Double) -> Int64 {
  if value.isNaN { return .max }
  let bits = Int64(bitPattern: value.bitPattern)
  return bits >= 0 ? bits : bits ^ .max
}

/// The number that `orderedInteger` came from; every NaN becomes the same one.
private func orderedDouble(_ ordered: Int64) -> Double {
  if ordered == .max { return .nan }
  return Double(bitPattern: UInt64(bitPattern: ordered >= 0 ? ordered : ordered ^ .max))
}

// MARK: - Groups

extension Communicator {
  /// Waits until every rank has come here, for as long as hours, without taking time from those that work:
  /// MPI's own waiting occupies a core.
  ///
  /// Collective.
  public borrowing func barrierAsleep() {
    begin("barrier asleep")
    counter.traffic.barriers.count(bytes: 0)
    if size > 1 { distfit_mpi_barrier_asleep(fortranHandle, 5000) }
  }

  /// The communicator of the ranks that gave the same color, ordered by key and then by rank.
  ///
  /// Collective. So is its end: every member must let go of it.
  ///
  /// - Precondition: `color` is not negative; both fit 32 bits.
  public borrowing func split(color: Int, key: Int = 0) -> Communicator {
    begin("split")
    precondition(color >= 0, "the color of a group must not be negative, found \(color)")
    return Communicator(
      handle: distfit_mpi_split(fortranHandle, Int32(color), Int32(key)), session: session,
      isOwned: true, largestMessage: largestMessage)
  }

  /// The communicator of the ranks on this rank's node.
  ///
  /// Collective.
  public borrowing func splitByNode() -> Communicator {
    begin("splitByNode")
    return Communicator(
      handle: distfit_mpi_split_by_node(fortranHandle), session: session, isOwned: true,
      largestMessage: largestMessage)
  }

  /// A communicator of these ranks that cuts its messages into pieces of at most so many elements.
  ///
  /// Collective. For tests of the cutting itself: real messages need more memory than a test has.
  package borrowing func cuttingMessages(at largestMessage: Int) -> Communicator {
    Communicator(
      handle: distfit_mpi_split(fortranHandle, 0, 0), session: session, isOwned: true,
      largestMessage: Int64(largestMessage))
  }

  /// Traps inside a body of `agree`: the other ranks might have failed already, and would never come.
  borrowing func begin(_ verb: StaticString) {
    if let task = session.agreeing {
      stopJob(
        "`\(verb)` was called inside agree(on: \"\(task)\"): such a body must not communicate.")
    }
  }
}

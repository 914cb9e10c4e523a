/// Sums over the lanes seen so far, as 64-bit integers: the one form in which numbers leave a lane.
///
/// Integers add associatively, so the total has the same bits for every grouping of lanes into threads and
/// ranks, and MPI's plain `MPI_SUM` on 64-bit integers may add them in any order. Each lane's part is
/// rounded once, to the block's resolution (see `SumBlock`).
///
/// NaN, infinities and numbers out of a block's range cannot be held; they are counted in the same message,
/// so that everyone learns of one rank's NaN for nothing. Partial sums cannot be read: `Team.sum` turns them into
/// `Sums`, or throws what was counted as a `SumFault`.
///
/// The first block's limbs come first, then the second's …, then two fault counters a block.
public struct PartialSums: Sendable {
  /// What is summed.
  public let blocks: [SumBlock]
  private let offsets: [Int]
  private var limbs: [Int64]

  /// Sums that are still zero.
  public init(_ blocks: [SumBlock]) {
    self.blocks = blocks
    var offsets: [Int] = []
    var end = 0
    for block in blocks {
      offsets.append(end)
      end += block.limbCount
    }
    self.offsets = offsets
    limbs = Array(repeating: 0, count: end + 2 * blocks.count)
  }

  /// Sets the wide blocks and the counts of faults to zero, keeping the storage.
  ///
  /// Scaled blocks keep what they hold, for a kernel that writes every number: clearing millions of them takes as
  /// long as a tenth of a step.
  mutating func resetWideBlocks() {
    for (block, offset) in zip(blocks, offsets) {
      if case .wide = block.precision {
        for limb in offset..<offset + block.limbCount { limbs[limb] = 0 }
      }
    }
    for counter in limbs.count - 2 * blocks.count..<limbs.count { limbs[counter] = 0 }
  }

  /// The message as it travels: limbs, then the fault counters.
  mutating func withMessage<Result>(
    _ body: (UnsafeMutableBufferPointer<Int64>) throws -> Result
  ) rethrows -> Result {
    try limbs.withUnsafeMutableBufferPointer { try body($0) }
  }

  /// Adds another part of the same sums, from another thread's lanes.
  ///
  /// - Precondition: the same blocks.
  public mutating func add(_ other: PartialSums) {
    precondition(blocks == other.blocks, "partial sums of different things")
    limbs.withUnsafeMutableBufferPointer { mine in
      other.limbs.withUnsafeBufferPointer { theirs in
        for index in mine.indices { mine[index] &+= theirs[index] }
      }
    }
  }
}

extension PartialSums {
  /// Adds a block of other partial sums, with its faults, to a stretch of a block of the same precision.
  ///
  /// - Parameters:
  ///   - source: the other's block.
  ///   - start: the first number of the stretch.
  public mutating func add(
    _ source: Int, of other: PartialSums, to block: Int, at start: Int
  ) {
    let precision = other.blocks[source].precision
    precondition(precision == blocks[block].precision, "sums in different units")
    let (from, count) = (other.offsets[source], other.blocks[source].limbCount)
    let to = offsets[block] + start * (precision == .scaled ? 1 : 2)
    precondition(to + count <= offsets[block] + blocks[block].limbCount)
    for index in 0..<count { limbs[to + index] &+= other.limbs[from + index] }
    let theirs = other.limbs.count - 2 * (other.blocks.count - source)
    let mine = limbs.count - 2 * (blocks.count - block)
    for kind in 0..<2 { limbs[mine + kind] &+= other.limbs[theirs + kind] }
  }
}

// MARK: - Faults

extension PartialSums {
  /// The first block with a number that could not be summed; nil when every sum is good.
  var fault: SumFault? {
    for index in blocks.indices {
      let counters = limbs.count - 2 * (blocks.count - index)
      for (place, kind) in [SumFault.Kind.notFinite, .outOfRange].enumerated()
      where limbs[counters + place] != 0 {
        return SumFault(
          block: blocks[index].name, kind: kind, count: Int(limbs[counters + place]))
      }
    }
    return nil
  }

  /// Counts numbers of a block that a kernel could not hold.
  public mutating func countFaults(_ kind: SumFault.Kind, _ count: Int, in block: Int) {
    let counters = limbs.count - 2 * (blocks.count - block)
    limbs[counters + (kind == .notFinite ? 0 : 1)] &+= Int64(count)
  }
}

// MARK: - Double precision

extension PartialSums {
  /// Adds one lane's numbers to a wide block.
  ///
  /// - Precondition: as many numbers as the block has.
  /// - Complexity: about 2 ns a number, no allocation.
  public mutating func add(_ values: [Double], to block: Int) {
    precondition(values.count == blocks[block].count, "\(blocks[block].name): wrong count")
    values.withUnsafeBufferPointer { add($0, to: block, at: 0) }
  }

  /// Adds one number to a wide block.
  public mutating func add(_ value: Double, to block: Int, at index: Int = 0) {
    withUnsafePointer(to: value) {
      add(UnsafeBufferPointer(start: $0, count: 1), to: block, at: index)
    }
  }

  /// Adds numbers to a stretch of a wide block.
  public mutating func add(
    _ values: UnsafeBufferPointer<Double>, to block: Int, at start: Int
  ) {
    guard case .wide(let exponent) = blocks[block].precision else {
      preconditionFailure("\(blocks[block].name) is written by its kernel")
    }
    precondition(start >= 0 && start + values.count <= blocks[block].count)
    let toHigh = Double(sign: .plus, exponent: -exponent, significand: 1)
    let fromHigh = Double(sign: .plus, exponent: exponent, significand: 1)
    let toLow = Double(sign: .plus, exponent: 50 - exponent, significand: 1)
    // Adding and subtracting 1.5 · 2^52 rounds to the nearest integer, for |x| < 2^51.
    let magic = 0x1.8p52
    let limit = 0x1p50
    var notFinite = 0
    var outOfRange = 0
    let offset = offsets[block] + 2 * start
    var isHeld = true
    for value in values { isHeld = isHeld && (value * toHigh).magnitude < limit }
    limbs.withUnsafeMutableBufferPointer { limbs in
      guard isHeld else {
        for index in values.indices {
          let scaled = values[index] * toHigh
          guard scaled.magnitude < limit else {
            if values[index].isFinite { outOfRange += 1 } else { notFinite += 1 }
            continue
          }
          let high = (scaled + magic) - magic
          let rest = (values[index] - high * fromHigh) * toLow
          let low = (rest + magic) - magic
          limbs[offset + 2 * index] &+= Int64(high)
          limbs[offset + 2 * index + 1] &+= Int64(low)
        }
        return
      }
      // The same without a conversion: the last bits of 1.5 · 2^52 + n are those of n.
      let bits = magic.bitPattern
      for index in values.indices {
        let shifted = values[index] * toHigh + magic
        let rest = (values[index] - (shifted - magic) * fromHigh) * toLow
        let place = offset &+ 2 &* index
        limbs[place] &+= Int64(bitPattern: shifted.bitPattern &- bits)
        limbs[place &+ 1] &+= Int64(bitPattern: (rest + magic).bitPattern &- bits)
      }
    }
    if notFinite > 0 { countFaults(.notFinite, notFinite, in: block) }
    if outOfRange > 0 { countFaults(.outOfRange, outOfRange, in: block) }
  }

  /// The sums of a wide block, each rounded to double.
  func values(of block: Int) -> [Double] {
    guard case .wide(let exponent) = blocks[block].precision else {
      preconditionFailure("\(blocks[block].name) is read by its kernel")
    }
    let fromHigh = Double(sign: .plus, exponent: exponent, significand: 1)
    let fromLow = Double(sign: .plus, exponent: exponent - 50, significand: 1)
    let offset = offsets[block]
    return (0..<blocks[block].count).map { index in
      // A low limb of many lanes may exceed 53 bits; its excess belongs to the high limb.
      let low = limbs[offset + 2 * index + 1]
      let carry = low >> 50
      let high = limbs[offset + 2 * index] &+ carry
      return Double(high) * fromHigh + Double(low &- (carry << 50)) * fromLow
    }
  }
}

// MARK: - Kernels

extension PartialSums {
  /// The limbs of a block, for the kernel that writes them.
  public mutating func withLimbs<Result>(
    of block: Int, _ body: (UnsafeMutableBufferPointer<Int64>) throws -> Result
  ) rethrows -> Result {
    let range = offsets[block]..<offsets[block] + blocks[block].limbCount
    return try limbs.withUnsafeMutableBufferPointer { try body(.init(rebasing: $0[range])) }
  }
}

package import LinearAlgebra
import Modeling
package import Sums

/// The results of `body(0)` … `body(count − 1)`, in order; the threads share out the calls.
///
/// Local.
package func mapConcurrently<Result>(
  _ count: Int, on workers: Workers, _ body: (Int) -> Result
) -> [Result] {
  Array(unsafeUninitializedCapacity: count) { buffer, initialized in
    nonisolated(unsafe) let base = buffer.baseAddress
    workers.perform(count) { index in
      if let base { (base + index).initialize(to: body(index)) }
    }
    initialized = count
  }
}

extension PartialSums {
  /// Adds a block of other partial sums to a stretch of a block of the same kind, with its faults.
  ///
  /// Local.
  package mutating func addStretch(
    of part: inout PartialSums, block: Int, to target: Int, at start: Int
  ) {
    precondition(
      part.blocks[block].precision == blocks[target].precision, "sums in different units")
    let limbsEach = part.blocks[block].precision == .scaled ? 1 : 2
    let fault = part.fault(of: block)
    part.withLimbs(of: block) { limbs in
      withLimbs(of: target) { mine in
        for index in limbs.indices { mine[limbsEach * start + index] &+= limbs[index] }
      }
    }
    if fault.notFinite > 0 { countFaults(.notFinite, fault.notFinite, in: target) }
    if fault.outOfRange > 0 { countFaults(.outOfRange, fault.outOfRange, in: target) }
  }

  /// The fault counters of a block.
  private mutating func fault(of block: Int) -> (notFinite: Int, outOfRange: Int) {
    let blockCount = blocks.count
    return withMessage { limbs in
      let counters = limbs.count - 2 * (blockCount - block)
      return (Int(limbs[counters]), Int(limbs[counters + 1]))
    }
  }
}

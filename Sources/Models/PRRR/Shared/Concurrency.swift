package import LinearAlgebra

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

extension Workers {
  /// The results of `body(0)` … `body(count − 1)`, in that order; the threads share out the calls.
  ///
  /// Local.
  /// - Parameter body: runs on several threads at the same time.
  @inlinable
  public func map<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
    Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      nonisolated(unsafe) let base = buffer.baseAddress
      perform(count) { index in
        if let base { (base + index).initialize(to: body(index)) }
      }
      initialized = count
    }
  }

  /// The results of `body` for the indices 0 ..< `count` in stretches of `length`, the last one shorter, in that order.
  ///
  /// Local. The stretches do not depend on the number of threads.
  /// - Parameter body: runs on several threads at the same time.
  @inlinable
  public func map<Result>(
    _ count: Int, inStretchesOf length: Int, _ body: (Range<Int>) -> Result
  ) -> [Result] {
    map((count + length - 1) / length) { stretch in
      body(stretch * length..<min((stretch + 1) * length, count))
    }
  }
}

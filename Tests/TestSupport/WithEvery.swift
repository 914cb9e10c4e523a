/// Runs `body` with every pair of a value of each list.
public func withEvery<A, B>(
  _ first: some Sequence<A>, _ second: some Sequence<B>, _ body: (A, B) throws -> Void
) rethrows {
  let second = Array(second)
  for a in first {
    for b in second { try body(a, b) }
  }
}

/// Runs `body` with every triple of a value of each list.
public func withEvery<A, B, C>(
  _ first: some Sequence<A>, _ second: some Sequence<B>, _ third: some Sequence<C>,
  _ body: (A, B, C) throws -> Void
) rethrows {
  let third = Array(third)
  try withEvery(first, second) { a, b in
    for c in third { try body(a, b, c) }
  }
}

/// Runs `body` with every quadruple of a value of each list.
public func withEvery<A, B, C, D>(
  _ first: some Sequence<A>, _ second: some Sequence<B>, _ third: some Sequence<C>,
  _ fourth: some Sequence<D>, _ body: (A, B, C, D) throws -> Void
) rethrows {
  let fourth = Array(fourth)
  try withEvery(first, second, third) { a, b, c in
    for d in fourth { try body(a, b, c, d) }
  }
}

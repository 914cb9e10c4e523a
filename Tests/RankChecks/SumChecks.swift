import Collectives
import Glibc
import Modeling
import Sums

/// A pseudorandom word by key (splitmix64's finaliser): the same on every rank.
func word(_ key: UInt64) -> UInt64 {
  var state = key &* 0x9E37_79B9_7F4A_7C15 &+ 0x9E37_79B9_7F4A_7C15
  state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
  state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
  return state ^ (state >> 31)
}

/// Terms of one lane: over 50 binades, half of them cancelled by another lane.
private func terms(ofLane lane: Int, count: Int) -> [Double] {
  (0..<count).map { index in
    let key = word(UInt64(lane / 2) << 32 | UInt64(index))
    let magnitude = Double(key >> 11) * 0x1p-53 * exp2(Double(key % 50) - 25)
    let sign: Double = lane % 2 == 0 ? 1 : -1
    let rest = Double(word(key ^ UInt64(lane)) >> 11) * 0x1p-53 * 0x1p-30
    return sign * magnitude + rest
  }
}

/// Prints the bits of sums over 24 lanes; arguments: elements (1000), largest message (2^27).
let checkSum: Check = { arguments in
  Launcher.run { world in
    let count = arguments.first.flatMap { Int($0) } ?? 1000
    let cut = arguments.dropFirst().first.flatMap { Int($0) } ?? 1 << 27
    let everyone = world.cuttingMessages(at: cut)
    let laneCount = 24
    var partials = PartialSums([
      .wide("gradient", count: count), .scaled("weights", count: count), .wide("loss", count: 1),
    ])
    for lane in everyone.lanes(of: laneCount) {
      let values = terms(ofLane: lane, count: count)
      partials.add(values, to: 0)
      partials.withLimbs(of: 1) { limbs in
        for index in limbs.indices { limbs[index] &+= Int64(values[index] * 0x1p30) }
      }
      partials.add(values[0], to: 2)
    }
    var sums = try everyone.sum(consume partials)
    let gradient = sums.values(of: 0)
    let weights = sums.withLimbs(of: 1) { Array($0) }
    try everyone.expectSame(gradient, "the gradient")
    try everyone.expectSame(weights, "the weights")
    // The exact sum of the cancelling terms is the sum of the rests: within the resolution.
    let largest = gradient.map(\.magnitude).max() ?? 0
    try expect(largest < 24 * 0x1p-30 + 0x1p-50, "the terms did not cancel: \(largest)")
    let bits =
      gradient.map(\.bitPattern) + weights.map { UInt64(bitPattern: $0) }
      + [sums.value(of: 2).bitPattern]
    everyone.say(bits.map { String($0, radix: 16) }.joined(separator: " "))

    var spoiled = PartialSums([.wide("gradient", count: 2), .wide("loss", count: 1)])
    if everyone.rank == everyone.size - 1 { spoiled.add([1, .nan], to: 0) }
    var fault: SumFault?
    do throws(SumFault) { _ = try everyone.sum(consume spoiled) } catch { fault = error }
    try expect(
      fault == SumFault(block: "gradient", kind: .notFinite, count: 1),
      "one rank's NaN is not known to all: \(String(describing: fault))")
    return .success
  }
}

/// Maxima of ordinary and special numbers.
let checkMaximum: Check = { _ in
  Launcher.run { everyone in
    let rank = Double(everyone.rank)
    let last = Double(everyone.size - 1)
    let isLast = everyone.rank == everyone.size - 1
    var values = [rank, -rank, isLast ? .nan : 5, isLast ? .infinity : 0, -.infinity, -0.0 - rank]
    everyone.maximum(&values)
    try expect(values[0] == last && values[1] == 0, "found \(values)")
    try expect(values[2].isNaN, "NaN did not win: \(values)")
    try expect(values[3] == .infinity && values[4] == -.infinity, "found \(values)")
    try expect(values[5] == 0 && values[5].sign == .minus, "the sign of zero was lost: \(values)")
    try expect(everyone.maximum(-3) == -3, "the maximum of -3 everywhere is not -3")
    var none: [Double] = []
    everyone.maximum(&none)
    try expect(none.isEmpty, "maxima of nothing")
    return .success
  }
}

/// The counts and bytes of a known sequence of verbs.
let checkTraffic: Check = { _ in
  Launcher.run { everyone in
    try expect(everyone.traffic == Traffic(), "traffic before anything was sent")
    let partials = PartialSums([.wide("gradient", count: 100)])
    _ = try everyone.sum(partials)
    _ = try everyone.sum(partials)
    _ = everyone.maximum(1)
    var values: [Float] = everyone.isRoot ? [1, 2, 3] : []
    everyone.broadcast(&values)
    _ = everyone.allGather([UInt8](repeating: 0, count: everyone.rank))
    try everyone.agree(on: "nothing") {}
    everyone.barrierAsleep()
    var expected = Traffic()
    expected.sums = .init(calls: 2, bytes: 2 * 8 * (200 + 2))
    expected.maxima = .init(calls: 1, bytes: 8)
    expected.broadcasts = .init(calls: 1, bytes: 12)
    expected.gathers = .init(calls: 1, bytes: everyone.rank)
    expected.agreements = .init(calls: 1, bytes: 32)
    expected.barriers = .init(calls: 1, bytes: 0)
    try expect(everyone.traffic == expected, "found \(everyone.traffic)")
    everyone.say("\(everyone.traffic.total.calls) calls, \(everyone.traffic.total.bytes) bytes")
    return .success
  }
}

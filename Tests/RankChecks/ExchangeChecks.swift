import Collectives
import Foundation
import Modeling
import Sums

/// Arrays, texts and data from every root.
let checkBroadcast: Check = { _ in
  Launcher.run { world in
    let everyone = world.cuttingMessages(at: 7)
    for root in 0..<everyone.size {
      let isRoot = everyone.rank == root
      var numbers: [Int32] = isRoot ? (0..<100).map { $0 * 3 } : [1]
      everyone.broadcast(&numbers, from: root)
      try expect(numbers == (0..<100).map { $0 * 3 }, "found \(numbers)")
      var none: [Double] = isRoot ? [] : [1, 2]
      everyone.broadcast(&none, from: root)
      try expect(none.isEmpty, "found \(none)")
      var text = isRoot ? "Zelltyp: Körnerzelle" : "?"
      everyone.broadcast(&text, from: root)
      try expect(text == "Zelltyp: Körnerzelle", "found \(text)")
      var data = isRoot ? Data([1, 2, 3]) : Data()
      everyone.broadcast(&data, from: root)
      try expect(data == Data([1, 2, 3]), "found \(data)")
    }
    return .success
  }
}

/// Uneven parts, some empty, at every root and everywhere.
let checkGather: Check = { _ in
  Launcher.run { world in
    let everyone = world.cuttingMessages(at: 5)
    func part(of rank: Int) -> [Double] { (0..<(rank % 3) * 4).map { Double(rank * 100 + $0) } }
    let expected = (0..<everyone.size).map(part)
    for root in 0..<everyone.size {
      let parts = everyone.gather(part(of: everyone.rank), at: root)
      try expect(parts == (everyone.rank == root ? expected : nil), "at \(root): \(parts ?? [])")
    }
    try expect(everyone.allGather(part(of: everyone.rank)) == expected, "allGather")
    try expect(everyone.allGather([Int]()).allSatisfy(\.isEmpty), "gathering nothing")
    let texts = everyone.allGather(everyone.rank % 2 == 0 ? "ranq \(everyone.rank) é" : "")
    let expectedTexts = (0..<everyone.size).map { $0 % 2 == 0 ? "ranq \($0) é" : "" }
    try expect(texts == expectedTexts, "found \(texts)")
    let atRoot: [String]? = everyone.gather("\(everyone.rank)")
    try expect(
      atRoot == (everyone.isRoot ? (0..<everyone.size).map(String.init) : nil), "texts at rank 0")
    return .success
  }
}

/// Groups of even and odd ranks, in reversed order, and the groups of a node.
let checkSplit: Check = { _ in
  Launcher.run { everyone in
    for _ in 0..<3 {
      let group = everyone.split(color: everyone.rank % 2, key: -everyone.rank)
      let members = stride(from: everyone.rank % 2, to: everyone.size, by: 2).reversed()
      let ranks = group.allGather([everyone.rank]).joined()
      try expect(Array(ranks) == Array(members), "found \(Array(ranks))")
      try expect(group.size == members.count, "found \(group.size)")
      try expect(group.maximum(Double(everyone.rank)) == Double(members.first ?? -1), "maximum")
    }
    let node = everyone.splitByNode()
    try expect(node.size == everyone.size, "all ranks of the test run on one node")
    return .success
  }
}

/// Every rank uses at least one thread, and together not more than there are cores.
let checkThreads: Check = { _ in
  Launcher.run { everyone in
    let count = everyone.defaultThreadCount()
    try expect(count >= 1, "found \(count)")
    let counts = everyone.allGather([count]).joined()
    let cores = ProcessInfo.processInfo.activeProcessorCount
    try expect(counts.reduce(0, +) <= max(cores, everyone.size), "\(Array(counts)) on \(cores)")
    everyone.say("\(Launcher.nodeName): \(Array(counts))")
    try expect(Launcher.expectedRank == everyone.rank, "expected rank \(Launcher.expectedRank)")
    return .success
  }
}

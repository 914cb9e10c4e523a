import CDistfitMPI

extension Communicator {
  /// How many threads this rank should use: its fair share of the cores it may run on.
  ///
  /// Collective; may differ between ranks, which changes speed and never a bit.
  ///
  ///     threads = max(1, ⌊Σ over the cores c this rank may use of 1 / ranks of the node that may use c⌋)
  ///
  /// So 4 ranks unbound on 16 cores get 4 each, and 4 ranks that `mpirun` bound to 4 cores each get 4
  /// as well.
  public borrowing func defaultThreadCount() -> Int {
    let node = splitByNode()
    let mine = Self.allowedCores()
    let everyones = node.allGather(mine)
    return Self.threadCount(ofRank: node.rank, allowedCores: everyones)
  }

  /// The share of one rank of a node, given the cores that each of its ranks may use.
  package static func threadCount(ofRank rank: Int, allowedCores: [[Int32]]) -> Int {
    var users: [Int32: Int] = [:]
    for core in allowedCores.joined() { users[core, default: 0] += 1 }
    // Whole numbers, so that 3 cores shared by 3 ranks make exactly one: count by users of a core.
    var coresByUsers: [Int: Int] = [:]
    for core in allowedCores[rank] { coresByUsers[users[core, default: 1], default: 0] += 1 }
    let share = coresByUsers.sorted { $0.key < $1.key }
      .reduce(0.0) { $0 + Double($1.value) / Double($1.key) }
    return max(1, Int((share + 1e-9).rounded(.down)))
  }

  /// The numbers of the cores this process may run on.
  static func allowedCores() -> [Int32] {
    var cores = [UInt8](repeating: 0, count: 8192)  // the kernel's own largest (CONFIG_NR_CPUS)
    distfit_cores_allowed(&cores, Int32(cores.count))
    return cores.indices.filter { cores[$0] != 0 }.map(Int32.init)
  }
}

import Glibc

/// Whether the process may take the memory that it cannot do without.
enum MemoryLimit {
  /// What program and libraries take before any data: buffers of OpenBLAS and MPI.
  private static let least = 384 << 20
  /// The stack of a thread and the memory that the C library sets aside for it.
  private static let ofThread = 80 << 20

  /// What is wrong where a limit on the address space (`ulimit -v`) leaves too little; nil where there is no limit or
  /// enough.
  ///
  /// OpenBLAS tries for ever to get a buffer that the system refuses, and answers no signal meanwhile.
  static func complaint(threads: Int) -> String? {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0,
      limits.rlim_cur != rlim_t.max
    else { return nil }
    let needed = least + ofThread * threads
    let room = mmap(
      nil, needed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    if let room, room != MAP_FAILED {
      munmap(room, needed)
      return nil
    }
    return
      "the limit on memory (ulimit -v) of \(limits.rlim_cur >> 20) MB is too low: beside what it has already, the program needs \(needed >> 20) MB before any data. Raise it"
  }
}

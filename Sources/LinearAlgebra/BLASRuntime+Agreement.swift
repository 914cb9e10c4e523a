import Glibc
import Synchronization

extension BLASRuntime {
  /// Whether the ranks of a job had to agree on kernels, because their processors differ.
  private static let isAgreed = Mutex(false)

  static var hasAgreed: Bool { isAgreed.withLock(\.self) }

  /// The fastest kernels of OpenBLAS that all of these processors can run, by the kernels that each would use; nil where
  /// all would use the same.
  ///
  /// Products have other bits with other kernels, and ranks that compute the same thing must get the same bits. Beside
  /// each other stand kernels of one instruction set: SSE3, AVX, AVX2 with FMA, AVX-512.
  package static func commonCore(of cores: [String]) -> String? {
    guard Set(cores).count > 1 else { return nil }
    let sets: [(common: String, cores: Set<String>)] = [
      ("SkylakeX", ["skylakex", "cooperlake", "sapphirerapids"]), ("Haswell", ["haswell", "zen"]),
      ("Sandybridge", ["sandybridge"]),
    ]
    let places = cores.map { core in
      sets.firstIndex { $0.cores.contains(core.lowercased()) } ?? sets.count
    }
    let slowest = places.max() ?? sets.count
    return slowest < sets.count ? sets[slowest].common : "Prescott"
  }

  /// Goes over to other kernels in a process that has computed no product yet.
  ///
  /// Local. Does nothing where the library has none of that name, or was built for one processor only: ``current`` tells.
  package static func use(core: String) {
    typealias Step = @convention(c) () -> Void
    guard let library = dlopen(nil, RTLD_NOW), let quit = dlsym(library, "gotoblas_dynamic_quit"),
      let start = dlsym(library, "gotoblas_dynamic_init")
    else { return }
    setenv("OPENBLAS_CORETYPE", core, 1)
    // They choose by the variable, as when the library is loaded.
    unsafeBitCast(quit, to: Step.self)()
    unsafeBitCast(start, to: Step.self)()
    isAgreed.withLock { $0 = true }
  }
}

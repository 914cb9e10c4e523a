import COpenBLAS
public import Kernels

/// What the linear algebra library is and how it has been set: part of every run's record, because the bits
/// of a product depend on the kernel.
public struct BLASRuntime: Codable, Hashable, Sendable {
  /// The kernels OpenBLAS chose for this processor, such as `Haswell`.
  public let coreName: String
  /// OpenBLAS's own description: version, how it was built.
  public let configuration: String
  /// Who decided which kernels.
  public let coreChoice: CoreChoice
  /// Threads inside one call.
  public let threadCount: Int

  /// Makes every call run on the caller's thread alone and returns what is then in force.
  ///
  /// Local. To be called once, when the program starts, before the first product: the program has its own
  /// threads, and a product split among OpenBLAS's threads would have other bits.
  public static func useOneThread() -> BLASRuntime {
    openblas_set_num_threads(1)
    return current
  }

  /// What is in force now.
  public static var current: BLASRuntime {
    BLASRuntime(
      coreName: text(openblas_get_corename()), configuration: text(openblas_get_config()),
      coreChoice: coreChoice, threadCount: Int(openblas_get_num_threads()))
  }

  private static func text(_ characters: UnsafeMutablePointer<CChar>?) -> String {
    guard let characters else { return "unknown" }
    return String(cString: characters).split(separator: " ").joined(separator: " ")
  }

  /// The value `OPENBLAS_CORETYPE` should have, or `nil` where the library's own choice is right.
  ///
  /// OpenBLAS 0.3.21 (Debian 12) does not know newer processors and falls back to older kernels: 56–61
  /// Gflop/s instead of 84–105 on a machine with AVX-512. The library chooses when it is loaded, so the
  /// launcher sets the variable and starts the program again. A user's own setting wins.
  ///
  /// - Parameters:
  ///   - processor: where the program runs.
  ///   - reported: ``coreName``.
  ///   - userSetting: the present value of `OPENBLAS_CORETYPE`.
  public static func recommendedCoreType(
    for processor: Processor, reported: String, userSetting: String?
  ) -> String? {
    if let userSetting, !userSetting.isEmpty { return nil }
    let old = ["prescott", "core2", "nehalem", "sandybridge", "unknown", "generic", "barcelona"]
    let reported = reported.lowercased()
    let hasAVX512 = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"]
      .allSatisfy(processor.features.contains)
    if hasAVX512, old.contains(reported) || ["haswell", "zen"].contains(reported) {
      return "SkylakeX"
    }
    let hasAVX2 = ["avx2", "fma"].allSatisfy(processor.features.contains)
    return hasAVX2 && old.contains(reported) ? "Haswell" : nil
  }
}

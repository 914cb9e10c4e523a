import Glibc
import Kernels

extension BLASRuntime {
  /// Who decided which kernels OpenBLAS uses.
  public enum CoreChoice: String, Codable, Sendable {
    /// The library itself, when it was loaded.
    case library
    /// `OPENBLAS_CORETYPE`, set by the user.
    case user
    /// `OPENBLAS_CORETYPE`, set here because the library misjudged the processor.
    case program
    /// The ranks of a job together, because their processors differ.
    case ranks
  }

  /// Tells the program that it has set `OPENBLAS_CORETYPE` itself.
  private static let marker = "DISTFIT_CHOSE_CORETYPE"

  /// Who has decided in this process.
  static var coreChoice: CoreChoice {
    if hasAgreed { return .ranks }
    guard let setting = variable("OPENBLAS_CORETYPE"), !setting.isEmpty else { return .library }
    return setting == variable(marker) ? .program : .user
  }

  /// Starts the program again with the right kernels where OpenBLAS misjudges this processor; does nothing
  /// elsewhere.
  ///
  /// Local. To be called before MPI is started and before the first product: the process is replaced, and
  /// keeps its number, arguments, files and environment. It happens once: afterwards `OPENBLAS_CORETYPE` is
  /// set.
  public static func restartIfMisjudged() {
    let core = recommendedCoreType(
      for: .current, reported: current.coreName, userSetting: variable("OPENBLAS_CORETYPE"))
    if let core { restart(withCore: core) }
  }

  /// Starts the program again with these kernels, unless `OPENBLAS_CORETYPE` is set.
  ///
  /// Local. Returns if it is set, or if the system refuses.
  package static func restart(withCore core: String) {
    guard (variable("OPENBLAS_CORETYPE") ?? "").isEmpty else { return }
    setenv("OPENBLAS_CORETYPE", core, 1)
    setenv(marker, core, 1)
    fflush(nil)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
    // Refused: what is loaded stays, and the record must say so.
    unsetenv("OPENBLAS_CORETYPE")
    unsetenv(marker)
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}

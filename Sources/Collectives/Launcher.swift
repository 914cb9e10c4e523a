import CDistfitMPI
import Glibc
import LinearAlgebra

/// Starts MPI, runs the program on every rank, and ends it properly whatever happens.
public enum Launcher {
  /// Runs `body` with all ranks of the job and ends the process with its status.
  ///
  /// Collective.
  ///
  /// | The body | stderr | status |
  /// |---|---|---|
  /// | returns a status | | that one |
  /// | throws `CollectiveFailure` | one line, by rank 0 | 2 |
  /// | throws anything else | one line, by each rank that threw | 70, all ranks aborted |
  /// | is not run: nodes with different kernels of OpenBLAS that no choice makes the same | one line, by rank 0 | 2 |
  /// | is not run: another MPI's launcher started several processes that do not find each other | one line, by the first | 2 |
  ///
  /// An error that was not agreed upon never reaches `MPI_Finalize`: the other ranks may be waiting in a
  /// collective, and finalising would wait for them for ever.
  ///
  /// Without `mpirun` or `srun` there is one rank, and the program is the same. Where OpenBLAS misjudges the
  /// processor, the program first starts itself again with the right kernels.
  /// - Parameter failurePlan: a failure made on purpose, for tests.
  public static func run(
    failurePlan: FailurePlan? = nil, _ body: (borrowing Communicator) throws -> ExitStatus
  ) -> Never {
    prepareAlone()
    requireMemory()
    prepareEnvironment()
    let foreignLauncher = ForeignLauncher(environment)
    distfit_mpi_initialize()
    let world = distfit_mpi_world()
    let session = Session(worldRank: Int(distfit_mpi_rank(world)), failurePlan: failurePlan)
    let everyone = Communicator(handle: world, session: session, isOwned: false)
    if everyone.size == 1, let launcher = foreignLauncher {
      if launcher.rank == 0 { writeToStandardError("Error: \(launcher.message)\n") }
      distfit_mpi_finalize()
      exit(ExitStatus.failure.rawValue)
    }
    if let refusal = everyone.agreeOnKernels() {
      if everyone.isRoot { writeToStandardError("Error: \(refusal)\n") }
      fflush(nil)
      distfit_mpi_barrier(world)
      distfit_mpi_finalize()
      exit(ExitStatus.failure.rawValue)
    }
    // What is counted is what the program's work sends.
    everyone.counter.traffic = Traffic()
    let status: ExitStatus
    do {
      status = try body(everyone)
    } catch let failure as CollectiveFailure {
      if everyone.isRoot { writeToStandardError("Error: \(failure)\n") }
      status = .failure
    } catch {
      let place = everyone.size > 1 ? " (rank \(everyone.rank) of \(everyone.size))" : ""
      writeToStandardError("Error: \(error)\(place)\n")
      fflush(nil)
      if everyone.size > 1 { distfit_mpi_abort(ExitStatus.fault.rawValue) }
      exit(ExitStatus.fault.rawValue)
    }
    // Whoever ends first with a failure makes mpirun end the others: let all have written first.
    fflush(nil)
    distfit_mpi_barrier(world)
    distfit_mpi_finalize()
    exit(status.rawValue)
  }

  /// The rank that `mpirun` or `srun` will give this process, before MPI runs; 0 when started alone.
  ///
  /// Local. For what is said once without MPI: help, and complaints about arguments.
  public static var expectedRank: Int {
    for name in ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"] {
      if let rank = environment(name).flatMap({ Int($0) }) { return rank }
    }
    return 0
  }

  /// Gets a process ready that works alone, without MPI.
  ///
  /// Local. Where OpenBLAS misjudges the processor, the program starts itself again with the right kernels.
  /// OpenBLAS has one thread from then on.
  public static func prepareAlone() {
    BLASRuntime.restartIfMisjudged()
    _ = BLASRuntime.useOneThread()
  }

  /// How many processor cores this node has, whether or not this process may use them.
  ///
  /// Local.
  public static var presentCoreCount: Int { max(1, Int(distfit_cores_present())) }

  /// Ends the process where a limit leaves too little memory to begin.
  private static func requireMemory() {
    guard let complaint = MemoryLimit.complaint(threads: 1) else { return }
    if expectedRank == 0 { writeToStandardError("Error: \(complaint)\n") }
    exit(ExitStatus.failure.rawValue)
  }

  /// How many processor cores this process may use.
  ///
  /// Local.
  public static var coreCount: Int { max(1, Communicator.allowedCores().count) }

  /// The MPI library's description, such as "Open MPI v4.1.4, …".
  public static var libraryVersion: String {
    text(capacity: 8192, distfit_mpi_library_version)
  }

  /// The name of the node this rank runs on.
  ///
  /// Local; MPI must be running.
  public static var nodeName: String { text(capacity: 512, distfit_mpi_processor_name) }

  /// Settings of OpenMPI that are right for this start; the user's own win.
  private static func prepareEnvironment() {
    let launchers = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"]
    if launchers.allSatisfy({ environment($0) == nil }) {
      // Alone: no helper daemon, which would cost 0.2 s and outlive a kill.
      setenv("OMPI_MCA_ess_singleton_isolated", "1", 0)
      // One process needs no network; looking for fast ones takes a quarter of a second.
      setenv("OMPI_MCA_pml", "ob1", 0)
      // Nor a folder: all that start alone would share one, and whoever ends first removes it under the others.
      setenv("OMPI_MCA_orte_create_session_dirs", "false", 0)
    }
    let localSize = environment("OMPI_COMM_WORLD_LOCAL_SIZE").flatMap { Int($0) } ?? 1
    if localSize > Int(distfit_cores_present()) {
      // More ranks than cores: a waiting rank must let the others work (all-reduce 113 → 15 ms).
      setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0)
    }
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static func text(
    capacity: Int, _ fill: (UnsafeMutablePointer<CChar>?, Int32) -> Void
  ) -> String {
    var buffer = [CChar](repeating: 0, count: capacity)
    fill(&buffer, Int32(capacity))
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// Writes a line to standard error at once: unbuffered, whole, safe before an abort.
func writeToStandardError(_ text: String) {
  let bytes = Array(text.utf8)
  bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

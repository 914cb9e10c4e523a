/// A launcher that started several processes which this program's MPI does not join: each would believe itself
/// alone, do the whole work and race the others for one output.
///
/// | Launcher | What it sets | Remedy |
/// |---|---|---|
/// | `srun` without PMIx | `SLURM_STEP_NUM_TASKS`, `PMI_SIZE` with `pmi2` | `srun --mpi=pmix`, or `mpirun` inside the job |
/// | `mpiexec` of MPICH, Intel MPI, MVAPICH | `PMI_SIZE` | Open MPI's `mpirun` |
/// | any PMIx | `PMIX_RANK` beyond 0 | `mpirun` of the Open MPI that the program is linked with |
///
/// Open MPI's own `mpirun` sets `OMPI_COMM_WORLD_SIZE` and is believed, whatever stands around it.
struct ForeignLauncher: Equatable {
  /// How many processes it started; nil where it does not say.
  let processCount: Int?
  /// The variable that tells, with its value: `PMI_SIZE=4`.
  let sign: String
  /// Which of the processes this one is.
  let rank: Int
  private let isSlurm: Bool

  /// The launcher that an environment tells of, to be asked before MPI starts (which sets `PMIX_RANK` itself) and to be
  /// believed where MPI then finds this process alone; nil: none, all is well.
  init?(_ environment: @escaping (String) -> String?) {
    func number(_ name: String) -> Int? { environment(name).flatMap { Int($0) } }
    guard environment("OMPI_COMM_WORLD_SIZE") == nil else { return nil }
    isSlurm = environment("SLURM_STEP_NUM_TASKS") != nil
    rank =
      ["PMIX_RANK", "PMI_RANK", isSlurm ? "SLURM_PROCID" : "PMI_RANK"].lazy
      .compactMap(number).first ?? 0
    for name in ["PMI_SIZE", "SLURM_STEP_NUM_TASKS"] {
      if let count = number(name), count > 1 {
        (processCount, sign) = (count, "\(name)=\(count)")
        return
      }
    }
    guard let pmixRank = number("PMIX_RANK"), pmixRank > 0 else { return nil }
    (processCount, sign) = (nil, "PMIX_RANK=\(pmixRank)")
  }

  /// What is wrong and what to do, in one line.
  var message: String {
    let count =
      processCount.map { "\($0) processes were started" } ?? "several processes were started"
    let remedy =
      isSlurm
      ? "use srun --mpi=pmix, or mpirun inside the job (slurm/fit.sbatch)"
      : "use the mpirun of Open MPI, with which this program was built"
    return
      "\(count) (\(sign)) but MPI joins none of them: each would do the whole work and write the same output; \(remedy); for independent runs unset \(sign.prefix { $0 != "=" })"
  }
}

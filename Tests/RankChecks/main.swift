import Collectives

/// Checks that need several ranks: `mpirun -n 4 RankChecks sum`. What rank 0 prints is compared by
/// RankTests; what is wrong within one run ends the job.
let arguments = CommandLine.arguments.dropFirst()
guard let name = arguments.first, let check = checks[name] else {
  print("usage: RankChecks <\(checks.keys.sorted().joined(separator: "|"))> [argument …]")
  ExitStatus.usage.end()
}
check(Array(arguments.dropFirst()))

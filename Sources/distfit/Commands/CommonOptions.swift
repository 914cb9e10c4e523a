import ArgumentParser
import Collectives
import Fitting

/// Options that the commands on files share.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Replace the output if it exists.") var overwrite = false
  @Option(help: "Threads of each rank; the cores it may use unless given.") var threads: Int?
  @Flag(help: "Tell errors only.") var quiet = false
  @Flag(help: "Tell decisions, too.") var verbose = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more") }
  }

  func log(_ world: borrowing Communicator) -> ProgressLog {
    ProgressLog(
      level: quiet ? .quiet : verbose ? .verbose : .normal, isSpeaking: world.isRoot)
  }
}

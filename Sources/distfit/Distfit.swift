import ArgumentParser
import Foundation

/// The command line: `distfit <command> …`, alone or under mpirun.
@main
struct Distfit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distfit",
    abstract:
      "Fits latent-variable and graphical models to single-cell and population-genomics data.",
    discussion: """
      Runs on a laptop as it is, and on many processes or nodes under mpirun or srun; the result has the \
      same bits either way.
      """,
    version: distfitVersion,
    subcommands: [
      FitCommand.self, EmbedCommand.self, SampleCommand.self, DecodeCommand.self,
      EvaluateCommand.self, PredictCommand.self, PRRRCommand.self, InspectCommand.self,
      SimulateCommand.self, CheckCommand.self,
      PlanCommand.self, SweepCommand.self, TBLDACommand.self,
      MEDMAGMACommand.self,
    ]
  )

  /// Parses and runs; under mpirun only the first rank tells what is wrong with the words.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let rank =
        ProcessInfo.processInfo.environment["OMPI_COMM_WORLD_RANK"]
        ?? ProcessInfo.processInfo.environment["PMIX_RANK"] ?? "0"
      if rank == "0" { exit(withError: error) }
      // mpirun ends all ranks as soon as one has failed: the first rank has to have spoken by then.
      Thread.sleep(forTimeInterval: 2)
      Foundation.exit(exitCode(for: error).rawValue)
    }
  }
}

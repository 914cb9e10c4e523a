import Collectives
import Commands
import Fitting
import Foundation
import Modeling
import Storage

/// `distfit fit <model> data.h5ad --output fit.h5ad …`
struct FitCommand<Fitted: Model>: RankedCommand {
  typealias Options = FitOptions<Fitted>

  static var name: String { Fitted.name }
  static var summary: String { Fitted.summary }
  static var runFileMarks: [String: String] { ["model": Fitted.name] }

  static func run(
    _ options: FitOptions<Fitted>, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    do {
      return try options.job(output: options.output.path, overwrite: options.output.overwrite)
        .run(with: world, log: console.log, stop: .bySignals())
    } catch let failure as CollectiveFailure
      where failure.task == lockTask && failure.isPassing && isUnderSlurm
    {
      // A requeued job whose first copy still lives: let Slurm try again.
      console.log.error("\(failure.message); run it again")
      return .runAgain
    }
  }

  private static var isUnderSlurm: Bool {
    ProcessInfo.processInfo.environment["SLURM_JOB_ID"] != nil
  }
}

extension FitOptions {
  /// The fit as a job that writes to a file.
  ///
  /// - Parameters:
  ///   - resume: whether it continues from a checkpoint; nil: as the settings say.
  ///   - dropsForeign: whether checkpoints of other data make way.
  func job(
    output: String, overwrite: Bool, resume: Bool? = nil, dropsForeign: Bool = false
  ) -> FitJob<Fitted> {
    FitJob<Fitted>(
      data: source, companions: data.companions(for: model), configuration: model,
      output: OutputOptions(path: output, overwrite: overwrite),
      checkpoints: CheckpointOptions(
        folder: run.checkpoints ?? output + ".checkpoints",
        schedule: CheckpointSchedule(
          everyEpochs: run.checkpointEpochs, everyMinutes: run.checkpointMinutes),
        resume: resume ?? run.resume, dropsForeign: dropsForeign),
      run: RunOptions(
        threads: run.threads, scratch: run.scratch, programVersion: distfitVersion))
  }
}

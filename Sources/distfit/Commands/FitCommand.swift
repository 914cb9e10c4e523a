import Collectives
import Commands
import Fitting
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
    try options.job(output: options.output.path, overwrite: options.output.overwrite)
      .run(with: world, log: console.log, stop: .bySignals())
  }
}

extension FitOptions {
  /// The fit as a job that writes to a file.
  ///
  /// - Parameter resume: whether it continues from a checkpoint; nil: as the settings say.
  func job(output: String, overwrite: Bool, resume: Bool? = nil) -> FitJob<Fitted> {
    FitJob<Fitted>(
      data: data.source, companions: data.companions(for: model), configuration: model,
      output: OutputOptions(path: output, overwrite: overwrite),
      checkpoints: CheckpointOptions(
        folder: run.checkpoints ?? output + ".checkpoints",
        schedule: CheckpointSchedule(
          everyEpochs: run.checkpointEpochs, everyMinutes: run.checkpointMinutes),
        resume: resume ?? run.resume),
      run: RunOptions(
        threads: run.threads, scratch: run.scratch, programVersion: distfitVersion))
  }
}

import Collectives
import Fitting
import Glibc
import SixthModel
import Storage
import Synchronization

/// A fit of the sixth model as `distfit fit` makes it.
///
/// Arguments: the data, the fit, threads, steps after which it is asked to stop (0: never), `resume` or nothing.
let checkSixthModel: Check = { arguments in
  Launcher.run { world in
    guard arguments.count >= 4, let threads = Int(arguments[2]), let steps = Int(arguments[3])
    else { throw Unexpected(description: "data, fit, threads and steps are needed") }
    let asked = Mutex(0)
    let stop = StopRequest {
      asked.withLock { count in
        count += 1
        return steps > 0 && count >= steps ? SIGTERM : 0
      }
    }
    let job = FitJob<ProbabilisticPCA>(
      data: DataSource(arguments[0]), configuration: ProbabilisticPCA.Configuration(),
      output: OutputOptions(path: arguments[1], overwrite: false),
      checkpoints: CheckpointOptions(
        folder: arguments[1] + ".checkpoints",
        schedule: CheckpointSchedule(),
        resume: arguments.last == "resume"),
      run: RunOptions(threads: threads, programVersion: "of the tests"))
    let log = ProgressLog(level: .quiet, isSpeaking: world.isRoot)
    return try job.run(with: world, log: log, stop: stop)
  }
}

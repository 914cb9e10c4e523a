import ArgumentParser
import Fitting
import Modeling
import Storage

/// What `distfit fit` needs to know beside the model's settings.
struct FitOptions: ModelConfiguration {
  var input: String?
  var modality: String?
  var output: String?
  var overwrite = false
  var layer: String?
  var resume = false
  var checkpoints: String?
  var checkpointEpochs: Int?
  var checkpointMinutes: Double? = 10
  var scratch: String?
  var threads: Int?
  var quiet = false
  var verbose = false

  static var settings: [Setting<FitOptions>] {
    [
      .text(
        "input", \.input, "<file>",
        "The data: .h5ad, .h5mu, 10x .h5, MatrixMarket, or a table (.tsv, .csv, .gct); usually the first word."
      ),
      .text("modality", \.modality, "<name>", "The modality of an .h5mu file; none: the only one."),
      .text(
        "output", \.output, "<file>",
        "The fit file to write (.h5ad; .h5mu for models with genotypes)."),
      .flag("overwrite", \.overwrite, "Replace the output if it exists."),
      .text(
        "layer", \.layer, "<X|layers/NAME|raw/X|NAME>",
        "Where the values are; none: X if it holds counts, else layers/counts, else raw/X."),
      .flag(
        "resume", \.resume,
        "Continue from the newest checkpoint; start afresh if there is none. Any number of ranks may resume."
      ),
      .text(
        "checkpoints", \.checkpoints, "<folder>",
        "Where checkpoints are kept; none: beside the output, NAME.checkpoints."),
      .optionalInteger(
        "checkpoint-epochs", \.checkpointEpochs, in: 1...1_000_000,
        "Write a checkpoint every so many epochs; none: by time only."),
      .optionalNumber(
        "checkpoint-minutes", \.checkpointMinutes, in: 0.001...1e6,
        "Write a checkpoint every so many minutes; none: only when stopped."),
      .text(
        "scratch", \.scratch, "<folder>",
        "Where data are kept that a fit reads piece by piece (tblda --batch); none: beside the output."
      ),
      .optionalInteger(
        "threads", \.threads, in: 1...4096,
        "Threads of each rank; none: the processor cores it may use, shared by the ranks of its node."
      ),
      .flag("quiet", \.quiet, "Tell errors only."),
      .flag("verbose", \.verbose, "Tell every epoch and decision."),
    ]
  }
}

extension FitOptions {
  /// The data.
  var source: DataSource {
    DataSource(input ?? "", modality: modality, matrix: layer.map(MatrixSource.init))
  }

  /// Where and when the state is kept.
  func checkpointOptions(for output: String, resume: Bool) -> CheckpointOptions {
    CheckpointOptions(
      folder: checkpoints ?? output + ".checkpoints",
      schedule: CheckpointSchedule(
        everyEpochs: checkpointEpochs, everyMinutes: checkpointMinutes), resume: resume)
  }

  /// How it runs.
  var runOptions: RunOptions {
    RunOptions(threads: threads, scratch: scratch, programVersion: distfitVersion)
  }

  /// - Throws: `ValidationError` where a folder is named for data that stay in memory.
  func requireUse<Fitted: Model>(
    of model: Fitted.Type, _ configuration: Fitted.Configuration
  ) throws {
    guard scratch == nil || Fitted.keepsDataOnDisk(configuration) else {
      throw ValidationError(
        "--scratch: these data stay in memory; only fits of tblda by minibatches (--batch) keep them on disk"
      )
    }
  }
}

import Commands
import Modeling
import Storage

/// What `distfit fit` needs to know: data, output, how to run, and the model's settings.
struct FitOptions<Fitted: Model>: ModelConfiguration {
  var data = DataOptions<Fitted>()
  var selection = SelectionOptions()
  var output = WrittenFile()
  var run = FitRun()
  var model = Fitted.Configuration()

  static var settings: [Setting<Self>] {
    let output = WrittenFile.settings(
      "<fit.h5ad>", "The fit file to write (.h5ad; .h5mu for models of several modalities).")
    return settings(of: \.data, under: "THE RUN")
      + settings(of: \.selection, under: "CELLS AND GENES")
      + settings(of: \.output, output, under: "THE RUN")
      + settings(of: \.run, under: "THE RUN") + settings(of: \.model, under: "THE MODEL")
  }

  /// The data with what is selected of them.
  var source: DataSource {
    var source = data.source
    source.selection = selection.request
    return source
  }

  func validate() throws(SettingError) {
    try data.validate()
    try model.validate()
    guard run.scratch == nil || Fitted.keepsDataOnDisk(model) else {
      throw SettingError(
        "scratch", "these data stay in memory; only fits by minibatches keep them on disk")
    }
  }
}

/// How a fit is run: checkpoints, memory, threads.
struct FitRun: ModelConfiguration {
  var resume = false
  var checkpoints: String?
  var checkpointEpochs: Int?
  var checkpointMinutes: Double? = 10
  var scratch: String?
  var threads: Int?

  static var settings: [Setting<FitRun>] {
    [
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
        "Where data are kept that a fit reads piece by piece; none: beside the output."),
      .threads(\.threads),
    ]
  }
}

import Collectives
import Fitting
import Modeling
import Models
import Storage

/// A whole fit, from the file to the file, with a checkpoint after every epoch; arguments: model, input, output,
/// and the rank and the agreement that shall fail.
let checkFitWithFailure: Check = { arguments in
  let numbers = arguments.dropFirst(3).compactMap { Int($0) }
  let plan = numbers.count == 2 ? FailurePlan(rank: numbers[0], agreement: numbers[1]) : nil
  let files = Array(arguments[1...2])
  switch arguments[0] {
  case "dgd":
    fit(
      DGD.self, files, plan,
      [
        "latent": "3", "hidden": "8", "components": "3", "batch": "64", "epochs": "2",
        "frozen-epochs": "1", "embedding-steps": "2",
      ])
  case "prrr":
    fit(
      PRRR.self, files, plan,
      [
        "covariates": "group", "rank": "2", "tolerance": "0.5", "restarts": "1",
        "test-fraction": "0.2",
      ])
  default:
    fit(
      NonnegativePRRR.self, files, plan,
      ["covariates": "group", "rank": "2", "tolerance": "0.5", "restarts": "1"])
  }
}

private func fit<Fitted: Model>(
  _ type: Fitted.Type, _ files: [String], _ plan: FailurePlan?, _ settings: [String: String]
) {
  Launcher.run(failurePlan: plan) { everyone in
    var configuration = Fitted.Configuration()
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      try Fitted.Configuration.setting(named: name).set(value, in: &configuration)
    }
    let job = FitJob<Fitted>(
      data: DataSource(files[0]), configuration: configuration,
      output: OutputOptions(path: files[1], overwrite: false),
      checkpoints: CheckpointOptions(
        folder: files[1] + ".checkpoints", schedule: CheckpointSchedule(everyEpochs: 1),
        resume: false), run: RunOptions(threads: 1, programVersion: "1.0"))
    let status = try job.run(
      with: everyone, log: ProgressLog(level: .quiet, isSpeaking: everyone.isRoot),
      stop: .bySignals())
    everyone.say("\(everyone.agreementCount) agreements")
    return status
  }
}

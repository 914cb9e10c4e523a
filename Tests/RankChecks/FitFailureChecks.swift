import Collectives
import Fitting
import Models

/// A whole fit of DGD, from the file to the file, with a checkpoint after every epoch; arguments: input, output, and
/// the rank and the agreement that shall fail.
let checkFitWithFailure: Check = { arguments in
  let numbers = arguments.dropFirst(2).compactMap { Int($0) }
  let plan = numbers.count == 2 ? FailurePlan(rank: numbers[0], agreement: numbers[1]) : nil
  let (input, output) = (arguments[0], arguments[1])
  Launcher.run(failurePlan: plan) { everyone in
    var configuration = DGD.Configuration()
    configuration.latent = 3
    configuration.hidden = [8]
    configuration.components = 3
    configuration.batch = 64
    configuration.epochs = 2
    configuration.frozenEpochs = 1
    configuration.embeddingSteps = 2
    let job = FitJob<DGD>(
      input: input, source: nil, output: output, overwrite: false, resume: false,
      checkpointFolder: output + ".checkpoints",
      checkpoints: CheckpointSchedule(everyEpochs: 1), threads: 1,
      configuration: configuration, programVersion: "1.0")
    let status = try job.run(
      with: everyone, log: ProgressLog(level: .quiet, isSpeaking: everyone.isRoot),
      stop: .bySignals())
    everyone.say("\(everyone.agreementCount) agreements")
    return status
  }
}

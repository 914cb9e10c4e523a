import ArgumentParser
import Collectives
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit fit <model>`: one subcommand for every model of the list.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Fit a model to data.",
    discussion: "Settings are flags, or lines of a run file in YAML or JSON given with --config.",
    subcommands: allModels.map { fitCommand($0) })
}

private func fitCommand<Fitted: Model>(_ model: Fitted.Type) -> any ParsableCommand.Type {
  FitModelCommand<Fitted>.self
}

/// `distfit fit <model> data.h5ad --output fit.h5ad …`
struct FitModelCommand<Fitted: Model>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Fitted.name, abstract: Fitted.summary,
      usage: "distfit fit \(Fitted.name) <data.h5ad> --output <fit.h5ad> [settings]",
      discussion: """
        THE RUN
        \((SettingGroup<FitOptions>().help + genotypeHelp).joined(separator: "\n"))
          --config <file>
                  YAML or JSON with any of these names; flags win over it.

        THE MODEL
        \(SettingGroup<Fitted.Configuration>().help.joined(separator: "\n"))
        """)
  }

  private static var genotypeHelp: [String] {
    Fitted.self is any GenotypeModel.Type ? SettingGroup<GenotypeOptions>().help : []
  }

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    let options = SettingGroup<FitOptions>()
    let settings = SettingGroup<Fitted.Configuration>()
    let genotypes = SettingGroup<GenotypeOptions>()
    let groups: [any AnySettingGroup] = [options, settings]
    let arguments = try SettingArguments(
      words, into: Fitted.self is any GenotypeModel.Type ? groups + [genotypes] : groups,
      runFileKeys: [
        "model": { name in
          guard name == Fitted.name else {
            throw ValidationError("the run file is for model \(name), not \(Fitted.name)")
          }
        }
      ])
    var run = options.configuration
    try arguments.takeFile(
      into: &run.input, orExpression: genotypes.configuration.expression,
      for: "distfit fit \(Fitted.name)")
    guard let output = run.output else {
      throw ValidationError("the fit needs a name: --output fit.h5ad")
    }
    let configuration = settings.configuration
    try run.requireUse(of: Fitted.self, configuration)
    let genotypeInput = genotypes.configuration.input(for: configuration, of: Fitted.self)
    Launcher.run { world in
      let level: ProgressLog.Level = run.quiet ? .quiet : run.verbose ? .verbose : .normal
      let log = ProgressLog(level: level, isSpeaking: world.isRoot)
      let job = FitJob<Fitted>(
        data: run.source, companions: [genotypeInput].compactMap(\.self),
        configuration: configuration,
        output: OutputOptions(path: output, overwrite: run.overwrite),
        checkpoints: run.checkpointOptions(for: output, resume: run.resume), run: run.runOptions)
      return try job.run(with: world, log: log, stop: .bySignals())
    }
  }
}

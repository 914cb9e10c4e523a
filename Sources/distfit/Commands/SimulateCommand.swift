import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Modeling
import Models
import Storage

/// `distfit simulate <name> --output demo.h5ad …`: one subcommand for every simulator of the list.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Make data from a model with known parameters.",
    subcommands: allSimulators.map { simulateCommand($0) })
}

private func simulateCommand<Simulation: Simulator>(
  _ simulator: Simulation.Type
) -> any ParsableCommand.Type {
  SimulateModelCommand<Simulation>.self
}

/// What a simulation needs beside its own settings.
private struct SimulateOptions: ModelConfiguration {
  var output: String?
  var overwrite = false
  var threads: Int?

  static var settings: [Setting<SimulateOptions>] {
    [
      .text("output", \.output, "<file>", "The file to write (.h5ad)."),
      .flag("overwrite", \.overwrite, "Replace the output if it exists."),
      .optionalInteger("threads", \.threads, in: 1...4096, "Threads of each rank."),
    ]
  }
}

/// `distfit simulate <name>`
struct SimulateModelCommand<Simulation: Simulator>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Simulation.name, abstract: Simulation.summary,
      usage: "distfit simulate \(Simulation.name) --output <demo.h5ad> [settings]",
      discussion: (SettingGroup<SimulateOptions>().help
        + SettingGroup<Simulation.Configuration>().help).joined(separator: "\n"))
  }

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    let options = SettingGroup<SimulateOptions>()
    let settings = SettingGroup<Simulation.Configuration>()
    let arguments = try SettingArguments(words, into: [options, settings])
    if let word = arguments.positional.first {
      throw ValidationError("unexpected \"\(word)\"; distfit simulate takes no file to read")
    }
    guard let output = options.configuration.output else {
      throw ValidationError("the data need a name: --output demo.h5ad")
    }
    let (overwrite, threads) = (options.configuration.overwrite, options.configuration.threads)
    let configuration = settings.configuration
    Launcher.run { world in
      let simulator = try world.agree(on: "set up the simulation") {
        try Simulation(configuration)
      }
      let workers = Workers(threadCount: threads ?? world.defaultThreadCount())
      try SimulationWriter(path: output, overwrite: overwrite).write(
        rowCount: simulator.rowCount, columns: simulator.columns,
        columnMatrices: simulator.columnMatrices, kind: Simulation.values,
        uns: .group(["simulated": .string(Simulation.name), "truth": simulator.truth]),
        on: workers, with: world
      ) { simulator.rows($0) }
      if let simulator = simulator as? any GenotypeSimulator {
        let stem = output.hasSuffix(".h5ad") ? String(output.dropLast(5)) : output
        let (genotypes, ancestry) = simulator.genotypes
        try world.agree(on: "write the genotypes") {
          guard world.isRoot else { return }
          try PlinkWriter.write(genotypes, to: stem, overwrite: overwrite)
          try AncestryFile.write(ancestry, to: stem + ".ancestry.tsv", overwrite: overwrite)
        }
      }
      ProgressLog(level: .normal, isSpeaking: world.isRoot).note(
        "\(output): \(simulator.rowCount) × \(simulator.columns.count) simulated")
      return .success
    }
  }
}

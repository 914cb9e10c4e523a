import ArgumentParser
import Concurrency
import Fitting
import Foundation
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit plan <model> data.h5ad --ranks 8,32,128`: what a fit would take, without MPI.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract:
      "Memory, messages and time of a fit on any number of ranks, before anything is queued.",
    subcommands: allModels.compactMap { ($0 as? any PlannableModel.Type).map { planCommand($0) } })
}

private func planCommand<Planned: PlannableModel>(
  _ model: Planned.Type
) -> any ParsableCommand.Type {
  PlanModelCommand<Planned>.self
}

/// `distfit plan <model> data.h5ad`
struct PlanModelCommand<Planned: PlannableModel>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Planned.name, abstract: "Plan a fit of \(Planned.name).",
      usage: """
        distfit plan \(Planned.name) <data.h5ad> --ranks 8,32,128,512 [settings]
               distfit plan \(Planned.name) --cells 1300000 --genes 28000 --density 0.07 [settings]
        """,
      discussion: (SettingGroup<PlanOptions>().help + genotypeHelp + [
        "  (and the settings of fit \(Planned.name))"
      ])
      .joined(separator: "\n"))
  }

  private static var genotypeHelp: [String] {
    Planned.self is any GenotypeModel.Type ? SettingGroup<GenotypeOptions>().help : []
  }

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    let options = SettingGroup<PlanOptions>()
    let settings = SettingGroup<Planned.Configuration>()
    let genotypes = SettingGroup<GenotypeOptions>()
    let groups: [any AnySettingGroup] = [options, settings]
    let arguments = try SettingArguments(
      words, into: Planned.self is any GenotypeModel.Type ? groups + [genotypes] : groups)
    var input: String?
    let expression = genotypes.configuration.expression
    if options.configuration.shape == nil || !arguments.positional.isEmpty || expression != nil {
      try arguments.takeFile(
        into: &input, orExpression: expression, for: "distfit plan \(Planned.name)")
    }
    let (asked, configuration) = (options.configuration, settings.configuration)
    if input != nil, asked.cells != nil {
      throw ValidationError("give a file, or --cells and --genes, not both")
    }
    if input == nil, genotypes.configuration.genotypes != nil {
      throw ValidationError(
        "--genotypes goes with a file; without one give --variants and --donors")
    }
    let genotypeInput = genotypes.configuration.input(for: configuration, of: Planned.self)
    do {
      let shape = try asked.shape ?? shape(of: input ?? "", asked, configuration, genotypeInput)
      let ofGenotypes =
        shape.companions[GenotypeShape.self].map {
          $0.variantCount == 0
            ? "" : ", \($0.donorCount) donors × \($0.variantCount) variants"
        } ?? ""
      print(
        "\(shape.rowCount) cells × \(shape.columnCount) genes, \(shape.nonZeroCount) values\(ofGenotypes)"
      )
      for ranks in asked.ranks {
        PlanText.show(Planned.plan(configuration, shape, ranks: ranks), ranks)
      }
      if let timed = Planned.self as? any TimedModel.Type {
        try forecast(timed, configuration, shape, asked)
      }
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  /// Rows, columns and values of a file, and what annotates the rows.
  private func shape(
    of input: String, _ asked: PlanOptions, _ configuration: Planned.Configuration,
    _ genotypes: GenotypeInput?
  ) throws -> DataShape {
    var cache = CompanionCache()
    var shape = try DataShape.read(
      DataSource(input, modality: asked.modality, matrix: asked.layer.map(MatrixSource.init)),
      for: DataRequest(for: Planned.self, configuration),
      companions: [genotypes].compactMap(\.self), cache: &cache)
    if genotypes == nil { shape.companions[GenotypeShape.self] = asked.genotypes }
    return shape
  }

  /// Measures steps on this machine and shows what an epoch will take.
  private func forecast<Timed: TimedModel>(
    _ model: Timed.Type, _ configuration: Planned.Configuration, _ shape: DataShape,
    _ asked: PlanOptions
  ) throws {
    guard let configuration = configuration as? Timed.Configuration else { return }
    BLASRuntime.restartIfMisjudged()
    _ = BLASRuntime.useOneThread()
    let workers = Workers(threadCount: asked.threads)
    let ranks = [1] + asked.ranks.filter { $0 > 1 }
    let computing = try Timed.measuredEpochs(configuration, shape, ranks: ranks, on: workers)
    let plans = ranks.map { Timed.plan(configuration, shape, ranks: $0) }
    let addition = try Network.measuredAddition(bytes: plans[0].bytesPerStep)
    PlanText.showTimes(
      networks: asked.networks, threads: asked.threads, stepsPerEpoch: plans[0].stepsPerEpoch
    ) { network in
      ranks.indices.map {
        EpochForecast(
          plans[$0], ranks: ranks[$0], computing: computing[$0], over: network, addition: addition)
      }
    }
  }
}

import ArgumentParser
import Fitting
import Foundation
import Modeling
import Models
import Storage

/// `distfit plan <model> data.h5ad --ranks 8,32,128`: what a fit would take, without MPI.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Lanes, memory and messages per rank of a fit, before anything is queued.",
    subcommands: allModels.compactMap { ($0 as? any PlannableModel.Type).map { planCommand($0) } })
}

private func planCommand<Planned: PlannableModel>(
  _ model: Planned.Type
) -> any ParsableCommand.Type {
  PlanModelCommand<Planned>.self
}

/// What a plan needs beside the model's settings.
private struct PlanOptions: ModelConfiguration {
  var ranks = [1]
  var layer: String?

  static var settings: [Setting<PlanOptions>] {
    [
      .integers("ranks", \.ranks, in: 1...1_000_000, "Numbers of ranks to plan for."),
      .text("layer", \.layer, "<X|layers/NAME|raw/X>", "Where the values are."),
    ]
  }
}

/// `distfit plan <model> data.h5ad`
struct PlanModelCommand<Planned: PlannableModel>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Planned.name, abstract: "Plan a fit of \(Planned.name).",
      usage: "distfit plan \(Planned.name) <data.h5ad> --ranks 128 [settings]",
      discussion: (SettingGroup<PlanOptions>().help + [
        "  (and the settings of fit \(Planned.name))"
      ])
      .joined(separator: "\n"))
  }

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    let options = SettingGroup<PlanOptions>()
    let settings = SettingGroup<Planned.Configuration>()
    let arguments = try SettingArguments(words, into: [options, settings])
    var input: String?
    try arguments.takeFile(into: &input, for: "distfit plan \(Planned.name)")
    do {
      let file = try AnnDataFile(input ?? "")
      let source = options.configuration.layer.map(MatrixSource.init)
      let matrix =
        Planned.values(settings.configuration) == .counts
        ? try CountSource.matrix(of: file, asked: source).matrix
        : try file.matrix(source ?? .main)
      let shape = DataShape(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount, nonZeroCount: matrix.storedCount
      )
      print("\(shape.rowCount) cells × \(shape.columnCount) genes, \(shape.nonZeroCount) values")
      for ranks in options.configuration.ranks {
        show(Planned.plan(settings.configuration, shape, ranks: ranks), ranks)
      }
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  private func show(_ plan: FitPlan, _ ranks: Int) {
    let idle = max(0, ranks - plan.laneCount)
    print(
      "\(ranks) ranks: \(plan.laneCount) lanes, at most \((plan.laneCount + ranks - 1) / ranks) a rank"
        + (idle > 0 ? ", \(idle) ranks with nothing to do" : ""))
    for part in plan.memory {
      print(
        "  \(part.name.padding(toLength: 36, withPad: " ", startingAt: 0)) \(sizeText(part.bytes))")
    }
    print(
      "  memory of a rank                     \(sizeText(plan.memory.reduce(0) { $0 + $1.bytes }))")
    print(
      "  all-reduce of a step                 \(sizeText(plan.bytesPerStep)) in \(plan.messagesPerStep) messages, \(plan.stepsPerEpoch) steps an epoch, \(plan.epochs) epochs"
    )
  }
}

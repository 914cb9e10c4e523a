import Commands
import Foundation
import Modeling
import Models

/// The command line: `distfit <command> …`, alone or under mpirun.
@main
enum Distfit {
  static func main() {
    Program(
      CommandGroup(
        "distfit",
        "Fits latent-variable and graphical models to single-cell and population-genomics data.",
        discussion: """
          Runs on a laptop as it is, and on many processes or nodes under mpirun or srun; the result has the \
          same bits either way. Settings are words, or lines of a run file in YAML or JSON given with --config.
          """,
        forModels + [
          .command(EmbedCommand.self), .command(SampleCommand.self), .command(DecodeCommand.self),
          evaluateCommand(), .command(PredictCommand.self), .command(InspectCommand.self),
          .command(ConvertCommand.self), .command(SweepCommand.self),
        ] + allModels.compactMap { ($0 as? any CommandedModel.Type)?.commandTree }),
      version: distfitVersion
    ).main()
  }

  /// A group for everything that is done with a model by its name.
  private static var forModels: [CommandTree] {
    func fit<Fitted: Model>(_ model: Fitted.Type) -> CommandTree {
      .command(FitCommand<Fitted>.self)
    }
    func plan<Planned: PlannableModel>(_ model: Planned.Type) -> CommandTree {
      .command(PlanCommand<Planned>.self)
    }
    func check<Checked: CheckableModel>(_ model: Checked.Type) -> CommandTree {
      .command(CheckCommand<Checked>.self)
    }
    func simulate<Simulation: Simulator>(_ simulator: Simulation.Type) -> CommandTree {
      .command(SimulateCommand<Simulation>.self)
    }
    return [
      .group(CommandGroup("fit", "Fit a model to data.", allModels.map { fit($0) })),
      .group(
        CommandGroup(
          "plan",
          "Memory, messages and time of a fit on any number of ranks, before anything is queued.",
          allModels.compactMap { ($0 as? any PlannableModel.Type).map { plan($0) } })),
      .group(
        CommandGroup(
          "check", "Compare a model's gradients with finite differences on your own data.",
          allModels.map { check($0) })),
      .group(
        CommandGroup(
          "simulate", "Make data from a model with known parameters.",
          allSimulators.map { simulate($0) })),
    ]
  }
}

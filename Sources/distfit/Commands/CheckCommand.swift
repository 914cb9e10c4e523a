import ArgumentParser
import Collectives
import Fitting
import Foundation
import Modeling
import Models
import Storage

/// `distfit check <model> data.h5ad`: the gradient check on a user's own data.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare a model's gradients with finite differences on your own data.",
    subcommands: allModels.map { checkCommand($0) })
}

private func checkCommand<Checked: CheckableModel>(
  _ model: Checked.Type
) -> any ParsableCommand.Type {
  CheckModelCommand<Checked>.self
}

/// What a check needs beside the model's settings.
private struct CheckOptions: ModelConfiguration {
  var rows = 4
  var layer: String?
  var modality: String?

  static var settings: [Setting<CheckOptions>] {
    [
      .integer(
        "rows", \.rows, in: 1...1000, "Cells that the check goes over, the first of the file."),
      .text("layer", \.layer, "<X|layers/NAME|raw/X>", "Where the values are."),
      .text("modality", \.modality, "<name>", "The modality of an .h5mu file; none: the only one."),
    ]
  }
}

/// `distfit check <model> data.h5ad`
struct CheckModelCommand<Checked: CheckableModel>: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: Checked.name, abstract: "Check the gradients of \(Checked.name).",
      usage: "distfit check \(Checked.name) <data.h5ad> [settings]",
      discussion: (SettingGroup<CheckOptions>().help + [
        "  (and the settings of fit \(Checked.name))"
      ])
      .joined(separator: "\n"))
  }

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    let options = SettingGroup<CheckOptions>()
    let settings = SettingGroup<Checked.Configuration>()
    let arguments = try SettingArguments(words, into: [options, settings])
    var input: String?
    try arguments.takeFile(into: &input, for: "distfit check \(Checked.name)")
    let path = input ?? ""
    let (wanted, layer) = (options.configuration.rows, options.configuration.layer)
    let modality = options.configuration.modality
    let configuration = settings.configuration
    Launcher.run { world in
      let data = try FitData(
        of: DataSource(path, modality: modality, matrix: layer.map(MatrixSource.init)),
        as: DataRequest(for: Checked.self, configuration), laneCount: { max(1, $0 / wanted) },
        with: world)
      let comparisons = try world.agree(on: "check the gradients") {
        try data.rows.first.map {
          try Checked.check(configuration, data: data.summary, rows: $0)
        } ?? []
      }
      guard world.isRoot else { return .success }
      for comparison in comparisons {
        let verdict = comparison.passes ? "ok" : "WRONG"
        let name = comparison.block.padding(toLength: 36, withPad: " ", startingAt: 0)
        print(
          "\(name) \(verdict)  derivative \(comparison.derivative)  compared with \(comparison.difference)  error \(shortText(comparison.error))"
        )
      }
      return comparisons.allSatisfy(\.passes) ? .success : .notConverged
    }
  }
}

import ArgumentParser
import Fitting
import Foundation
import Modeling
import Models

/// `distfit evaluate fit.h5ad --labels cell_type`
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "How good a fit is: held-out likelihood and error, agreement with labels.",
    usage: "distfit evaluate <fit> [--output <figures.json>] [settings]",
    discussion: """
      Prints a table; --output <file> writes it as JSON, too. Further settings depend on the fit's model:

      """
        + allModels.compactMap { $0 as? any EvaluableModel.Type }.map { help($0) }.joined(
          separator: "\n"))

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    // Which settings there are depends on the file: the first word that names one that exists.
    guard
      let path = words.first(where: {
        !$0.hasPrefix("-") && FileManager.default.fileExists(atPath: $0)
      })
        ?? words.first(where: { !$0.hasPrefix("-") })
    else {
      throw ValidationError("distfit evaluate needs a fit to read")
    }
    do {
      let fitted = try FittedFile(path)
      let model = try fitted.model(among: allModels, ability: "be evaluated") {
        $0 as? any EvaluableModel.Type
      }
      try evaluate(model, fitted)
    } catch let error as ValidationError {
      throw error
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  private func evaluate<Fitted: EvaluableModel>(
    _ type: Fitted.Type, _ fitted: FittedFile
  ) throws {
    let options = SettingGroup<EvaluateOptions>()
    let settings = SettingGroup<Fitted.Evaluation>()
    let arguments = try SettingArguments(words, into: [options, settings])
    var file: String?
    try arguments.takeFile(into: &file, for: "distfit evaluate")
    let figures = try Fitted.evaluate(fitted.contents, settings.configuration)
    for figure in figures {
      print(
        figure.name.padding(toLength: max(32, figure.name.count), withPad: " ", startingAt: 0),
        shortText(figure.value))
    }
    if let output = options.configuration.output {
      // JSON has no NaN and no infinity: such figures are null.
      let object = Dictionary(
        figures.map { ($0.name, $0.value.isFinite ? $0.value as Any : NSNull()) },
        uniquingKeysWith: { first, _ in first })
      let data = try JSONSerialization.data(
        withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
      try data.write(to: URL(fileURLWithPath: output), options: .atomic)
    }
  }
}

/// What every evaluation takes.
private struct EvaluateOptions: ModelConfiguration {
  var output: String?

  static var settings: [Setting<EvaluateOptions>] {
    [.text("output", \.output, "<file>", "A JSON file for the figures.")]
  }
}

private func help<Fitted: EvaluableModel>(_ type: Fitted.Type) -> String {
  (["\(Fitted.name):"] + SettingGroup<Fitted.Evaluation>().help).joined(separator: "\n")
}

import Collectives
import Commands
import Fitting
import Foundation
import Modeling
import Models
import Storage

/// `distfit evaluate fit.h5ad …`: settings and figures are those of the fit's model.
struct EvaluateCommand<Fitted: EvaluableModel>: LocalCommand {
  static var name: String { "evaluate" }
  static var summary: String {
    "How good a fit is: held-out likelihood and error, agreement with labels."
  }
  static var printsResult: Bool { true }

  struct Options: ModelConfiguration {
    var fit = ""
    var output = OptionalFile()
    var evaluation = Fitted.Evaluation()

    static var settings: [Setting<Options>] {
      [.fit(\.fit)]
        + settings(
          of: \.output, OptionalFile.settings("<file>", "A JSON file for the figures, too."))
        + settings(of: \.evaluation)
    }

    func validate() throws(SettingError) { try evaluation.validate() }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let figures = try Fitted.evaluate(FittedFile(options.fit).contents, options.evaluation)
    let lines = figures.map { figure in
      figure.name.padding(toLength: max(32, figure.name.count), withPad: " ", startingAt: 0) + " "
        + shortText(figure.value) + (figure.remark.map { "   \($0)" } ?? "")
    }
    var report = Report()
    report.addRecord(
      "figures", figures.map { ($0.name, .number($0.value)) }, text: lines.joined(separator: "\n"))
    console.show(report)
    if let path = options.output.path {
      try AtomicFile.write(
        String(report.text(as: .json).dropLast()), to: path, overwrite: options.output.overwrite)
    }
    return .success
  }
}

/// The model is that of the fit.
func evaluateCommand() -> CommandTree {
  let models = allModels.compactMap { $0 as? any EvaluableModel.Type }
  return .choice(
    CommandChoice(models.map { kind($0) }) { words in
      guard let path = try words.first ?? words.text(of: "fit") else {
        throw UsageError("distfit evaluate needs a fit to read: distfit evaluate fit.h5ad")
      }
      let model = try FittedFile(path).model(among: allModels, ability: "be evaluated") {
        $0 as? any EvaluableModel.Type
      }
      return kind(model).command
    })
}

private func kind<Fitted: EvaluableModel>(_ model: Fitted.Type) -> CommandChoice.Kind {
  CommandChoice.Kind(Fitted.name, EvaluateCommand<Fitted>.self)
}

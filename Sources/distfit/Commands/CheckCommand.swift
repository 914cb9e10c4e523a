import Collectives
import Commands
import Fitting
import Foundation
import Modeling
import Storage

/// `distfit check <model> data.h5ad`: the gradient check on a user's own data.
struct CheckCommand<Checked: CheckableModel>: RankedCommand {
  static var name: String { Checked.name }
  static var summary: String { "Check the gradients of \(Checked.name)." }
  static var printsResult: Bool { true }
  static var runFileMarks: [String: String] { ["model": Checked.name] }

  struct Options: ModelConfiguration {
    var input = ""
    var place = ValuePlace()
    var rows = 4
    var model = Checked.Configuration()

    static var settings: [Setting<Options>] {
      [
        .word("input", \.input, "<data.h5ad>", "The data.").marked([.operand, .required, .input]),
        .integer(
          "rows", \.rows, in: 1...1000, "Cells that the check goes over, the first of the file."),
      ] + settings(of: \.place) + settings(of: \.model, under: "THE MODEL")
    }

    func validate() throws(SettingError) { try model.validate() }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let data = try FitData(
      of: options.place.source(options.input), as: DataRequest(for: Checked.self, options.model),
      laneCount: { max(1, $0 / options.rows) }, with: world)
    let comparisons = try world.agree(on: "check the gradients") {
      try data.rows.first.map {
        try Checked.check(options.model, data: data.summary, rows: $0)
      } ?? []
    }
    guard world.isRoot else { return .success }
    console.show(report(comparisons))
    return comparisons.allSatisfy(\.passes) ? .success : .notConverged
  }

  private static func report(_ comparisons: [GradientComparison]) -> Report {
    let lines = comparisons.map { comparison in
      let verdict = comparison.passes ? "ok" : "WRONG"
      let name = comparison.block.padding(toLength: 36, withPad: " ", startingAt: 0)
      return
        "\(name) \(verdict)  derivative \(comparison.derivative)  compared with \(comparison.difference)  error \(shortText(comparison.error))"
    }
    var report = Report()
    report.addTable(
      "gradients", columns: ["block", "passes", "derivative", "difference", "error"],
      rows: comparisons.map {
        [
          .text($0.block), .flag($0.passes), .number($0.derivative), .number($0.difference),
          .number($0.error),
        ]
      }, text: lines.joined(separator: "\n"))
    return report
  }
}

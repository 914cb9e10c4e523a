import Collectives
import Commands
import Concurrency
import Fitting
import Foundation
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit prrr rank-path counts.h5ad --covariates … --ranks 1..10 --output path.tsv`
struct RankPathCommand<Fitted: AssociationModel>: RankedCommand {
  static var name: String { "rank-path" }
  static var summary: String {
    "Fit a range of ranks and compare objective, held-out deviance and R²."
  }
  static var discussion: String {
    """
    A fifth of the samples is held out unless --test-fraction says otherwise. Suggested is the rank with \
    the smallest held-out deviance (rrr: the largest R² of the logarithms).
    """
  }
  static var printsResult: Bool { true }

  struct Options: ModelConfiguration {
    var data = DataOptions<Fitted>()
    var kind: String? = "prrr"
    var ranks = "1..10"
    var output = OptionalFile()
    var threads: Int?
    var model: Fitted.Configuration

    init() {
      model = Fitted.Configuration()
      // What is not held out cannot be compared.
      try? Fitted.Configuration.setting(named: "test-fraction").set(.number(0.2), in: &model)
    }

    static var settings: [Setting<Options>] {
      settings(of: \.data) + [
        .text(
          "model", \.kind, rankPathModels.map { $0.name }.joined(separator: "|"), "What is fitted."),
        .word("ranks", \.ranks, "<1..10|1,2,5>", "The ranks."),
      ]
        + settings(
          of: \.output, OptionalFile.settings("<file>", "A file for the table, too (.tsv)."))
        + [.threads(\.threads)] + settings(of: \.model)
    }

    func validate() throws(SettingError) {
      try data.validate()
      try model.validate()
      if rankList == nil { throw SettingError("ranks", "\(ranks) is neither 1..10 nor 1,2,5") }
    }

    /// The ranks in words as numbers; nil where they are none.
    var rankList: [Int]? {
      let ends = ranks.components(separatedBy: "..").map { Int($0) }
      if ends.count == 2, let first = ends[0], let last = ends[1], first >= 1, last >= first {
        return Array(first...last)
      }
      let list = ranks.split(separator: ",").map { Int($0) ?? 0 }
      return !list.isEmpty && list.allSatisfy { $0 >= 1 } ? list : nil
    }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let path = RankPath<Fitted>(
      input: FitInput(
        options.data.source, companions: options.data.companions(for: options.model)),
      configuration: options.model, ranks: options.rankList ?? [])
    let workers = Workers(threadCount: options.threads ?? world.defaultThreadCount())
    let lines = try path.run(with: world, on: workers, log: console.log)
    let status: ExitStatus = lines.contains(where: \.isFaulty) ? .notConverged : .success
    guard world.isRoot else { return status }
    var table = Report()
    table.addTable(
      "ranks", columns: ["rank"] + RankPath<Fitted>.figureNames, rows: lines.map(\.values))
    var report = table
    if let best = RankPath<Fitted>.suggestion(lines) {
      report.addRecord(
        "suggestion", ["rank": .integer(best)], text: "suggested rank: \(best)")
    }
    console.show(report)
    if let path = options.output.path {
      try AtomicFile.write(table.text(as: .text), to: path, overwrite: options.output.overwrite)
    }
    return status
  }
}

/// The models that have ranks.
private let rankPathModels: [any AssociationModel.Type] = [
  PRRR.self, NonnegativePRRR.self, GaussianRRR.self,
]

/// The model, which decides which other settings there are, is that of `--model`, by word or in the run file.
func rankPathCommand() -> CommandTree {
  func kind<Fitted: AssociationModel>(_ model: Fitted.Type) -> CommandChoice.Kind {
    CommandChoice.Kind(Fitted.name, RankPathCommand<Fitted>.self)
  }
  let kinds = rankPathModels.map { kind($0) }
  return .choice(
    CommandChoice(kinds) { words in
      let name = try words.text(of: "model") ?? kinds[0].name
      guard let kind = kinds.first(where: { $0.name == name }) else {
        throw UsageError(
          "--model: \"\(name)\" is not one of \(kinds.map(\.name).joined(separator: ", "))")
      }
      return kind.command
    })
}

extension RankPath.Line {
  /// The rank and the figures.
  fileprivate var values: [Report.Value] {
    [.integer(rank)]
      + figures.map { $0.isNaN ? .missing : .number($0, String(format: "%.8g", $0)) }
  }
}

/// Fits of one model with several ranks to the same rows.
private struct RankPath<Fitted: AssociationModel> {
  /// What is known of one rank.
  struct Line {
    let rank: Int
    /// In the order of the header; NaN where the model does not say.
    let figures: [Double]
    /// What is made small.
    let criterion: Double
    /// Whether the fit ended with numbers that are not finite: then there are no figures.
    var isFaulty: Bool { figures[0].isNaN }
  }

  let input: FitInput
  let configuration: Fitted.Configuration
  let ranks: [Int]

  /// What the figures of a line are.
  static var figureNames: [String] {
    [
      "objective", "held_out_deviance", "held_out_deviance_explained", "held_out_r_squared",
      "steps",
    ]
  }

  /// The rank of the smallest criterion; of equals the first.
  static func suggestion(_ lines: [Line]) -> Int? {
    lines.filter { !$0.criterion.isNaN }.min { $0.criterion < $1.criterion }?.rank
  }

  /// Reads once, fits each rank.
  ///
  /// Collective.
  func run(
    with world: borrowing Communicator, on workers: Workers, log: ProgressLog
  ) throws -> [Line] {
    let (data, summary) = try input.read(for: Fitted.self, configuration, with: world, log: log)
    func model(_ rank: Int) throws -> Fitted {
      var settings = configuration
      try Fitted.Configuration.setting(named: "rank").set(.integer(rank), in: &settings)
      try settings.validate()
      return try Fitted(settings, for: summary)
    }
    // A rank that is too high is known before the others are fitted.
    try world.agree(on: "set up the highest rank") { _ = try model(ranks.max() ?? 1) }
    return try ranks.map { rank in
      log.note("rank \(rank)")
      let model = try world.agree(on: "set up rank \(rank)") { try model(rank) }
      let lanes = try world.agree(on: "prepare the rows") { try data.rows.map(model.lane(from:)) }
      let loop = FitLoop(model, on: workers, log: log, checkpoints: CheckpointSchedule())
      switch try loop.run(FitState(shared: model.start(), lanes: lanes), among: world) {
      case .finished(let state, _), .interrupted(let state):
        return line(rank, model.sharedOutput(state.shared).parameters, state.stepCount)
      case .faulted(let state, let fault):
        log.warning("rank \(rank): \(fault); the table has no figures of it")
        return line(rank, .group([:]), state.stepCount)
      }
    }
  }

  private func line(_ rank: Int, _ parameters: StoredTree, _ steps: Int) -> Line {
    func number(_ path: String) -> Double {
      if case .number(let value)? = parameters.node(at: path) { value } else { .nan }
    }
    let deviance = number("held_out/deviance")
    let logarithmic = number("held_out/r_squared_log")
    return Line(
      rank: rank,
      figures: [
        number("objective"), deviance, number("held_out/deviance_explained"),
        logarithmic.isNaN ? number("held_out/r_squared") : logarithmic, Double(steps),
      ], criterion: deviance.isNaN ? -logarithmic : deviance)
  }
}

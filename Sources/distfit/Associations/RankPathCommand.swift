import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Foundation
import LinearAlgebra
import Modeling
import Models
import Storage

/// What a path of ranks needs beside the model's settings.
private struct RankPathOptions: ModelConfiguration {
  enum Kind: String, CaseIterable, Sendable {
    case prrr, rrr
    case nonnegative = "nn-prrr"
  }

  var model = Kind.prrr
  var ranks: String? = "1..10"
  var output: String?
  var overwrite = false
  var layer: String?
  var modality: String?
  var threads: Int?

  static var settings: [Setting<RankPathOptions>] {
    [
      .choice("model", \.model, "What is fitted."),
      .text("ranks", \.ranks, "<1..10|1,2,5>", "The ranks."),
      .text("output", \.output, "<file>", "A table of all ranks (TSV)."),
      .flag("overwrite", \.overwrite, "Replace the output if it exists."),
      .text("layer", \.layer, "<X|layers/NAME|raw/X|NAME>", "Where the counts are."),
      .text("modality", \.modality, "<name>", "The modality of an .h5mu file; none: the only one."),
      .optionalInteger("threads", \.threads, in: 1...4096, "Threads of each rank of MPI."),
    ]
  }

  /// The ranks in words as numbers.
  ///
  /// - Throws: `ValidationError`.
  func rankList() throws -> [Int] {
    let text = ranks ?? ""
    let ends = text.components(separatedBy: "..").map { Int($0) }
    if ends.count == 2, let first = ends[0], let last = ends[1], first >= 1, last >= first {
      return Array(first...last)
    }
    let list = text.split(separator: ",").map { Int($0) ?? 0 }
    guard !list.isEmpty, list.allSatisfy({ $0 >= 1 }) else {
      throw ValidationError("--ranks \(text) is neither 1..10 nor 1,2,5")
    }
    return list
  }
}

/// `distfit prrr rank-path counts.h5ad --covariates … --ranks 1..10 --output path.tsv`
struct RankPathCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "rank-path",
      abstract: "Fit a range of ranks and compare objective, held-out deviance and R².",
      usage: "distfit prrr rank-path <counts.h5ad> --covariates … --ranks 1..10 [settings]",
      discussion: (SettingGroup<RankPathOptions>().help + SettingGroup<GenotypeOptions>().help + [
        "  (and the settings of fit prrr, nn-prrr or rrr)", "",
        wrapped(
          "A fifth of the samples is held out unless --test-fraction says otherwise. Suggested is the rank with "
            + "the smallest held-out deviance (rrr: the largest R² of the logarithms).", indent: 2),
      ]).joined(separator: "\n"))
  }

  @Argument(parsing: .allUnrecognized, help: .hidden) var words: [String] = []

  func run() throws {
    // The model decides which other words there are.
    let place = words.lastIndex { $0 == "--model" || $0.hasPrefix("--model=") }
    let name = place.flatMap { place -> String? in
      words[place].contains("=")
        ? String(words[place].dropFirst(8))
        : words.indices.contains(place + 1) ? words[place + 1] : nil
    }
    switch name.flatMap(RankPathOptions.Kind.init) {
    case .nonnegative?: try run(NonnegativePRRR.self)
    case .rrr?: try run(GaussianRRR.self)
    default: try run(PRRR.self)
    }
  }

  private func run<Fitted: AssociationModel>(_ type: Fitted.Type) throws {
    let group = SettingGroup<RankPathOptions>()
    let settings = SettingGroup<Fitted.Configuration>()
    let genotypes = SettingGroup<GenotypeOptions>()
    let arguments = try SettingArguments(words, into: [group, settings, genotypes])
    var input: String?
    try arguments.takeFile(
      into: &input, orExpression: genotypes.configuration.expression,
      for: "distfit prrr rank-path")
    let options = group.configuration
    let ranks = try options.rankList()
    if !arguments.given.contains("test-fraction") {
      do { try settings.set("test-fraction", text: "0.2") } catch {
        throw ValidationError("\(error)")
      }
    }
    if let output = options.output, !options.overwrite,
      FileManager.default.fileExists(atPath: output)
    {
      throw ValidationError("\(output) is there already; --overwrite replaces it")
    }
    let path = RankPath<Fitted>(
      input: FitInput(
        DataSource(
          input ?? "", modality: options.modality, matrix: options.layer.map(MatrixSource.init)),
        companions: [genotypes.configuration.input(for: settings.configuration, of: Fitted.self)]
          .compactMap(\.self)),
      configuration: settings.configuration, ranks: ranks)
    Launcher.run { world in
      let workers = Workers(threadCount: options.threads ?? world.defaultThreadCount())
      let log = ProgressLog(level: .normal, isSpeaking: world.isRoot)
      let lines = try path.run(with: world, on: workers, log: log)
      let status: ExitStatus = lines.contains(where: \.isFaulty) ? .notConverged : .success
      guard world.isRoot else { return status }
      let header = RankPath<Fitted>.header
      print(([header] + lines.map(\.text)).joined(separator: "\n"))
      if let best = RankPath<Fitted>.suggestion(lines) { print("suggested rank: \(best)") }
      if let output = options.output {
        let text = ([header] + lines.map(\.text)).joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
      }
      return status
    }
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

    var text: String {
      (["\(rank)"] + figures.map { $0.isNaN ? "" : String(format: "%.8g", $0) }).joined(
        separator: "\t")
    }
  }

  let input: FitInput
  let configuration: Fitted.Configuration
  let ranks: [Int]

  static var header: String {
    "rank\tobjective\theld_out_deviance\theld_out_deviance_explained\theld_out_r_squared\tsteps"
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
    _ = BLASRuntime.useOneThread()
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

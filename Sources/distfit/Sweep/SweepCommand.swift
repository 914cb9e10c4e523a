import Collectives
import Commands
import Fitting
import Foundation
import Modeling
import Storage

/// `distfit sweep plan.yaml --output sweep/`: many fits from one plan.
struct SweepCommand: Command {
  static let name = "sweep"
  static let summary = "Fit all points of a plan."
  static let discussion = """
    A plan is YAML: settings of all points, and under "sweep:" the axes along which they differ: lists, ranges \
    (1..5, 0.1..0.5 by 0.1), datasets, chromosome-pairs, zip; include and exclude single points. Groups of \
    ranks take the next point when they are free, the longest first. Run it again to continue: finished points \
    are skipped. Each point has a folder under <output>/points; <output>/results.tsv is the table, --figure \
    draws it. --verbose tells the course of each fit, too.
    """
  static let printsResult = true

  typealias Options = SweepOptions

  static func start(_ invocation: Invocation<SweepCommand>) throws -> ExitStatus {
    let points = try invocation.options.points()
    guard !invocation.options.onlyLooks else {
      return try invocation.startAlone { try look(at: points, $0, $1) }
    }
    invocation.startOnAllRanks { try run(points, $0, $1, $2) }
  }

  // MARK: - Looking

  private static func look(
    at points: [SweepPoint], _ options: SweepOptions, _ console: Console
  ) throws -> ExitStatus {
    let folder = options.folder
    if let path = options.collect {
      try AtomicFile.write(
        SweepTable(points, in: folder).text, to: path, overwrite: options.overwrite)
    }
    if let path = options.figure {
      let figure = try SweepFigure(SweepTable(points, in: folder), measures: options.measures)
      try AtomicFile.write(figure.text, to: path, overwrite: options.overwrite)
    }
    var report = Report()
    if options.list { SweepList(points, ranksPerFit: options.ranksPerFit).add(to: &report) }
    if options.status || options.list && options.output != nil {
      let progress = try SweepProgress(points, in: folder)
      report.addRecord(
        "progress",
        [
          "points": .integer(points.count), "done": .integer(progress.done),
          "failed": .integer(progress.failed), "running": .integer(progress.running),
        ], text: progress.line)
      let changed = try ChangedPoints(points, in: folder)
      if !changed.isEmpty {
        report.addRecord("changed", [("points", .text(changed.line))], text: changed.line)
      }
    }
    if options.list || options.status { console.show(report) }
    return .success
  }

  // MARK: - Running

  private static func run(
    _ points: [SweepPoint], _ options: SweepOptions, _ console: Console,
    _ world: borrowing Communicator
  ) throws -> ExitStatus {
    let stop = StopRequest.bySignals()
    // The first rank of every group tells of its points.
    let log = ProgressLog(level: console.log.level, isSpeaking: true)
    let points = costed(points, options, world)
    let (folder, size) = (options.folder, options.ranksPerFit)
    let sweep = Sweep(
      points, in: folder, ranksPerFit: size, retryingFailures: options.retry,
      refittingChanged: options.refitChanged)
    let contents = FileContents()
    console.log.note(
      "\(points.count) points, \((world.size + size - 1) / size) groups of \(size) ranks")
    let level: ProgressLog.Level = log.level == .verbose ? .normal : .quiet
    let ending = try sweep.run(with: world, stop: stop, tell: { log.note($0) }) {
      point, place, group throws in
      let fit = SweepFit(point: point)
      // What the files hold before they are read: a change during the fit is a change.
      let before = group.isRoot ? SweepOutcome(.done).reading(fit.files(), contents) : nil
      let outcome = try fit.run(
        in: place, with: group, stop: stop, refitting: options.refitChanged, level: level)
      return before.map(outcome.readingSame(as:)) ?? outcome
    }
    let table = folder.root.appendingPathComponent("results.tsv").path
    try world.agree(on: "write the table") {
      if world.isRoot {
        try AtomicFile.write(SweepTable(points, in: folder).text, to: table, overwrite: true)
      }
    }
    console.log.note("\(ending.progress.line); the table is \(table)")
    if ending.isInterrupted { return .runAgain }
    return ending.progress.failed > 0 ? .failure : .success
  }

  /// The points with what they will cost, 1 where nothing can be told: one rank reads the sizes of the data.
  private static func costed(
    _ points: [SweepPoint], _ options: SweepOptions, _ world: borrowing Communicator
  ) -> [SweepPoint] {
    var sizes = CompanionCache()
    var costs: [Double] = []
    if world.isRoot {
      var known: [String: Double] = [:]
      costs = points.map { point in
        let key = SweepFit.key(of: point)
        if let cost = known[key] { return cost }
        let prediction = try? SweepFit(point: point).prediction(
          ranks: options.ranksPerFit, sizes: &sizes)
        known[key] = prediction?.cost ?? 1
        return prediction?.cost ?? 1
      }
    }
    world.broadcast(&costs)
    return zip(points, costs).map { point, cost in
      var point = point
      point.predictedCost = cost
      return point
    }
  }
}

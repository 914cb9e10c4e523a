import ArgumentParser
import Collectives
import Fitting
import Foundation
import Modeling

/// `distfit sweep plan.yaml --output sweep/`: many fits from one plan.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Fit all points of a plan.",
    discussion: """
      A plan is YAML: settings of all points, and under "sweep:" the axes along which they differ: lists, ranges \
      (1..5, 0.1..0.5 by 0.1), datasets, chromosome-pairs, zip; include and exclude single points. Groups of \
      ranks take the next point when they are free, the longest first. Run it again to continue: finished points \
      are skipped. Each point has a folder under <output>/points; <output>/results.tsv is the table, --figure \
      draws it.
      """)

  @Argument(help: "The plan (YAML).") var plan: String
  @Option(help: "The sweep's folder.") var output: String?
  @Option(help: "Ranks that fit one point together.") var ranksPerFit = 1
  @Flag(help: "Print the points with predicted memory and time, and end.") var list = false
  @Flag(help: "Print how far the sweep is, and end.") var status = false
  @Option(help: ArgumentHelp("Write the table as it is now, and end.", valueName: "results.tsv"))
  var collect: String?
  @Option(
    help: ArgumentHelp(
      "Draw --measures, each method's values over the data sets sorted, and end.",
      valueName: "figure.svg"))
  var figure: String?
  @Option(help: "Columns of the table to draw, such as assortativity,AMI.") var measures: String?
  @Flag(help: "Try failed points again.") var retry = false
  @Option(help: "Attempts at a point whose job dies or whose disk fails.") var attempts = 5
  @Option(
    help: "Seconds without a sign of life after which a claim made on another machine is void.")
  var claimTimeout = 120
  @Flag(help: "Tell errors only.") var quiet = false
  @Flag(help: "Tell the course of each fit, too.") var verbose = false

  func validate() throws {
    if ranksPerFit < 1 { throw ValidationError("--ranks-per-fit must be 1 or more") }
    if attempts < 1 { throw ValidationError("--attempts must be 1 or more") }
    if claimTimeout < 5 { throw ValidationError("--claim-timeout must be 5 or more") }
    if (figure == nil) != (measures == nil) {
      throw ValidationError("a figure needs both: --figure figure.svg --measures assortativity,AMI")
    }
    if output == nil, !list { throw ValidationError("the sweep needs a folder: --output sweep/") }
  }

  func run() throws {
    let points: [SweepPoint]
    do {
      points = try SweepPlanFile.read(plan).points()
    } catch let error as SweepError {
      throw ValidationError("\(plan): \(error)")
    }
    if status || collect != nil || figure != nil {
      try report(points)
    } else if list {
      try printList(points)
    } else {
      start(points)
    }
  }

  private func folder() -> SweepFolder {
    SweepFolder(
      path: output ?? "", attempts: attempts, claimTimeout: .seconds(claimTimeout))
  }

  private func report(_ points: [SweepPoint]) throws {
    do {
      if let collect { try SweepTable(points, in: folder()).write(to: collect) }
      if let figure {
        let names = (measures ?? "").split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        try SweepFigure(SweepTable(points, in: folder()), measures: names).write(to: figure)
      }
      if status { print(try SweepProgress(points, in: folder()).line) }
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  /// The predicted costs of the points; 1 where nothing can be told.
  private func costs(_ points: [SweepPoint]) -> [Double] {
    var sizes = CompanionCache()
    return points.map { point in
      let prediction = try? SweepFit(point: point).prediction(ranks: ranksPerFit, sizes: &sizes)
      return prediction?.cost ?? 1
    }
  }

  private func printList(_ points: [SweepPoint]) throws {
    var sizes = CompanionCache()
    var refusals: [String] = []
    let predicted = points.map { point in
      var prediction: SweepPrediction?
      var refusal = ""
      do {
        try SweepFit(point: point).check()
        prediction = try SweepFit(point: point).prediction(ranks: ranksPerFit, sizes: &sizes)
      } catch let error as ValidationError {
        refusal = "\trefused: \(error.message)"
      } catch {
        refusal = "\tcannot be fitted: \(error)"
      }
      refusals.append(refusal)
      return (point: point, prediction: prediction)
    }
    var forecast = SweepForecast()
    let times = forecast.times(of: predicted)
    print("point\ttime\tmemory of a rank\tsettings")
    for (index, (point, prediction)) in predicted.enumerated() {
      let time = times[index]?.text ?? "?"
      let memory = prediction.map { sizeText($0.bytes) } ?? "?"
      let words = point.arguments.joined(separator: " ")
      let failure = forecast.failures[point.name].map { "\tcannot be fitted: \($0)" } ?? ""
      print("\(point.name)\t\(time)\t\(memory)\t\(words)\(refusals[index])\(failure)")
    }
    print(total(times.compactMap { $0?.seconds }, of: points.count))
    if output != nil { print(try SweepProgress(points, in: folder()).line) }
  }

  /// The last line of the list.
  private func total(_ seconds: [Double], of pointCount: Int) -> String {
    var parts = ["\(pointCount) points"]
    if !seconds.isEmpty {
      parts.append(
        "\(seconds.count) of them \(timeText(seconds.reduce(0, +))) one after another")
    }
    for groups in [2, 8, 32, 128] where groups < seconds.count {
      parts.append("\(timeText(makespan(of: seconds, groups: groups))) in \(groups) groups")
    }
    return parts.joined(separator: ", ")
      + "; time is that of computing the planned epochs on \(ranksPerFit == 1 ? "a rank" : "\(ranksPerFit) ranks") of a machine like this, ~: scaled from a point of like cost"
  }

  private func start(_ points: [SweepPoint]) {
    Launcher.run { world in
      let stop = StopRequest.bySignals()
      let log = ProgressLog(level: quiet ? .quiet : .normal, isSpeaking: true)
      // One rank reads the sizes of the data; costs are the same for all then.
      var points = points
      var costs = world.isRoot ? self.costs(points) : []
      world.broadcast(&costs)
      for index in points.indices { points[index].predictedCost = costs[index] }
      let folder = folder()
      let sweep = Sweep(
        points, in: folder, ranksPerFit: ranksPerFit, retryingFailures: retry)
      if world.isRoot {
        log.note(
          "\(points.count) points, \((world.size + ranksPerFit - 1) / ranksPerFit) groups of \(ranksPerFit) ranks"
        )
      }
      let ending = try sweep.run(with: world, stop: stop, tell: { log.note($0) }) {
        point, place, group throws in
        try SweepFit(point: point).run(
          in: place, with: group, stop: stop, level: verbose ? .normal : .quiet)
      }
      let table = folder.root.appendingPathComponent("results.tsv").path
      try world.agree(on: "write the table") { () throws(SweepError) in
        if world.isRoot { try SweepTable(points, in: folder).write(to: table) }
      }
      if world.isRoot { log.note("\(ending.progress.line); the table is \(table)") }
      if ending.isInterrupted { return .runAgain }
      return ending.progress.failed > 0 ? .failure : .success
    }
  }
}

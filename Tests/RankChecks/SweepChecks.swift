import Collectives
import Fitting
import Foundation
import Modeling
import Sums

/// A sweep of simulated work: points that sleep for a random time of their own, some that fail.
///
/// Arguments: folder, points, ranks per fit, mean milliseconds of a point, claim timeout in seconds. Rank 0
/// prints the sweep's progress and, with "measure" as a further argument, how near it came to the shortest
/// possible time and how much memory it took; with "full-disk" every eleventh point meets a full disk twice.
/// Each attempt that is not measured leaves a line in the point's file "attempts".
let checkSweep: Check = { arguments in
  let numbers = arguments.dropFirst().prefix(4).compactMap { Int($0) }
  guard numbers.count == 4 else {
    print("sweep FOLDER POINTS RANKS-PER-FIT MILLISECONDS TIMEOUT [measure]")
    ExitStatus.usage.end()
  }
  let (pointCount, ranksPerFit, mean) = (numbers[0], numbers[1], Double(numbers[2]) / 1000)
  let isMeasuring = arguments.contains("measure")
  let meetsFullDisk = arguments.contains("full-disk")
  Launcher.run { everyone in
    let stop = StopRequest.bySignals()
    var points = try SweepPlan(
      common: [.init("model", .text("simulated"))],
      axes: [.init("point", (0..<pointCount).map { .integer($0) })]
    ).points()
    // Between 0.1 and 1.9 of the mean, without a pattern in the order.
    let seconds = points.indices.map { mean * (0.1 + 1.8 * Double($0 * 7919 % 1009) / 1008) }
    for index in points.indices { points[index].predictedCost = seconds[index] }
    let sweep = Sweep(
      points,
      in: SweepFolder(path: arguments[0], claimTimeout: .seconds(numbers[3])),
      ranksPerFit: ranksPerFit)
    let rank = everyone.rank
    everyone.barrierAsleep()
    let start = ContinuousClock.now
    var (first, worked, last) = (0.0, 0.0, 0.0)
    let ending = try sweep.run(with: everyone, stop: stop, tell: { _ in }) {
      point, folder, group throws in
      guard case .integer(let index)? = point.value(of: "point") else { return .init(.failed) }
      try group.agree(on: "fit") { () throws(any Error) in
        let attempt =
          group.isRoot && !isMeasuring ? addLine("rank \(rank)", to: folder + "/attempts") : 1
        if meetsFullDisk, index % 11 == 10, group.isRoot, attempt < 3 {
          throw FullDisk()
        }
        if index % 13 == 12 { throw Unexpected(description: "point \(index) is made to fail") }
      }
      let begin = start.duration(to: .now).seconds
      Thread.sleep(forTimeInterval: seconds[index])
      last = start.duration(to: .now).seconds
      first = worked == 0 ? begin : first
      worked += last - begin
      let result = group.maximum(Double(index * index))
      return SweepOutcome(.done, measures: [.init("square", result)])
    }
    if isMeasuring {
      let groups = (everyone.size + ranksPerFit - 1) / ranksPerFit
      let work = points.indices.filter { $0 % 13 != 12 }.map { seconds[$0] }
      let ideal = max(work.reduce(0, +) / Double(groups), work.max() ?? 0)
      let taken = start.duration(to: .now).seconds
      let parts = everyone.allGather([first, last - first - worked, taken - last, worked])
      let means = (0..<4).map { part in
        shortText(parts.reduce(0) { $0 + $1[part] } / Double(parts.count))
      }
      everyone.say(
        "\(groups) groups, ideal \(shortText(ideal)) s, taken \(shortText(taken)) s, \(shortText(100 * ideal / taken)) %, at most \(largestMemory() / 1024) MB a rank; a rank's mean: \(means[0]) s before its first point, \(means[1]) s between points, \(means[2]) s after its last, \(means[3]) s in points"
      )
    }
    everyone.say(ending.progress.line)
    return ending.isInterrupted ? .runAgain : .success
  }
}

/// What a write to a full disk throws.
private struct FullDisk: SystemFailure, CustomStringConvertible {
  var systemCode: Int32 { ENOSPC }
  var description: String { "fit.h5ad: \(String(cString: strerror(ENOSPC)))" }
}

/// Adds a line to a file and returns how many it has then.
private func addLine(_ line: String, to path: String) -> Int {
  let file = open(path, O_RDWR | O_CREAT | O_APPEND, 0o644)
  defer { close(file) }
  let bytes = Array((line + "\n").utf8)
  _ = write(file, bytes, bytes.count)
  let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  return text.split(separator: "\n").count
}

/// The most memory this process has held, in kilobytes.
private func largestMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss
}

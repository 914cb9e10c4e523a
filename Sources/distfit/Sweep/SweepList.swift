import Commands
import Fitting
import Foundation

/// The points of a sweep with what each will take, before anything runs.
struct SweepList {
  private let ranksPerFit: Int
  private var rows: [[Report.Value]] = []
  private var seconds: [Double] = []

  /// Reads the sizes of the data and measures steps.
  init(_ points: [SweepPoint], ranksPerFit: Int) {
    self.ranksPerFit = ranksPerFit
    var sizes = CompanionCache()
    var refusals: [String?] = []
    var known: [String: (prediction: SweepPrediction?, refusal: String?)] = [:]
    let predicted = points.map { point in
      let key = SweepFit.key(of: point)
      if let (prediction, refusal) = known[key] {
        refusals.append(refusal)
        return (point: point, prediction: prediction)
      }
      var prediction: SweepPrediction?
      do {
        try SweepFit(point: point).check()
        prediction = try SweepFit(point: point).prediction(ranks: ranksPerFit, sizes: &sizes)
        refusals.append(nil)
      } catch let error as UsageError {
        refusals.append("refused: \(error)")
      } catch {
        refusals.append("cannot be fitted: \(error)")
      }
      known[key] = (prediction, refusals.last ?? nil)
      return (point: point, prediction: prediction)
    }
    var forecast = SweepForecast()
    let times = forecast.times(of: predicted)
    seconds = times.compactMap { $0?.seconds }
    for (index, (point, prediction)) in predicted.enumerated() {
      let failure = forecast.failures[point.name].map { "cannot be fitted: \($0)" }
      rows.append([
        .text(point.name), times[index].map { .number($0.seconds, $0.text) } ?? .text("?"),
        prediction.map { .number(Double($0.bytes), sizeText($0.bytes)) } ?? .text("?"),
        .text(point.arguments.joined(separator: " ")), .init(refusals[index] ?? failure),
      ])
    }
  }

  /// Adds the table and its sum.
  func add(to report: inout Report) {
    let columns = ["point", "time", "memory of a rank", "settings"]
    let lines = rows.map { row in
      row.map(\.words).filter { !$0.isEmpty }.joined(separator: "\t")
    }
    report.addTable(
      "points", columns: columns + ["problem"], rows: rows,
      text: ([columns.joined(separator: "\t")] + lines).joined(separator: "\n"))
    report.addRecord(
      "total",
      [
        "points": .integer(rows.count), "timed": .integer(seconds.count),
        "seconds": .number(seconds.reduce(0, +)),
      ], text: total)
  }

  private var total: String {
    var parts = ["\(rows.count) points"]
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
}

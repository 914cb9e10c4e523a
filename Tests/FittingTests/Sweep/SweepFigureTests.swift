import Fitting
import Foundation
import Testing

/// What is drawn of a sweep's table.
struct SweepFigureTests {
  private let header = [
    "point", "model", "values", "method", "components", "input", "curvature", "status", "attempts",
    "seconds", "ranks", "AMI", "ARI", "message",
  ]

  /// Three methods on two data sets; values go with the data, components and curvature follow from the method.
  private var table: SweepTable {
    var rows: [[String]] = []
    for (input, values, shift) in [("a<b.h5ad", "", 0.1), ("c&d.h5ad", "reals", 0.4)] {
      for (model, method, components, curvature, score) in [
        ("medmagma", "", "", "minus", 0.2), ("gmgm", "gmgm", "1000", "", 0.5),
        ("gmgm", "single-axis", "", "", -0.3),
      ] {
        let isDone = method != "single-axis" || input.hasPrefix("a")
        rows.append([
          "p", model, values, method, components, input, curvature, isDone ? "done" : "failed",
          "1", "1.0", "1", isDone ? "\(score + shift)" : "", "", "",
        ])
      }
    }
    return SweepTable(header: header, rows: rows)
  }

  @Test func methodsAreWhatDiffersOnOneDataSet() throws {
    let figure = try SweepFigure(table, measures: ["AMI"])
    #expect(figure.methods == ["gmgm gmgm", "medmagma", "gmgm single-axis"])
    let panel = try #require(figure.panels.first)
    #expect(panel.curves.map(\.values.count) == [2, 2, 1])
    #expect(panel.curves[0].values == [0.5 + 0.4, 0.5 + 0.1])
  }

  @Test func everyMethodHasALineAndEveryValueAPoint() throws {
    let text = try SweepFigure(table, measures: ["AMI", "AMI"]).text
    #expect(text.components(separatedBy: "<circle ").count == 1 + 10)
    #expect(text.components(separatedBy: "<polyline ").count == 1 + 6)
    #expect(text.hasSuffix("</svg>\n"))
  }

  @Test func namesAreWrittenSafely() throws {
    let rows = ["x<1", "y&2"].map { name in
      ["p", "m", "", name, "", "one", "", "done", "1", "1.0", "1", "3", "", ""]
    }
    let text = try SweepFigure(SweepTable(header: header, rows: rows), measures: ["AMI"]).text
    #expect(text.contains(">x&lt;1<") && text.contains(">y&amp;2<"))
  }

  @Test func whatIsNotThereIsSaid() {
    #expect(throws: SweepError.self) { try SweepFigure(table, measures: ["AMIX"]) }
    #expect(throws: SweepError.self) { try SweepFigure(table, measures: ["ARI"]) }
  }
}

import ArgumentParser
import Fitting
import Foundation
import LinearAlgebra
import Metrics
import Modeling
import Models
import Storage

/// `distfit evaluate fit.h5ad --labels cell_type`
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "How good a fit is: held-out likelihood and error, agreement with labels.",
    discussion: """
      Likelihood and error are means over the cells of each part of the split, per count. ARI, NMI and AMI \
      compare the components with the labels, silhouette the labels with the representations. Prints a table; \
      --output writes it as JSON, too.
      """)

  @Argument(help: "The fit (.h5ad).") var fit: String
  @Option(help: "A column of obs with the true classes.") var labels: String?
  @Option(help: "A JSON file for the figures.") var output: String?

  func run() throws {
    do {
      let figures = try evaluate()
      for (name, value) in figures {
        print(name.padding(toLength: 32, withPad: " ", startingAt: 0), shortText(value))
      }
      if let output {
        let object = Dictionary(uniqueKeysWithValues: figures)
        let data = try JSONSerialization.data(
          withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
        try data.write(to: URL(fileURLWithPath: output), options: .atomic)
      }
    } catch {
      FileHandle.standardError.write(Data("Error: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  private func evaluate() throws -> [(String, Double)] {
    let fitted = try FittedFile(fit)
    let losses = try fitted.numbers("dgd_negative_log_likelihood")
    let errors = try fitted.numbers("dgd_squared_error")
    guard case .categories(let uses, let names, _)? = fitted.rows["distfit_split"] else {
      throw ModelError("\(fit): obs/distfit_split is missing: is this a fit?")
    }
    var figures: [(String, Double)] = []
    for (code, name) in names.enumerated() {
      let rows = uses.indices.filter { uses[$0] == Int32(code) }
      guard !rows.isEmpty else { continue }
      let count = Double(rows.count)
      figures += [
        ("\(name) cells", count),
        ("\(name) NLL per cell", rows.reduce(0) { $0 + losses[$1] } / count),
        (
          "\(name) NLL per count",
          rows.reduce(0) { $0 + losses[$1] } / count / Double(fitted.columns.count)
        ),
        ("\(name) RMSE", (rows.reduce(0) { $0 + errors[$1] } / count).squareRoot()),
      ]
    }
    if case .categories(let components, _, _)? = fitted.rows["dgd_component"] {
      figures.append(("components occupied", Double(Set(components).count)))
      if let labels {
        figures += try agreement(fitted, labels, components, uses, names)
      }
    }
    return figures
  }

  private func agreement(
    _ fitted: FittedFile, _ labels: String, _ components: [Int32], _ uses: [Int32],
    _ useNames: [String]
  ) throws -> [(String, Double)] {
    guard let column = fitted.rows[labels], let classes = column.asCategories else {
      let names = fitted.rows.columns.map(\.name)
      let hint = nearestName(to: labels, among: names).map { "; did you mean \($0)?" } ?? ""
      throw ModelError("\(fit): obs has no column of classes named \(labels)\(hint)")
    }
    let labelled = classes.codes.indices.filter { classes.codes[$0] >= 0 }
    func table(_ rows: [Int]) -> ContingencyTable {
      ContingencyTable(
        truth: rows.map { Int(classes.codes[$0]) }, prediction: rows.map { Int(components[$0]) })
    }
    let all = table(labelled)
    let information = MutualInformation(all)
    var figures = [
      ("ARI", adjustedRandIndex(all)), ("NMI", information.normalized),
      ("AMI", information.adjusted), ("matched accuracy", matchedAccuracy(all)),
    ]
    for (code, name) in useNames.enumerated() {
      let rows = labelled.filter { uses[$0] == Int32(code) }
      if rows.count > 1 { figures.append(("ARI of \(name) cells", adjustedRandIndex(table(rows)))) }
    }
    let array = try fitted.file.array("obsm/X_dgd")
    // The silhouette compares all pairs: at most 5 000 cells, evenly spaced.
    let stride = max(1, labelled.count / 5000)
    let chosen = labelled.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    let width = array.shape[1]
    let points = Matrix(
      rowCount: chosen.count, columnCount: width,
      elements: chosen.flatMap { array.values[$0 * width..<($0 + 1) * width] })
    figures.append(
      (
        "silhouette of labels",
        meanSilhouette(points, labels: chosen.map { Int(classes.codes[$0]) })
      ))
    return figures
  }
}

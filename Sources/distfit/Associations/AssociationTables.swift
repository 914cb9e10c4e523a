import Fitting
import Foundation
import LinearAlgebra
import Modeling
import Models
import Probability

/// The tables of `distfit prrr associate`.
struct AssociationTables {
  let fit: AssociationFit
  let genes: [String]
  let markerCount: Int
  /// Half the width of an interval in standard deviations.
  let z: Double
  /// Over all factors, strongest first.
  let strongest: [Association]
  /// Of each factor; empty at full rank.
  let ofFactors: [[Association]]
  /// For each covariate the genes that it raises most, and those it lowers most.
  let markers: [AssociationFit.Markers]

  init(fit: AssociationFit, genes: [String], top: Int, markerCount: Int, level: Double) {
    self.fit = fit
    self.genes = genes
    self.markerCount = markerCount
    let z = normalQuantile(0.5 + level / 2)
    self.z = z
    (strongest, markers) = fit.search(top, markerCount: markerCount, z: z)
    ofFactors =
      fit.isFullRank
      ? [] : (0..<fit.factorCount).map { fit.strongest(top, factor: $0, z: z) }
  }

  private var names: [String] { fit.design.names }

  // MARK: - On the screen

  /// Covariates whose markers are printed; of more, such as variants, they are for a file.
  private static let printingLimit = 100

  /// The strongest pairs and the markers of each covariate.
  var summary: String {
    var lines = ["covariate\tgene\teffect\tfrom\tto"]
    lines += strongest.map { line($0, columns: []) }
    guard names.count <= Self.printingLimit else {
      let note =
        "the genes that each of \(names.count) covariates raises most: --output FOLDER writes markers.tsv"
      return (lines + ["", note]).joined(separator: "\n")
    }
    lines += ["", "covariate\tgenes it raises most"]
    for (name, genes) in zip(names, markers) {
      lines.append("\(name)\t\(genes.raised.map { self.genes[$0.gene] }.joined(separator: " "))")
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ association: Association, columns: [String]) -> String {
    let interval = association.interval(z: z)
    return
      (columns + [
        names[association.covariate], genes[association.gene], text(association.effect),
        interval.map { text($0.lowerBound) } ?? "", interval.map { text($0.upperBound) } ?? "",
      ]).joined(separator: "\t")
  }

  private func text(_ value: Double) -> String { String(format: "%.4g", value) }

  // MARK: - Files

  /// Writes the tables.
  ///
  /// - Parameter note: told what is left out.
  /// - Throws: `StorageError`-like errors of the file system; `ModelError` where the folder is there already.
  func write(
    to folder: String, coefficients: Bool, overwrite: Bool, note: (String) -> Void
  ) throws {
    let root = URL(fileURLWithPath: folder)
    if FileManager.default.fileExists(atPath: folder), !overwrite {
      throw ModelError("\(folder) is there already; --overwrite writes into it")
    }
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    func write(_ lines: [String], _ name: String) throws {
      let text = lines.joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: root.appendingPathComponent(name), options: .atomic)
    }
    let head = "covariate\tgene\teffect\tfrom\tto"
    try write(
      ["factor\trank\t\(head)"] + ranked(strongest, "all")
        + ofFactors.enumerated().flatMap { ranked($1, "\($0 + 1)") }, "associations.tsv")
    try write(
      ["direction\trank\t\(head)"]
        + markers.flatMap { ranked($0.raised, "raised") + ranked($0.lowered, "lowered") },
      "markers.tsv")
    if !fit.isFullRank {
      try write(factorLines, "factors.tsv")
      for factor in 0..<fit.factorCount {
        try write(rankLines(factor), "factor_\(factor + 1).rnk")
      }
    }
    if fit.covariateCount > Self.clusteringLimit {
      note(
        "\(fit.covariateCount) covariates are too many to be clustered (at most \(Self.clusteringLimit)): no covariate_order.tsv"
      )
    } else if fit.covariateCount > 1 {
      let tree = AverageLinkage(try fit.covariatePoints())
      try write(
        ["position\tcovariate"] + tree.order.enumerated().map { "\($0 + 1)\t\(names[$1])" },
        "covariate_order.tsv")
      try write(
        ["left\tright\theight\tcount"]
          + tree.merges.map { "\($0.left)\t\($0.right)\t\(text($0.height))\t\($0.count)" },
        "covariate_tree.tsv")
    }
    if coefficients { try writeCoefficients(to: root.appendingPathComponent("coefficients.tsv")) }
  }

  /// A line a gene as they come: with thousands of covariates the table is larger than the memory.
  private func writeCoefficients(to file: URL) throws {
    let partial = file.appendingPathExtension("partial")
    try Data(((["gene"] + names).joined(separator: "\t") + "\n").utf8).write(to: partial)
    let handle = try FileHandle(forWritingTo: partial)
    try handle.seekToEnd()
    try fit.forEachGene { gene, effects in
      let line = ([genes[gene]] + effects.map(text)).joined(separator: "\t") + "\n"
      try handle.write(contentsOf: Data(line.utf8))
    }
    try handle.close()
    _ = try? FileManager.default.removeItem(at: file)
    try FileManager.default.moveItem(at: partial, to: file)
  }

  /// The most covariates that are clustered: it takes a square matrix.
  private static let clusteringLimit = 5000

  private func ranked(_ associations: [Association], _ word: String) -> [String] {
    associations.enumerated().map { line($1, columns: [word, "\($0 + 1)"]) }
  }

  private var factorLines: [String] {
    let strengths = fit.factorStrengths
    return ["factor\tstrength\tcovariates\tgenes_up\tgenes_down"]
      + (0..<fit.factorCount).map { factor in
        let u = fit.covariateLoadings.column(factor)
        let v = fit.geneLoadings.column(factor)
        let covariates = u.indices.sorted { u[$0].magnitude > u[$1].magnitude }.prefix(8).map {
          "\(names[$0]) (\(text(u[$0])))"
        }
        func top(_ sign: Double) -> String {
          v.indices.filter { sign * v[$0] > 0 }.sorted { sign * v[$0] > sign * v[$1] }
            .prefix(markerCount).map { genes[$0] }.joined(separator: " ")
        }
        return [
          "\(factor + 1)", text(strengths[factor]), covariates.joined(separator: ", "), top(1),
          top(-1),
        ].joined(separator: "\t")
      }
  }

  /// Genes by loading, as GSEA's pre-ranked lists.
  private func rankLines(_ factor: Int) -> [String] {
    let v = fit.geneLoadings.column(factor)
    let order = v.indices.sorted { v[$0] == v[$1] ? $0 < $1 : v[$0] > v[$1] }
    return order.map { "\(genes[$0])\t\(v[$0])" }
  }
}

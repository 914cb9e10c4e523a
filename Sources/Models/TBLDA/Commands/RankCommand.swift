import Collectives
import Commands
import Fitting
import Foundation
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit tblda rank fit.h5ad --top 0.1 --output ranks.tsv`
struct RankCommand: LocalCommand {
  static let name = "rank"
  static let summary = "The genes and variants that tell each topic from the others."
  static let discussion = """
    Genes by the mean 2-Wasserstein distance between the posterior of their share in the topic and those in \
    all others; variants by what a regression on their frequency leaves of their frequency in the topic. \
    Gives feature, topic, rank, name and score, a line each; --rnk writes all scores of each topic as \
    ranked lists for enrichment programs, too.
    """
  static let printsResult = true

  struct Options: ModelConfiguration {
    var fit = ""
    var output = OptionalFile()
    var top = 0.1
    var rnk: String?
    var threads: Int?

    static var settings: [Setting<Options>] {
      let output = OptionalFile.settings(
        "<file>", "The table to write, .tsv or .tsv.gz; none: standard output.")
      return [.fit(\.fit)] + settings(of: \.output, output) + [
        .number(
          "top", \.top, in: Double.leastNonzeroMagnitude...1,
          "The fraction of features that rank in each topic."),
        .text(
          "rnk", \.rnk, "<folder>",
          "A folder for ranked lists (.rnk), a file for each topic and kind."),
        .threads(\.threads),
      ]
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let posterior = try TBLDAFitFile(options.fit)
    let genes = geneScores(posterior.genes, on: .local(options.threads))
    let variants = variantResiduals(
      counted: posterior.counted, other: posterior.other, frequencies: posterior.frequencies)
    var rows: [[Report.Value]] = []
    for (kind, scores, names) in [
      ("gene", genes, posterior.geneNames), ("variant", variants, posterior.variantNames),
    ] {
      for topic in 0..<scores.rowCount {
        let row = Array(scores.row(topic))
        let ranked = topFeatures(row.map(abs), fraction: options.top)
        rows += ranked.enumerated().map { place, index in
          [
            .text(kind), .integer(topic + 1), .integer(place + 1), .text(names[index]),
            .number(row[index]),
          ]
        }
        if let folder = options.rnk {
          try writeList(
            to: "\(folder)/\(kind)-topic\(topic + 1).rnk", row, names,
            overwrite: options.output.overwrite)
        }
      }
    }
    try console.show(
      rows, columns: ["feature", "topic", "rank", "name", "score"], or: options.output)
    console.log.note(
      "\(options.output.path ?? options.fit): \(genes.rowCount) topics, \(genes.columnCount) genes, \(variants.columnCount) variants"
    )
    return .success
  }

  /// All features of a topic, largest score first.
  private static func writeList(
    to path: String, _ scores: [Double], _ names: [String], overwrite: Bool
  ) throws {
    let writer = try TableWriter(path, header: ["# name", "score"], overwrite: overwrite)
    for index in topFeatures(scores, fraction: 1) {
      try writer.append([names[index], "\(scores[index])"])
    }
    try writer.finish()
  }
}

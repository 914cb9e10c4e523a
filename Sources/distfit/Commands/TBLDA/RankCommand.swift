import ArgumentParser
import Collectives
import Concurrency
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit tblda rank fit.h5ad --top 0.1 --output ranks.tsv`
struct RankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rank", abstract: "The genes and variants that tell each topic from the others.",
    discussion: """
      Genes by the mean 2-Wasserstein distance between the posterior of their share in the topic and those in \
      all others; variants by what a regression on their frequency leaves of their frequency in the topic. \
      Writes feature, topic, rank, name and score, a line each; --rnk writes all scores of each topic as \
      ranked lists for enrichment programs, too.
      """)

  @Argument(help: "A fit of TBLDA.") var fit: String
  @Option(help: "The table to write, .tsv or .tsv.gz; none: standard output.") var output: String?
  @Option(help: "The fraction of features that rank in each topic.") var top = 0.1
  @Option(help: "A folder for ranked lists (.rnk), a file for each topic and kind.") var rnk:
    String?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try common.validate()
    if !(top > 0 && top <= 1) { throw ValidationError("--top must lie between 0 and 1") }
  }

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      let workers = Workers(threadCount: common.threads ?? world.defaultThreadCount())
      try world.agree(on: "rank the features of \(fit)") {
        guard world.isRoot else { return }
        let writer = try TableWriter(
          output, header: ["feature", "topic", "rank", "name", "score"],
          overwrite: common.overwrite)
        let posterior = try TBLDAFitFile(fit)
        let genes = geneScores(posterior.genes, on: workers)
        let variants = variantResiduals(
          counted: posterior.counted, other: posterior.other, frequencies: posterior.frequencies)
        for (kind, scores, names) in [
          ("gene", genes, posterior.geneNames), ("variant", variants, posterior.variantNames),
        ] {
          for topic in 0..<scores.rowCount {
            let row = Array(scores.row(topic))
            let ranked = topFeatures(row.map(abs), fraction: top)
            for (place, index) in ranked.enumerated() {
              try writer.append([
                kind, "\(topic + 1)", "\(place + 1)", names[index], "\(row[index])",
              ])
            }
            if let rnk {
              try writeList(kind, topic, row, names, in: rnk)
            }
          }
        }
        try writer.finish()
        log.note(
          "\(output ?? fit): \(genes.rowCount) topics, \(genes.columnCount) genes, \(variants.columnCount) variants"
        )
      }
      return .success
    }
  }

  /// All features of a topic, largest score first.
  private func writeList(
    _ kind: String, _ topic: Int, _ scores: [Double], _ names: [String], in folder: String
  ) throws {
    let writer = try TableWriter(
      "\(folder)/\(kind)-topic\(topic + 1).rnk", header: ["# name", "score"],
      overwrite: common.overwrite)
    for index in topFeatures(scores, fraction: 1) {
      try writer.append([names[index], "\(scores[index])"])
    }
    try writer.finish()
  }
}

/// What a fit file of TBLDA says about genes and variants.
struct TBLDAFitFile {
  /// ξ̂, topics × genes.
  let genes: Matrix<Double>
  let geneNames: [String]
  /// ζ̂ and γ̂, variants × topics.
  let counted: Matrix<Double>
  let other: Matrix<Double>
  let variantNames: [String]
  /// Frequency of the counted allele among the donors.
  let frequencies: [Double]

  /// Opens a fit.
  ///
  /// - Throws: `ModelError` or `StorageError` where it is not of TBLDA, or damaged.
  init(_ path: String) throws {
    let fitted = try FittedFile(path)
    guard fitted.model == TBLDA.name else {
      throw ModelError("\(path): is a fit of \(fitted.model), expected tblda")
    }
    let concentrations = try fitted.file.array("varm/tblda_concentrations")
    guard concentrations.shape.count == 2, concentrations.shape[0] == fitted.columns.count else {
      throw StorageError(
        file: path, place: "varm/tblda_concentrations", problem: "is no matrix of genes and topics")
    }
    genes =
      Matrix(
        rowCount: concentrations.shape[0], columnCount: concentrations.shape[1],
        elements: concentrations.values
      ).transposed()
    geneNames = fitted.columns.names
    guard let genotype = fitted.fit["genotype"], case .strings(let names)? = genotype["variants"],
      case .floats(let ones, let shape)? = genotype["counted_concentrations"],
      case .floats(let zeros, let otherShape)? = genotype["other_concentrations"],
      case .doubles(let known, _)? = genotype["allele_frequencies"],
      shape == [names.count, genes.rowCount], otherShape == shape, known.count == names.count
    else {
      throw StorageError(
        file: path, place: "uns/distfit/genotype", problem: "is missing or damaged")
    }
    counted = Matrix(
      rowCount: shape[0], columnCount: shape[1], elements: ones.map { Double($0) })
    other = Matrix(rowCount: shape[0], columnCount: shape[1], elements: zeros.map { Double($0) })
    variantNames = names
    frequencies = known
  }
}

import Collectives
import Commands
import Fitting
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit tblda robust sweep/ --output robust.h5ad`
struct RobustCommand: LocalCommand {
  static let name = "robust"
  static let summary = "Components of topics that several fits find, averaged."
  static let discussion = """
    Compares the topics of all fits on the same genes (variants): a component is robust where enough other \
    fits have one like it; those are averaged, and averages that agree (r² above --merge) are merged. The \
    output has a row for every robust component (X: mean loadings, 0 for features of other fits).
    """

  enum Kind: String, CaseIterable, Sendable { case genes, variants }

  struct Options: ModelConfiguration {
    var fits: [String] = []
    var kind = Kind.genes
    var threshold: Double?
    var minimumRuns = 3
    var merge = 0.95
    var output = WrittenFile()
    var threads: Int?

    static var settings: [Setting<Options>] {
      [
        .texts(
          "fits", \.fits, "<fit.h5mu>…",
          "Fits (.h5ad, .h5mu), or folders of them such as a sweep's."
        ).marked([.operand, .required, .input]),
        .choice("kind", \.kind, "What is compared: genes or variants."),
        .optionalNumber(
          "threshold", \.threshold, in: -1...1,
          "Similarity above which components agree; none: for genes r² of 0.95, for variants Kendall's tau of 0.15."
        ),
        .integer(
          "minimum-runs", \.minimumRuns, in: 1...1_000_000,
          "Other fits that have to have a similar component."),
        .number("merge", \.merge, in: 0...1, "r² above which averages are merged."),
      ] + settings(of: \.output, WrittenFile.settings("<file>", "The file to write (.h5ad)."))
        + [.threads(\.threads)]
    }

    /// What is found robust.
    var rule: RobustLoadings.Rule {
      switch kind {
      case .genes:
        RobustLoadings.Rule(
          similarity: .pearson, threshold: threshold ?? 0.95, minimumRuns: minimumRuns,
          merge: merge)
      case .variants:
        RobustLoadings.Rule(
          similarity: .kendall, threshold: threshold ?? 0.15, minimumRuns: minimumRuns,
          merge: merge)
      }
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let output = options.output
    let runs = try paths(options).map { try FittedLoadings(readingFrom: $0, options.kind) }
    let found = try RobustLoadings(runs, options.rule, on: .local(options.threads))
    guard found.rows.count > 0 else {
      throw ModelError(
        "no component recurs in \(options.minimumRuns) other fits of the same \(options.kind.rawValue) (\(runs.count) fits); lower --minimum-runs or --threshold"
      )
    }
    let writer = try AnnDataWriter(output.path, overwrite: output.overwrite, rank: 0)
    writer.write(rows: found.rows)
    writer.write(columns: Table(names: found.features))
    writer.write(
      found.values.map { Float($0) }, shape: [found.rows.count, found.features.count], at: "X")
    try writer.finish()
    console.log.note(
      "\(output.path): \(found.rows.count) robust components of \(options.kind.rawValue) from \(runs.count) fits"
    )
    return .success
  }

  /// The fits, those of folders too, in the order of their paths.
  private static func paths(_ options: Options) throws -> [String] {
    var paths: [String] = []
    for path in options.fits {
      paths += try FitFolder.fits(at: path)
    }
    guard paths.count > options.minimumRuns else {
      throw ModelError(
        "\(paths.count) fits are too few for components of \(options.minimumRuns) other fits each")
    }
    return paths
  }
}

extension FittedLoadings {
  /// Reads the topics of a fit.
  fileprivate init(readingFrom path: String, _ kind: RobustCommand.Kind) throws {
    let fitted = try FittedFile(path)
    switch kind {
    case .genes:
      let array = try fitted.file.array("varm/tblda_loadings")
      self.init(
        path: path, features: fitted.columns.names,
        loadings: Matrix(
          rowCount: array.shape[0], columnCount: array.shape[1], elements: array.values
        ).transposed())
    case .variants:
      guard case .group(let tree)? = fitted.fit["genotype"],
        case .strings(let names)? = tree["variants"],
        case .floats(let counted, let shape)? = tree["counted_concentrations"],
        case .floats(let other, _)? = tree["other_concentrations"], shape.count == 2
      else {
        throw StorageError(
          file: path, place: "uns/distfit/genotype", problem: "is missing: is this a fit of tblda?")
      }
      self.init(
        path: path, features: names,
        loadings: Matrix(
          rowCount: shape[0], columnCount: shape[1],
          elements: zip(counted, other).map { Double($0) / (Double($0) + Double($1)) }
        ).transposed(),
        variants: [Variant](storedTree: .group(tree)) ?? names.map { Variant(name: $0) })
    }
  }
}

import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Foundation
import LinearAlgebra
import Modeling
import Models
import Storage

/// `distfit tblda robust sweep/ --output robust.h5ad`
struct RobustCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "robust",
    abstract: "Components of topics that several fits find, averaged.",
    discussion: """
      Compares the topics of all fits on the same genes (variants): a component is robust where enough other \
      fits have one like it; those are averaged, and averages that agree (r² above --merge) are merged. The \
      output has a row for every robust component (X: mean loadings, 0 for features of other fits).
      """)

  enum Kind: String, CaseIterable, ExpressibleByArgument { case genes, variants }

  @Argument(help: "Fits (.h5ad, .h5mu), or folders of them such as a sweep's.")
  var fits: [String]
  @Option(help: "What is compared: genes or variants.") var kind = Kind.genes
  @Option(
    help:
      "Similarity above which components agree; for genes r² (0.95 unless given), for variants Kendall's tau (0.15)."
  )
  var threshold: Double?
  @Option(help: "Other fits that have to have a similar component.") var minimumRuns = 3
  @Option(help: "r² above which averages are merged.") var merge = 0.95
  @Option(help: "The file to write (.h5ad).") var output: String
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if minimumRuns < 1 { throw ValidationError("--minimum-runs must be 1 or more") }
    if fits.isEmpty { throw ValidationError("robust needs fits, or a folder of them") }
  }

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      let workers = Workers(threadCount: common.threads ?? world.defaultThreadCount())
      try world.agree(on: "compare components") {
        guard world.isRoot else { return }
        try AnnDataWriter.requireWritable(output, overwrite: common.overwrite)
        let runs = try paths().map { try FittedLoadings($0, kind) }
        let found = RobustLoadings(
          runs, kind, threshold: threshold, minimumRuns: minimumRuns, merge: merge, on: workers)
        guard found.rows.count > 0 else {
          throw ModelError(
            "no component recurs in \(minimumRuns) other fits of the same \(kind.rawValue) (\(runs.count) fits); lower --minimum-runs or --threshold"
          )
        }
        let writer = try AnnDataWriter(output, overwrite: common.overwrite, rank: 0)
        writer.write(rows: found.rows)
        writer.write(columns: Table(names: found.features))
        writer.write(
          found.values.map { Float($0) }, shape: [found.rows.count, found.features.count], at: "X")
        try writer.finish()
        log.note(
          "\(output): \(found.rows.count) robust components of \(kind.rawValue) from \(runs.count) fits"
        )
      }
      return .success
    }
  }

  /// The fits, those of folders too, in the order of their paths.
  private func paths() throws -> [String] {
    var paths: [String] = []
    for path in fits {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw StorageError(file: path, problem: "does not exist")
      }
      guard isFolder.boolValue else {
        paths.append(path)
        continue
      }
      let inside = FileManager.default.enumerator(atPath: path)
      var found: [String] = []
      while let name = inside?.nextObject() as? String {
        if name.hasSuffix(".h5ad") || name.hasSuffix(".h5mu") { found.append("\(path)/\(name)") }
      }
      guard !found.isEmpty else { throw StorageError(file: path, problem: "has no fits in it") }
      paths += found.sorted()
    }
    guard paths.count > minimumRuns else {
      throw ModelError(
        "\(paths.count) fits are too few for components of \(minimumRuns) other fits each")
    }
    return paths
  }
}

/// The topics of one fit over genes, or over variants.
struct FittedLoadings {
  let path: String
  let features: [String]
  /// Topics × features.
  let loadings: Matrix<Double>

  init(_ path: String, _ kind: RobustCommand.Kind) throws {
    self.path = path
    let fitted = try FittedFile(path)
    switch kind {
    case .genes:
      let array = try fitted.file.array("varm/tblda_loadings")
      features = fitted.columns.names
      loadings = Matrix(
        rowCount: array.shape[0], columnCount: array.shape[1], elements: array.values
      ).transposed()
    case .variants:
      guard case .group(let tree)? = fitted.fit["genotype"],
        case .strings(let names)? = tree["variants"],
        case .floats(let counted, let shape)? = tree["counted_concentrations"],
        case .floats(let other, _)? = tree["other_concentrations"], shape.count == 2
      else {
        throw StorageError(
          file: path, place: "uns/distfit/genotype", problem: "is missing: is this a fit of tblda?")
      }
      features = names
      loadings = Matrix(
        rowCount: shape[0], columnCount: shape[1],
        elements: zip(counted, other).map { Double($0) / (Double($0) + Double($1)) }
      ).transposed()
    }
  }
}

/// Robust components of all groups of fits that share their features.
struct RobustLoadings {
  private(set) var rows: Table
  private(set) var features: [String] = []
  /// Components × features.
  private(set) var values: [Double] = []

  init(
    _ runs: [FittedLoadings], _ kind: RobustCommand.Kind, threshold: Double?, minimumRuns: Int,
    merge: Double, on workers: Workers
  ) {
    var groups: [[FittedLoadings]] = []
    for run in runs {
      if let place = groups.firstIndex(where: { $0[0].features == run.features }) {
        groups[place].append(run)
      } else {
        groups.append([run])
      }
    }
    var place: [String: Int] = [:]
    for name in groups.flatMap({ $0[0].features }) where place[name] == nil {
      place[name] = features.count
      features.append(name)
    }
    var (names, sizes, members) = ([String](), [Int64?](), [String?]())
    for group in groups {
      let found = RobustComponents(
        group.map(\.loadings), similarity: kind == .genes ? .pearson : .kendall,
        threshold: threshold ?? (kind == .genes ? 0.95 : 0.15), minimumRuns: minimumRuns,
        mergeAbove: merge, on: workers)
      for component in found.components {
        names.append("component\(names.count)")
        sizes.append(Int64(component.members.count))
        members.append(
          component.members.map { "\(group[$0.run].path):\($0.component + 1)" }.joined(
            separator: " "))
        var row = [Double](repeating: 0, count: features.count)
        for (name, value) in zip(group[0].features, component.loadings) {
          if let place = place[name] { row[place] = value }
        }
        values += row
      }
    }
    rows = Table(
      names: names,
      columns: [NamedColumn("members", .integers(sizes)), NamedColumn("topics", .strings(members))])
  }
}

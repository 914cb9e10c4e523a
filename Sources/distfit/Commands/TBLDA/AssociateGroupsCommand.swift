import ArgumentParser
import Collectives
import Fitting
import Modeling
import Models
import Storage

/// `distfit tblda associate-groups fit.h5mu --by tissue --output groups.tsv`
struct AssociateGroupsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "associate-groups",
    abstract: "Which topics the samples of each group (tissue) have most of.",
    discussion: """
      For every group and topic the sum and the mean of the samples' expected proportions, and the mean less \
      that of all other samples. A topic is called associated where the sum exceeds --threshold, as in the \
      paper (which depends on how many samples a group has), or the mean exceeds --mean-threshold if given.
      """)

  @Argument(help: "A fit of tblda (.h5ad, .h5mu).") var fit: String
  @Option(help: "The column of obs with the groups.") var by: String
  @Option(help: "The sum above which a topic is associated.") var threshold = 40.0
  @Option(help: "The mean above which a topic is associated, in place of the sum.")
  var meanThreshold: Double?
  @Option(help: "The table to write (.tsv, .tsv.gz); none: standard output.") var output: String?
  @OptionGroup var common: CommonOptions

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      try world.agree(on: "associate topics with groups") {
        guard world.isRoot else { return }
        let writer = try TableWriter(
          output, header: ["group", "topic", "samples", "sum", "mean", "excess", "associated"],
          overwrite: common.overwrite)
        let fitted = try FittedFile(fit)
        guard let column = fitted.rows[by], let (codes, names) = column.asCategories else {
          let nearest = nearestName(to: by, among: fitted.rows.columns.map(\.name))
          throw ModelError(
            "\(fit): obs has no column of groups \"\(by)\""
              + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
        }
        let array = try fitted.file.array("obsm/X_tblda")
        let all = GroupAssociation.all(
          proportions: array.values, topicCount: array.shape[1],
          groups: used(codes, fitted.rows["tblda_use"]), groupCount: names.count)
        var count = 0
        for entry in all where entry.sampleCount > 0 {
          let isAssociated =
            meanThreshold.map { entry.mean > $0 } ?? (entry.sum > threshold)
          count += isAssociated ? 1 : 0
          try writer.append([
            names[entry.group], "\(entry.topic + 1)", "\(entry.sampleCount)", digits(entry.sum),
            digits(entry.mean), digits(entry.excess), isAssociated ? "true" : "false",
          ])
        }
        try writer.finish()
        log.note("\(output ?? fit): \(count) associations of topics with groups")
      }
      return .success
    }
  }

  /// The groups of the samples in the fit; −1 for those held out or left out.
  private func used(_ codes: [Int32], _ use: Column?) -> [Int32] {
    guard case .categories(let uses, let names, _)? = use else { return codes }
    return zip(codes, uses).map { code, use in use >= 0 && names[Int(use)] == "fit" ? code : -1 }
  }
}

import Collectives
import Commands
import Fitting
import Modeling
import Models
import Storage

/// `distfit tblda associate-groups fit.h5mu --by tissue --output groups.tsv`
struct AssociateGroupsCommand: LocalCommand {
  static let name = "associate-groups"
  static let summary = "Which topics the samples of each group (tissue) have most of."
  static let discussion = """
    For every group and topic the sum and the mean of the samples' expected proportions, and the mean less \
    that of all other samples. A topic is called associated where the sum exceeds --threshold, as in the \
    paper (which depends on how many samples a group has), or the mean exceeds --mean-threshold if given.
    """
  static let printsResult = true

  struct Options: ModelConfiguration {
    var fit = ""
    var by = ""
    var threshold = 40.0
    var meanThreshold: Double?
    var output = OptionalFile()

    static var settings: [Setting<Options>] {
      let output = OptionalFile.settings(
        "<file>", "The table to write (.tsv, .tsv.gz); none: standard output.")
      return [
        .fit(\.fit),
        .word("by", \.by, "<obs column>", "The column of obs with the groups.").marked(.required),
        .number(
          "threshold", \.threshold, in: 0...Double.infinity,
          "The sum above which a topic is associated."),
        .optionalNumber(
          "mean-threshold", \.meanThreshold, in: 0...1,
          "The mean above which a topic is associated, in place of the sum."),
      ] + settings(of: \.output, output)
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let fitted = try FittedFile(options.fit)
    let (codes, names) = try fitted.rows.classes(options.by, in: "\(options.fit): obs")
    let array = try fitted.file.array("obsm/X_tblda")
    let all = GroupAssociation.all(
      proportions: array.values, topicCount: array.shape[1],
      groups: used(codes, fitted.rows["tblda_use"]), groupCount: names.count
    ).filter { $0.sampleCount > 0 }
    func isAssociated(_ entry: GroupAssociation) -> Bool {
      options.meanThreshold.map { entry.mean > $0 } ?? (entry.sum > options.threshold)
    }
    try console.show(
      all.map { entry in
        [
          .text(names[entry.group]), .integer(entry.topic + 1), .integer(entry.sampleCount),
          .digits(entry.sum), .digits(entry.mean), .digits(entry.excess),
          .flag(isAssociated(entry)),
        ]
      }, columns: ["group", "topic", "samples", "sum", "mean", "excess", "associated"],
      or: options.output)
    console.log.note(
      "\(options.output.path ?? options.fit): \(all.count(where: isAssociated)) associations of topics with groups"
    )
    return .success
  }

  /// The groups of the samples in the fit; −1 for those held out or left out.
  private static func used(_ codes: [Int32], _ use: Column?) -> [Int32] {
    guard case .categories(let uses, let names, _)? = use else { return codes }
    return zip(codes, uses).map { code, use in use >= 0 && names[Int(use)] == "fit" ? code : -1 }
  }
}

import Collectives
import Commands
import Fitting
import Modeling
import Models
import Storage

/// `distfit multidgd perturb fit.h5mu --silence GATA1 --output delta.tsv`
struct PerturbCommand: LocalCommand {
  static let name = "perturb"
  static let summary = "What silencing genes changes in every feature of every modality."
  static let discussion = """
    Each cell's representation moves so that a count of zero of the gene becomes more likely; the change is the \
    mean over the cells of the profile afterwards minus the profile before: negative where a feature goes down \
    with the gene. Profiles are shares of a modality's total.

      gradient  the derivative along the gradient at length 1: ranks do not depend on a rate
      adam      one step of Adam at rate 0.01, as published: of that size in every coordinate
    """

  struct Options: ModelConfiguration {
    var fit = ""
    var output = WrittenFile()
    var genes: [String] = []
    var place = PerturbedPlace()

    static var settings: [Setting<Options>] {
      let output = WrittenFile.settings(
        "<delta.tsv>",
        "The table to write: gene, modality, feature, mean profile, change; .gz compresses it.")
      return [.fit(\.fit)] + settings(of: \.output, output) + [
        .texts("silence", \.genes, "<gene>,…", "The genes, each silenced on its own.")
          .marked(.required)
      ] + settings(of: \.place)
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let fit = try PerturbedFit(options.fit, options.place.request)
    let columns = try options.genes.map { try fit.column(of: $0) }
    let profiles = fit.meanProfiles()
    let writer = try TableWriter(
      options.output.path, header: ["gene", "modality", "feature", "profile", "change"],
      overwrite: options.output.overwrite)
    for (gene, column) in zip(options.genes, columns) {
      let change = fit.meanChange(ofGene: column)
      for (m, modality) in fit.modalities.enumerated() {
        for (f, feature) in modality.columns.enumerated() {
          try writer.append([
            gene, modality.name, feature, shortText(profiles[m][f]), shortText(change[m][f]),
          ])
        }
      }
    }
    try writer.finish()
    console.log.note(
      "\(options.output.path): \(options.genes.count) genes silenced in \(fit.inputs.count) cells; change = after − before"
    )
    return .success
  }
}

/// In which cells genes are silenced, and how.
struct PerturbedPlace: ModelConfiguration {
  var modality: String?
  var cells: String?
  var limit = 1000
  var step = GeneSilencing.Step.gradient

  static var settings: [Setting<PerturbedPlace>] {
    [
      .text(
        "modality", \.modality, "<name>", "The modality of the genes; none: the fit's first."),
      .text(
        "cells", \.cells, "<column=class>", "Cells of this class only; none: all of the fit."),
      .integer(
        "cell-limit", \.limit, in: 1...10_000_000, "Of more cells so many, evenly spaced."),
      .choice("step", \.step, "How representations move."),
    ]
  }

  /// What is asked of the fit.
  var request: PerturbedFit.Request {
    PerturbedFit.Request(modality: modality, cells: cells, limit: limit, step: step)
  }
}

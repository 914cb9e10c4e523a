import ArgumentParser

/// `distfit prrr`: what is done with regressions of counts on covariates, beside fitting.
struct PRRRCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prrr",
    abstract:
      "Associations of covariates with genes, and the choice of a rank (prrr, nn-prrr, rrr).",
    subcommands: [AssociateCommand.self, RankPathCommand.self])
}

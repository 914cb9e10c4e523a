import ArgumentParser

/// `distfit tblda …`: what is done with genotypes before a fit, and with a fit afterwards.
struct TBLDACommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tblda",
    abstract: "Genotypes before a fit of TBLDA, and associations after it.",
    subcommands: [
      PruneCommand.self, AncestryCommand.self, RankCommand.self, EQTLCommand.self,
      PermuteCommand.self, EnrichCommand.self, AssociateGroupsCommand.self, RobustCommand.self,
    ])
}

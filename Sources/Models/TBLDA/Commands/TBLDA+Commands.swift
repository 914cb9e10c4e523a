public import Commands
public import Models

extension TBLDA: CommandedModel {
  /// Genotypes before a fit, and associations after it.
  public static var commandSummary: String {
    "Genotypes before a fit of TBLDA, and associations after it."
  }

  /// `distfit tblda …`
  public static var commands: [CommandTree] {
    [
      .command(PruneCommand.self), .command(AncestryCommand.self), .command(PCACommand.self),
      .command(RankCommand.self),
      .command(EQTLCommand.self), .command(PermuteCommand.self), .command(EnrichCommand.self),
      .command(AssociateGroupsCommand.self), .command(RobustCommand.self),
    ]
  }
}

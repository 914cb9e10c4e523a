public import Commands
public import Models

extension PRRR: CommandedModel {
  /// Associations, and the choice of a rank.
  public static var commandSummary: String {
    "Associations of covariates with genes, and the choice of a rank (prrr, nn-prrr, rrr)."
  }

  /// `distfit prrr …`, for fits of nn-prrr and rrr, too.
  public static var commands: [CommandTree] {
    [.command(AssociateCommand.self), rankPathCommand()]
  }
}

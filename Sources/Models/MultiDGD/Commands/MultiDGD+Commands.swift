public import Commands
public import Models

extension MultiDGD: CommandedModel {
  /// What genes do to peaks and other genes, by a fit.
  public static var commandSummary: String {
    "What silencing genes changes, by a fit of multiDGD."
  }

  /// `distfit multidgd …`
  public static var commands: [CommandTree] {
    [.command(PerturbCommand.self), .command(PeakLinksCommand.self)]
  }
}

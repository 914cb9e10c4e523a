public import Commands
public import Models

extension Autoencoder: CommandedModel where Kind == LinearKind {
  /// What can be read from the loadings of a fit.
  public static var commandSummary: String {
    "The factors of a fit of LDVAE: loadings and top genes."
  }

  /// `distfit ldvae …`
  public static var commands: [CommandTree] { [.command(LoadingsCommand.self)] }
}

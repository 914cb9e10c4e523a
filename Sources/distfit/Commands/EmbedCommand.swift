import ArgumentParser
import Collectives
import Fitting
import Modeling
import Models
import Storage

/// `distfit embed fit.h5ad new.h5ad --output embedded.h5ad`
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Represent new cells by a fitted model.",
    discussion:
      "The training data are not needed. Genes are found by name; those the new file lacks count as zero."
  )

  @Argument(help: "The fit (.h5ad).") var fit: String
  @Argument(help: "The new cells (.h5ad).") var input: String
  @Option(help: "The file to write: the new cells' obs with components, obsm with representations.")
  var output: String
  @Option(help: "The modality of new cells in an .h5mu file.") var modality: String?
  @Option(help: "Where the counts are: X, layers/NAME, raw/X.") var layer: String?
  @Option(help: "Gradient steps on each representation; as in the fit's settings unless given.")
  var steps: Int?
  @OptionGroup var common: CommonOptions

  func run() throws {
    Launcher.run { world in
      let fitted = try world.agree(on: "open \(fit)") { try FittedFile(fit) }
      let type = try world.agree(on: "find the model") {
        try fitted.model(among: allModels, ability: "embed new rows") {
          $0 as? any EmbeddingModel.Type
        }
      }
      return try embed(type, fitted, world)
    }
  }

  private func embed<Fitted: EmbeddingModel>(
    _ type: Fitted.Type, _ fitted: FittedFile, _ world: borrowing Communicator
  ) throws -> ExitStatus {
    let job = EmbedJob<Fitted>(
      fitted: fitted,
      data: DataSource(input, modality: modality, matrix: layer.map(MatrixSource.init)),
      output: OutputOptions(path: output, overwrite: common.overwrite),
      run: RunOptions(threads: common.threads, programVersion: distfitVersion), steps: steps)
    return try job.run(with: world, log: common.log(world))
  }
}

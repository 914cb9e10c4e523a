import Collectives
import Commands
import Fitting
import Modeling
import Models
import Storage

/// `distfit embed fit.h5ad new.h5ad --output embedded.h5ad`
struct EmbedCommand: RankedCommand {
  static let name = "embed"
  static let summary = "Represent new cells by a fitted model."
  static let discussion =
    "The training data are not needed. Genes are found by name; those the new file lacks count as zero."

  struct Options: ModelConfiguration {
    var fit = ""
    var input = ""
    var output = WrittenFile()
    var place = ValuePlace()
    var selection = SelectionOptions()
    var steps: Int?
    var unseenBatch: String?
    var threads: Int?

    /// The new cells that take part.
    var source: DataSource {
      var source = place.source(input)
      source.selection = selection.request
      return source
    }

    static var settings: [Setting<Options>] {
      let output = WrittenFile.settings(
        "<file>",
        "The file to write: the new cells' obs with components, obsm with representations.")
      return [
        .fit(\.fit),
        .word("input", \.input, "<new.h5ad>", "The new cells.")
          .marked([.operand, .required, .input]),
      ] + settings(of: \.output, output) + settings(of: \.place) + settings(of: \.selection) + [
        .optionalInteger(
          "steps", \.steps, in: 0...1_000_000,
          "Gradient steps on each representation; none: as in the fit's settings."),
        .text(
          "unseen-batch", \.unseenBatch, "error|average",
          "New cells of a batch that the fit does not know: an error, or the mean of its batches; none: as in the fit's settings."
        ),
        .threads(\.threads),
      ]
    }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let fitted = try world.agree(on: "open \(options.fit)") { try FittedFile(options.fit) }
    let type = try world.agree(on: "find the model") {
      try fitted.model(among: allModels, ability: "embed new rows") {
        $0 as? any EmbeddingModel.Type
      }
    }
    return try embed(type, fitted, options, console, world)
  }

  private static func embed<Fitted: EmbeddingModel>(
    _ type: Fitted.Type, _ fitted: FittedFile, _ options: Options, _ console: Console,
    _ world: borrowing Communicator
  ) throws -> ExitStatus {
    let job = EmbedJob<Fitted>(
      fitted: fitted, data: options.source,
      output: OutputOptions(path: options.output.path, overwrite: options.output.overwrite),
      run: RunOptions(threads: options.threads, programVersion: distfitVersion),
      steps: options.steps,
      settings: options.unseenBatch.map { ["unseen-batch": $0] } ?? [:])
    return try job.run(with: world, log: console.log)
  }
}

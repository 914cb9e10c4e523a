import Collectives
import Commands
import Concurrency
import Fitting
import Modeling
import Models

/// `distfit sample fit.h5ad --count 1000 --output simulated.h5ad`
struct SampleCommand: RankedCommand {
  static let name = "sample"
  static let summary = "Draw new cells from a fitted model."

  struct Options: ModelConfiguration {
    var fit = ""
    var count = 1000
    var seed = 0
    var output = WrittenFile()
    var threads: Int?

    static var settings: [Setting<Options>] {
      let output = WrittenFile.settings(
        "<file>",
        "The file to write: counts of the new cells, their components and representations.")
      return [
        .fit(\.fit), .integer("count", \.count, in: 1...Int(Int32.max), "How many cells."),
        .seed(\.seed),
      ] + settings(of: \.output, output) + [.threads(\.threads)]
    }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let (sampler, columns) = try world.agree(on: "open \(options.fit)") {
      let fitted = try FittedFile(options.fit)
      let type = try fitted.model(among: allModels, ability: "be sampled") {
        $0 as? any SamplingModel.Type
      }
      let sampler = try type.sampler(
        of: fitted.fit, columns: fitted.columns, scales: try fitted.numbers(type.scaleName),
        seed: options.seed)
      return (sampler, fitted.columns)
    }
    let workers = Workers(threadCount: options.threads ?? world.defaultThreadCount())
    try SimulationWriter(path: options.output.path, overwrite: options.output.overwrite).write(
      rowCount: options.count, columns: columns,
      uns: .group([
        "sampled_from": .string(options.fit), "seed": .integer(Int64(options.seed)),
      ]), on: workers, with: world
    ) { sampler.rows($0) }
    console.log.note("\(options.output.path): \(options.count) cells drawn from \(options.fit)")
    return .success
  }
}

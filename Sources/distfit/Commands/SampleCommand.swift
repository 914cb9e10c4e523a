import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Modeling
import Models

/// `distfit sample fit.h5ad --count 1000 --output simulated.h5ad`
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Draw new cells from a fitted model.")

  @Argument(help: "The fit (.h5ad).") var fit: String
  @Option(help: "How many cells.") var count = 1000
  @Option(help: "Seed of the draws.") var seed = 0
  @Option(help: "The file to write: counts of the new cells, their components and representations.")
  var output: String
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if count < 1 { throw ValidationError("--count must be 1 or more") }
    if seed < 0 { throw ValidationError("--seed must be 0 or more") }
  }

  func run() throws {
    Launcher.run { world in
      let (sampler, columns) = try world.agree(on: "open \(fit)") {
        let fitted = try FittedFile(fit)
        let type = try fitted.model(among: allModels, ability: "be sampled") {
          $0 as? any SamplingModel.Type
        }
        let sampler = try type.sampler(
          of: fitted.fit, columns: fitted.columns, scales: try fitted.numbers("dgd_scale"),
          seed: seed)
        return (sampler, fitted.columns)
      }
      let workers = Workers(threadCount: common.threads ?? world.defaultThreadCount())
      try SimulationWriter(path: output, overwrite: common.overwrite).write(
        rowCount: count, columns: columns,
        uns: .group(["sampled_from": .string(fit), "seed": .integer(Int64(seed))]), on: workers,
        with: world
      ) { sampler.rows($0) }
      common.log(world).note("\(output): \(count) cells drawn from \(fit)")
      return .success
    }
  }
}

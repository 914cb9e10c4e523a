import Collectives
import Commands
import Concurrency
import Fitting
import Modeling
import Storage

/// `distfit simulate <name> --output demo.h5ad …`
struct SimulateCommand<Simulation: Simulator>: RankedCommand {
  static var name: String { Simulation.name }
  static var summary: String { Simulation.summary }

  struct Options: ModelConfiguration {
    var output = WrittenFile()
    var threads: Int?
    var simulation = Simulation.Configuration()

    static var settings: [Setting<Options>] {
      settings(
        of: \.output, WrittenFile.settings("<demo.h5ad>", "The file to write (.h5ad)."),
        under: "THE RUN")
        + [Setting<Options>.threads(\.threads).under("THE RUN")]
        + settings(of: \.simulation, under: "THE SIMULATION")
    }

    func validate() throws(SettingError) { try simulation.validate() }
  }

  static func run(
    _ options: Options, console: Console, with world: borrowing Communicator
  ) throws -> ExitStatus {
    let output = options.output
    let simulator = try world.agree(on: "set up the simulation") {
      try Simulation(options.simulation)
    }
    let stem = output.path.hasSuffix(".h5ad") ? String(output.path.dropLast(5)) : output.path
    if simulator is any GenotypeSimulator {
      try world.requireOutputs(
        [".bed", ".bim", ".fam", ".ancestry.tsv"].map { stem + $0 }, inputs: [],
        overwrite: output.overwrite)
    }
    let workers = Workers(threadCount: options.threads ?? world.defaultThreadCount())
    try SimulationWriter(path: output.path, overwrite: output.overwrite).write(
      rowCount: simulator.rowCount, columns: simulator.columns,
      columnMatrices: simulator.columnMatrices, kind: Simulation.values,
      uns: .group(["simulated": .string(Simulation.name), "truth": simulator.truth]),
      on: workers, with: world
    ) { simulator.rows($0) }
    if let simulator = simulator as? any GenotypeSimulator {
      let (genotypes, ancestry) = simulator.genotypes
      try world.agree(on: "write the genotypes") {
        guard world.isRoot else { return }
        try PlinkWriter.write(genotypes, to: stem, overwrite: output.overwrite)
        try AncestryFile.write(
          ancestry, to: stem + ".ancestry.tsv", overwrite: output.overwrite)
      }
    }
    console.log.note(
      "\(output.path): \(simulator.rowCount) × \(simulator.columns.count) simulated")
    return .success
  }
}

import Commands
import Modeling

/// What a plan needs to know: data, real or imagined, ranks, and the model's settings.
struct PlanOptions<Planned: PlannableModel>: ModelConfiguration {
  var data = DataOptions<Planned>()
  var imagined = ImaginedData()
  var machine = PlannedMachine()
  var model = Planned.Configuration()

  static var settings: [Setting<Self>] {
    settings(of: \.data, DataOptions.settings(isRequired: false), under: "THE DATA")
      + settings(of: \.imagined, under: "DATA THAT DO NOT EXIST YET")
      + settings(of: \.machine, under: "THE MACHINE") + settings(of: \.model, under: "THE MODEL")
  }

  func validate() throws(SettingError) {
    try data.validate()
    try model.validate()
    let hasFile = !data.input.isEmpty
    if (imagined.cells == nil) != (imagined.genes == nil) {
      throw SettingError(
        imagined.cells == nil ? "genes" : "cells", "needs --cells and --genes together")
    }
    if hasFile, imagined.cells != nil {
      throw SettingError("cells", "give a file, or --cells and --genes, not both")
    }
    if !hasFile, imagined.cells == nil {
      throw SettingError("input", "give a file to read, or --cells and --genes")
    }
    if !hasFile, data.genotypes.genotypes != nil {
      throw SettingError("genotypes", "goes with a file; without one give --variants and --donors")
    }
  }
}

/// The size of data that do not exist yet.
struct ImaginedData: ModelConfiguration {
  var cells: Int?
  var genes: Int?
  var density = 0.07
  var variants = 0
  var donors = 0

  static var settings: [Setting<ImaginedData>] {
    [
      .optionalInteger("cells", \.cells, in: 1...1_000_000_000, "Cells; with --genes."),
      .optionalInteger("genes", \.genes, in: 2...10_000_000, "Genes; with --cells."),
      .number("density", \.density, in: 0...1, "Part of the values that is not zero."),
      .integer("variants", \.variants, in: 0...100_000_000, "Variants of genotypes."),
      .integer("donors", \.donors, in: 0...100_000_000, "Donors of genotypes; 0: one a cell."),
    ]
  }

  /// The shape; nil without cells and genes.
  var shape: DataShape? {
    guard let cells, let genes else { return nil }
    var shape = DataShape(
      rowCount: cells, columnCount: genes,
      nonZeroCount: Int(Double(cells) * Double(genes) * density))
    shape.companions[GenotypeShape.self] = genotypes
    return shape
  }

  /// Genotypes of this size; nil for none.
  var genotypes: GenotypeShape? {
    variants == 0 && donors == 0 ? nil : GenotypeShape(variantCount: variants, donorCount: donors)
  }
}

/// Ranks, threads and network of a plan.
struct PlannedMachine: ModelConfiguration {
  var ranks = [1]
  var threads = 1
  var latency: Double?
  var bandwidth: Double?

  static var settings: [Setting<PlannedMachine>] {
    [
      .integers("ranks", \.ranks, in: 1...1_000_000, "Numbers of ranks to plan for."),
      .integer(
        "threads", \.threads, in: 1...4096,
        "Threads of each rank; this machine should have as many cores, for steps are timed on it."),
      .optionalNumber(
        "latency", \.latency, in: 0...1e6,
        "Microseconds that a message between ranks takes; none: 10 GbE (30) and InfiniBand (1.5)."),
      .optionalNumber(
        "bandwidth", \.bandwidth, in: 0.001...1e6,
        "Gigabits a second between ranks; none: 10 GbE (10) and InfiniBand (100)."),
    ]
  }

  /// The network given in words, or the two usual ones.
  var networks: [Network] {
    guard latency != nil || bandwidth != nil else { return [.ethernet, .infiniBand] }
    let usual = Network.ethernet
    return [
      Network(
        "the given network", latency: latency.map { $0 * 1e-6 } ?? usual.latency,
        bytesPerSecond: bandwidth.map { $0 * 1.25e8 } ?? usual.bytesPerSecond)
    ]
  }
}

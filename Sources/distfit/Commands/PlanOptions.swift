import Modeling

/// What a plan needs beside the model's settings.
struct PlanOptions: ModelConfiguration {
  var ranks = [1]
  var layer: String?
  var cells: Int?
  var genes: Int?
  var density = 0.07
  var variants = 0
  var donors = 0
  var modality: String?
  var threads = 1
  var latency: Double?
  var bandwidth: Double?

  static var settings: [Setting<PlanOptions>] {
    [
      .integers("ranks", \.ranks, in: 1...1_000_000, "Numbers of ranks to plan for."),
      .text("layer", \.layer, "<X|layers/NAME|raw/X>", "Where the values are."),
      .text("modality", \.modality, "<name>", "The modality of an .h5mu file; none: the only one."),
      .optionalInteger(
        "cells", \.cells, in: 1...1_000_000_000,
        "Cells of data that do not exist yet; with --genes."
      ),
      .optionalInteger("genes", \.genes, in: 2...10_000_000, "Genes of such data."),
      .number("density", \.density, in: 0...1, "Part of such data that is not zero."),
      .integer(
        "variants", \.variants, in: 0...100_000_000,
        "Variants of genotypes that do not exist yet."),
      .integer("donors", \.donors, in: 0...100_000_000, "Donors of such genotypes; 0: one a cell."),
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

  /// The shape given in words.
  var shape: DataShape? {
    guard let cells, let genes else { return nil }
    var shape = DataShape(
      rowCount: cells, columnCount: genes,
      nonZeroCount: Int(Double(cells) * Double(genes) * density))
    shape.companions[GenotypeShape.self] = genotypes
    return shape
  }

  /// The genotypes given in words; nil for none.
  var genotypes: GenotypeShape? {
    variants == 0 && donors == 0 ? nil : GenotypeShape(variantCount: variants, donorCount: donors)
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

  /// Cells and genes only make sense together.
  ///
  /// - Throws: `SettingError`.
  func validate() throws(SettingError) {
    if (cells == nil) != (genes == nil) {
      throw SettingError(cells == nil ? "genes" : "cells", "needs --cells and --genes together")
    }
  }
}

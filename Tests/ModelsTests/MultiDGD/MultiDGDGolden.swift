import Foundation
import LinearAlgebra
import Modeling
import Models
import Networks
import Probability
import TestSupport

/// One configuration of the published multiDGD on 50 training and 15 validation cells, 80 genes and 150 peaks.
struct MultiDGDGolden {
  static let (trainCount, validationCount) = (50, 15)
  static let columnCounts = [80, 150]
  static let minibatches = [Array(0..<30), Array(30..<50)]
  static var rowCount: Int { trainCount + validationCount }

  let arrays: TestSupport.ReferenceArrays
  /// Modalities of the configuration: genes, or genes and peaks.
  let modalityCount: Int
  let hasCovariate: Bool
  let absolutePenalty: Double
  private let counts: [CompressedCounts]

  init(_ name: String) throws {
    arrays = try TestSupport.ReferenceArrays("multidgd-step/\(name).json")
    let isSmall = name.hasPrefix("rna-only")
    (modalityCount, hasCovariate, absolutePenalty) = (isSmall ? 1 : 2, !isSmall, isSmall ? 0 : 1)
    counts = try ["rna", "atac"].enumerated().map { index, kind in
      var builder = CompressedCounts.Builder(columnCount: Self.columnCounts[index])
      for row in try Reference.table("multidgd-step/\(kind).tsv") {
        try builder.appendRow(
          columns: Array(0..<Int32(row.count)), values: row.map { UInt32($0) ?? 0 })
      }
      return builder.build()
    }
  }

  /// The settings that the published run was made with.
  var configuration: MultiDGDConfiguration {
    var settings = MultiDGDConfiguration()
    settings.decoder.latent = 5
    settings.decoder.start = .published
    settings.decoder.priorWeight = .perSample
    settings.decoder.softballRadius = 2
    settings.decoder.softballHardness = 5
    settings.decoder.sigma = 0.13
    settings.decoder.decoderRate = 1e-4
    settings.decoder.lanes = 1
    settings.decoder.epochs = 10
    // The lane below says which cells validate.
    settings.decoder.validationFraction = 0
    settings.decoder.testFraction = 0
    settings.decoder.batch = (Self.rowCount + 1) / 2
    settings.components = 3
    settings.trunk = [10, 10]
    settings.head = [10]
    settings.absolutePenalty = absolutePenalty
    settings.covariates = hasCovariate ? ["class"] : []
    settings.covariateSigma = 0.13
    return settings
  }

  /// The modalities and the classes of the cells, unknown of those that validate.
  var summary: DataSummary {
    let names = ["rna", "atac"]
    let labels = arrays["labels"].map { Int32($0) }
    let codes = (0..<Self.rowCount).map { $0 < labels.count ? labels[$0] : -1 }
    return DataSummary(
      rows: Table(
        names: (0..<Self.rowCount).map { "cell\($0)" },
        columns: [
          NamedColumn(
            "class", .categories(codes: codes, names: ["a", "b", "c"], isOrdered: false))
        ]),
      modalities: (0..<modalityCount).map { index in
        let zeros = [Double](repeating: 0, count: Self.columnCounts[index])
        return Modality(
          name: names[index],
          columns: Table(names: zeros.indices.map { "\(names[index])\($0)" }),
          columnTotals: zeros, columnMaxima: zeros, columnNonZeros: zeros.map { Int($0) })
      }, fingerprint: "golden")
  }

  /// All cells as a lane of a model, those that validate at the end; of some modalities only, if asked.
  func lane(of model: MultiDGD, only kinds: [Int]? = nil) throws -> DGDLane {
    let own = try model.lane(
      from: RowData(
        rows: 0..<Self.rowCount, matrices: counts[..<modalityCount].map { .counts($0) }))
    var uses = DGDLane.Uses()
    uses.train = Array(0..<Self.trainCount)
    uses.validation = Array(Self.trainCount..<Self.rowCount)
    let values = own.values.enumerated().map { kind, values in
      kinds?.contains(kind) ?? true
        ? values
        : DGDLane.Values(
          matrix: values.matrix, scales: values.scales,
          places: Array(repeating: -1, count: Self.rowCount))
    }
    var saved = own.saved
    let names = hasCovariate ? ["z", "c"] : ["z"]
    for (space, name) in names.enumerated() {
      saved.spaces[space].values =
        (arrays["init/\(name)_train"] + arrays["init/\(name)_validation"]).map { Float($0) }
    }
    return DGDLane(rows: own.rows, values: values, uses: uses, labels: own.labels, saved: saved)
  }

  /// Names of the decoder's arrays, layer by layer: trunk, then head by head, with the outputs of each layer.
  var layerNames: [String] {
    ["main.0", "main.2"]
      + (0..<modalityCount).flatMap { head in
        ["fc.0", "fc.2", "fc.4"].map { "out_modules.\(head).\($0)" }
      }
  }

  /// The dispersions' name.
  func dispersionName(_ head: Int) -> String { "out_modules.\(head).distribution.log_r" }

  /// A decoder of these arrays, in double precision.
  func decoder(_ values: [String: [Double]]) -> ExactDecoder {
    func layer(_ name: String) -> DenseWeights<Double> {
      DenseWeights(weights: values["\(name).weight"] ?? [], biases: values["\(name).bias"] ?? [])
    }
    let inputs = hasCovariate ? 7 : 5
    return ExactDecoder(
      trunk: Networks.Network(
        inputCount: inputs, layers: [layer("main.0"), layer("main.2")], activation: .relu),
      heads: (0..<modalityCount).map { head in
        let place = "out_modules.\(head)"
        let output = layer("\(place).fc.4")
        return ExactDecoder.Head(
          hidden: Networks.Network(
            inputCount: 10, layers: [layer("\(place).fc.0"), layer("\(place).fc.2")],
            activation: .relu),
          output: PlainOutput(
            OutputSpecification(
              .negativeBinomial, .softmax, outputCount: Self.columnCounts[head],
              inputCount: output.weights.count / Self.columnCounts[head],
              stabilizer: DGDGolden.stabilizer),
            weights: output.weights, biases: output.biases,
            logDispersions: values[dispersionName(head)] ?? []))
      })
  }

  /// All arrays of the decoder at a place of the recorded run.
  func decoderArrays(_ place: String) -> [String: [Double]] {
    var result: [String: [Double]] = [:]
    for name in layerNames.flatMap({ ["\($0).weight", "\($0).bias"] })
      + (0..<modalityCount).map(dispersionName)
    {
      result[name] = arrays["\(place)/decoder/\(name)"]
    }
    return result
  }

  /// A gradient by the recorded names.
  func named(_ gradient: ExactDecoder.Gradient) -> [String: [Double]] {
    let layers =
      gradient.trunk
      + zip(gradient.hidden, gradient.outputs).flatMap { hidden, output in
        hidden + [DenseWeights(weights: output.weights, biases: output.biases)]
      }
    var result: [String: [Double]] = [:]
    for (name, layer) in zip(layerNames, layers) {
      result["\(name).weight"] = layer.weights
      result["\(name).bias"] = layer.biases
    }
    for (head, output) in gradient.outputs.enumerated() {
      result[dispersionName(head)] = output.logDispersions
    }
    return result
  }

  /// A latent space of a model with the recorded mixture of a place.
  func space(_ index: Int, of model: MultiDGD, _ place: String) -> LatentSpace {
    var space = model.start().spaces[index]
    let name = index == 0 ? "mixture" : "covariate_mixture"
    space.mixture?.means = arrays["\(place)/\(name)/mean"]
    space.mixture?.logPrecisions = arrays["\(place)/\(name)/neglogvar"]
    space.mixture?.weightLogits = arrays["\(place)/\(name)/weight"]
    return space
  }

  /// The recorded decoder in single precision.
  func singleDecoder(like model: DecoderNetwork) -> DecoderNetwork {
    let exact = decoder(decoderArrays("init"))
    func single(_ network: Networks.Network<Double>) -> Networks.Network<Float> {
      Networks.Network(
        inputCount: network.inputCount,
        layers: network.dense.map { layer in
          DenseWeights(
            weights: layer.weights.map { Float($0) }, biases: layer.biases.map { Float($0) })
        }, activation: .relu)
    }
    return DecoderNetwork(
      trunk: single(exact.trunk),
      heads: zip(exact.heads, model.heads).map { head, own in
        DecoderNetwork.Head(
          hidden: single(head.hidden),
          output: OutputHead(
            own.output.specification, weights: head.output.weights.map { Float($0) },
            biases: head.output.biases.map { Float($0) },
            logDispersions: head.output.logDispersions.map { Float($0) }))
      })
  }

  /// Totals of some cells in a modality.
  func totals(ofModality kind: Int, _ cells: [Int]) throws -> [Double] {
    cells.map { Double(counts[kind].total(ofRow: $0)) }
  }
}

public import Modeling
import Networks
import Probability

extension MultiDGD: PlannableModel {
  /// Memory of the rank with most rows, and the all-reduce of a minibatch.
  public static func plan(
    _ configuration: MultiDGDConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let settings = configuration.decoder
    let N = shape.rowCount
    let lanes = laneCount(configuration, rowCount: N)
    let cut = LanePlan(rowCount: N, laneCount: lanes)
    let ownRows = (0..<ranks).map { cut.rows(ofRank: $0, of: ranks).count }.max() ?? N
    let share = Double(ownRows) / Double(max(N, 1))
    let architecture = configuration.plannedArchitecture(shape)
    let sizes = PlannedDecoder(architecture)
    let mixtures = architecture.spaces.reduce(0) { sum, space in
      sum + space.componentCount * (space.dimension + (space.isIsotropic ? 1 : space.dimension) + 1)
    }
    let layout = DGDLossSums.Layout(
      headCount: architecture.heads.count, spaceCount: architecture.spaces.count)
    let limbs =
      sizes.limbCount + 2 * mixtures + 2 * layout.count
      + 2 * (sizes.blockCount + architecture.spaces.count + 1)
    let train = 1 - settings.validationFraction - settings.testFraction
    let steps = max(1, (Int(Double(N) * train) + settings.batch - 1) / settings.batch)
    let scalar = MemoryLayout<Float>.size
    let inputs = architecture.inputCount
    let rows = max(1, Int((share * Double(min(settings.batch, N))).rounded(.up)))
    let minibatch = shape.modalities.reduce(0) { sum, modality in
      let chunks = chunkCount(modality.columnCount)
      let entries = Double(modality.nonZeroCount) / Double(max(N, 1)) * Double(rows)
      // Softmax needs all logits of up to 256 rows before the first probability: two tiles a chunk of features.
      let tiles = 2 * chunks * ((min(256, rows) + 15) / 16) * 16 * CompressedCounts.chunkWidth * 4
      return sum + Int(entries * 14) + tiles + tiles / 8
    }
    let memory: [FitPlan.Part] = [
      .init(
        "counts, compressed",
        bytes: shape.modalities.reduce(0) { sum, modality in
          sum + Int(share * Double(2 * modality.nonZeroCount))
            + ownRows * (2 * chunkCount(modality.columnCount) + 16)
        }),
      .init(
        "representations and moments",
        bytes: ownRows * (4 * inputs * scalar + 20 * architecture.heads.count)),
      .init("names and annotations of all cells", bytes: N * 40 + shape.columnCount * 80),
      .init("decoder and moments", bytes: 3 * scalar * sizes.parameterCount),
      .init("sums of gradients", bytes: 8 * limbs), .init("minibatch", bytes: minibatch),
      .init("measuring and writing", bytes: sizes.parameterCount * scalar * 5 / 2),
      .init("program, libraries and reading", bytes: 55_000_000),
    ]
    return FitPlan(
      laneCount: lanes, memory: memory, bytesPerStep: 8 * limbs + FitPlan.loopBytes,
      messagesPerStep: 2, stepsPerEpoch: steps, epochs: settings.epochCount(batchCount: steps),
      closingMessages: settings.start == .spectral ? 3 : 2,
      closingBytes: 8 * (2 * layout.count + 2) + FitPlan.loopBytes
        // The scales of the representations, which a spectral start holds.
        + (settings.start == .spectral ? 8 * (2 * settings.latent + 2) : 0))
  }

  private static func chunkCount(_ columnCount: Int) -> Int {
    (columnCount + CompressedCounts.chunkWidth - 1) / CompressedCounts.chunkWidth
  }
}

extension MultiDGDConfiguration {
  /// The networks for data of this shape; covariates have the classes of its rows, two where they are not known.
  fileprivate func plannedArchitecture(_ shape: DataShape) -> DGDArchitecture {
    func classes(_ name: String?) -> Int? {
      name.flatMap { shape.rows?[$0]?.asCategories?.names.count }
    }
    let cells = DGDArchitecture.Space(
      dimension: decoder.latent,
      componentCount: components ?? classes(decoder.labels) ?? decoder.components,
      isIsotropic: decoder.covariance == .isotropic,
      prior: .init(radius: 1, hardness: 1, sigma: 1, spread: 1, concentration: 1), owners: nil,
      training: space(
        ofCovariate: "", owners: DGDArchitecture.Owners(codes: [], names: [""])
      ).training)
    let others = covariates.map { name in
      space(
        ofCovariate: name,
        owners: DGDArchitecture.Owners(
          codes: [], names: Array(repeating: "", count: classes(name) ?? 2)))
    }
    return architecture(
      modalities: shape.modalities.enumerated().map { index, modality in
        (name: String(index), columnCount: modality.columnCount, presence: [])
      }, [cells] + others)
  }
}

/// Sizes of a decoder that is not made yet.
private struct PlannedDecoder {
  /// Weights, biases and dispersions.
  private(set) var parameterCount = 0
  /// Integers that hold the gradient.
  private(set) var limbCount = 0
  /// Blocks of the sums.
  private(set) var blockCount = 0

  init(_ architecture: DGDArchitecture) {
    if !architecture.trunk.isEmpty {
      add(architecture.trunk, from: architecture.inputCount)
      blockCount += 1
    }
    for head in architecture.heads {
      add(head.hidden, from: architecture.headInputCount)
      let width = head.hidden.last ?? architecture.headInputCount
      let zeros = [Float](repeating: 0, count: head.columnCount)
      let output = OutputHead(
        architecture.specification(head),
        weights: Array(repeating: 0, count: head.columnCount * width), biases: zeros,
        logDispersions: zeros)
      parameterCount += head.columnCount * (width + 2)
      limbCount += output.limbCount
      blockCount += 2
    }
  }

  /// Hidden layers of these widths.
  private mutating func add(_ widths: [Int], from inputs: Int) {
    let layers = zip([inputs] + widths, widths).map { from, to in
      DenseWeights<Float>(
        weights: Array(repeating: 0, count: from * to), biases: Array(repeating: 0, count: to))
    }
    parameterCount += layers.reduce(0) { $0 + $1.weights.count + $1.biases.count }
    limbCount +=
      Networks.Network<Float>(inputCount: inputs, layers: layers, activation: .relu).limbCount
  }
}

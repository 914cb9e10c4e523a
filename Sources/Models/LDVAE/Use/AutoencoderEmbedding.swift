public import LinearAlgebra
public import Modeling
import Networks
import Probability

extension Autoencoder: EmbeddingModel {
  /// What represents new cells by a fit: one pass through the encoder.
  ///
  /// - Throws: where the fit is not of this model, is damaged, has other genes than the data, or does not know a cell's
  ///   batch.
  public static func embedding(
    of fit: StoredTree, for data: DataSummary, steps: Int?
  ) throws -> AutoencoderEmbedding<Kind> {
    guard steps == nil else {
      throw ModelError("--steps: a fit of \(name) represents cells by its encoder, without steps")
    }
    return try AutoencoderEmbedding(
      AutoencoderFile(of: fit, model: name),
      Kind.Configuration(storedTree: fit["settings"] ?? .group([:])), data)
  }
}

/// Represents new cells by a fit's encoder, and measures them by its decoder.
public struct AutoencoderEmbedding<Kind: AutoencoderKind>: RowEmbedding {
  private let configuration: Kind.Configuration
  private let measure: CellMeasure
  private let batches: [Int32]
  private let dispersionGroups: [Int32]

  init(
    _ file: AutoencoderFile, _ configuration: Kind.Configuration, _ data: DataSummary
  ) throws {
    let settings = configuration.common
    self.configuration = configuration
    let geneCount = file.network.output.specification.outputCount
    guard data.columnCount == geneCount else {
      throw ModelError("the fit has \(geneCount) genes, the data \(data.columnCount)")
    }
    batches = try file.batchCodes(of: data.rows, settings)
    var groups: [Int32]
    switch settings.dispersion {
    case .gene: groups = Array(repeating: 0, count: data.rowCount)
    case .geneBatch: groups = batches
    case .geneLabel: groups = file.labelCodes(of: data.rows, settings)
    }
    var network = file.network
    if groups.contains(-1) {
      // Dispersions of an unknown group are the mean of the known ones.
      let last = Int32(file.dispersionGroups.count)
      groups = groups.map { $0 < 0 ? last : $0 }
      network.appendMeanDispersions()
    }
    dispersionGroups = groups
    measure = CellMeasure(
      network: network, libraryPriors: file.libraryPriors, null: file.null,
      random: RandomSource(seed: UInt64(settings.seed)), sampleCount: settings.importanceSamples)
  }

  /// The fit's settings.
  public var settings: StoredTree { configuration.storedTree }

  /// Cells before they are represented.
  ///
  /// - Throws: `ModelError` for values that are no counts.
  public func lane(from rows: RowData) throws(ModelError) -> AutoencoderLane {
    guard case .counts(let counts) = rows.matrix else {
      throw ModelError("\(Kind.name) is a model of counts: whole numbers from 0 on")
    }
    return AutoencoderLane(
      rows: rows.rows, counts: counts,
      totals: (0..<counts.rowCount).map { Double(counts.total(ofRow: $0)) },
      batches: Array(batches[rows.rows]), dispersionGroups: Array(dispersionGroups[rows.rows]),
      train: [], validation: [])
  }

  /// One pass through the encoder; then bounds and marginal likelihoods.
  ///
  /// Local.
  public func represent(
    _ lanes: inout [AutoencoderLane], on workers: Workers, progress: (String) -> Void
  ) {
    for lane in lanes.indices {
      progress("share \(lane + 1) of \(lanes.count)")
      lanes[lane].measure(measure, on: workers)
    }
  }

  /// Libraries, losses, means and variances of the latents.
  public func output(_ lane: AutoencoderLane) -> RowOutput {
    Autoencoder<Kind>.rowOutput(lane.saved, latentCount: configuration.common.latent)
  }

  /// Mean of −log p(x | z) over draws, of each cell.
  public func losses(_ lane: AutoencoderLane) -> [Double] { lane.saved.reconstruction }
}

extension AutoencoderFile {
  /// The batch of each row of a table; −1 for one that is not known.
  ///
  /// - Throws: `ModelError` where a batch is not known and the settings do not say what to do.
  func batchCodes(
    of rows: Table, _ settings: AutoencoderSettings
  ) throws(ModelError) -> [Int32] {
    guard let column = settings.batchKey else { return Array(repeating: 0, count: rows.count) }
    var groups = RowGroups(rowCount: 0)
    groups.names = batches
    guard settings.unseenBatch == .average else {
      let codes = try groups.codes(of: rows, column: column, in: "the new cells' obs")
      if let row = codes.firstIndex(of: -1) {
        throw ModelError(
          "cell \"\(rows.names[row])\": its batch in obs/\(column) is none of the fit's (\(batches.prefix(8).joined(separator: ", "))): --unseen-batch average decodes such cells by the mean of the batches"
        )
      }
      return codes
    }
    guard rows[column]?.asCategories != nil else { return Array(repeating: -1, count: rows.count) }
    return try groups.codes(of: rows, column: column, in: "the new cells' obs")
  }

  /// The class of each row of a table; −1 for one that is not known.
  func labelCodes(of rows: Table, _ settings: AutoencoderSettings) -> [Int32] {
    var groups = RowGroups(rowCount: 0)
    groups.names = dispersionGroups
    guard let column = settings.labels,
      let codes = try? groups.codes(of: rows, column: column, in: "obs")
    else { return Array(repeating: -1, count: rows.count) }
    return codes
  }
}

/// ρ of genes × groups with one more group, whose ρ is the mean of the others'.
private func withMeanGroup(_ logDispersions: [Float], groupCount: Int) -> [Float] {
  stride(from: 0, to: logDispersions.count, by: groupCount).flatMap { start in
    let own = logDispersions[start..<start + groupCount]
    return own + [own.reduce(0, +) / Float(groupCount)]
  }
}

extension AutoencoderNetwork<Float> {
  /// Adds a group whose log dispersions are the means of the others'.
  fileprivate mutating func appendMeanDispersions() {
    let specification = output.specification
    let C = specification.dispersion.groupCount
    let known = (0..<specification.outputCount).flatMap { g in
      (0..<C).map { output.logDispersions[g, $0] }
    }
    output = FoldedOutput(
      specification.with(Dispersion(specification.dispersion.form, groupCount: C + 1)),
      mean: output.mean, inflation: output.inflation,
      logDispersions: withMeanGroup(known, groupCount: C))
  }
}

public import LinearAlgebra
public import Modeling
import Networks
import Probability
import Sums

extension MultiDGD: EmbeddingModel {
  /// What represents new cells, of any of the fit's modalities, by a fit.
  ///
  /// - Throws: where the fit is not of multiDGD, is damaged, or has other modalities than the data.
  public static func embedding(
    of fit: StoredTree, for data: DataSummary, steps: Int?
  ) throws -> MultiDGDRowEmbedding {
    let file = try MultiDGDFitFile(fit)
    let counts = file.decoder.heads.map(\.biases.count)
    guard data.modalities.map(\.columns.count) == counts else {
      throw ModelError(
        "the fit has modalities of \(counts) features, the data of \(data.modalities.map(\.columns.count))"
      )
    }
    return try MultiDGDRowEmbedding(file, data, steps: steps)
  }
}

/// Represents new cells by a fit of multiDGD: from where the principal components put z, with each covariate at the cell's
/// class if the fit knows it, and from the pair of components that explains the cell best, to the bottom of its loss. A cell
/// of a class that the fit does not know is so placed in the space that was learned, as in the paper.
public struct MultiDGDRowEmbedding: RowEmbedding {
  private let configuration: MultiDGDConfiguration
  private let architecture: DGDArchitecture
  private let embedding: DGDEmbedding
  /// Where cells start; nil: at the components that explain them best.
  private let projection: SpectralProjection?
  private let componentNames: [[String]]
  private let profiles: [MeanProfile]
  private let lossRatio: Double?

  init(_ file: MultiDGDFitFile, _ data: DataSummary, steps: Int?) throws(ModelError) {
    var configuration = file.configuration
    configuration.decoder.embeddingSteps = steps ?? configuration.decoder.embeddingSteps
    // The classes of the fit's cells say nothing about new cells.
    configuration.decoder.labels = nil
    configuration.components = file.spaces[0].space.mixture?.componentCount ?? 0
    var spaces = [try DGDArchitecture.space(configuration.decoder(for: data), data)]
    for space in file.spaces.dropFirst() {
      spaces.append(
        configuration.space(
          ofCovariate: space.name,
          owners: DGDArchitecture.Owners(
            codes: Self.codes(of: space.name, among: space.componentNames, in: data),
            names: space.componentNames)))
    }
    self.configuration = configuration
    architecture = configuration.architecture(
      modalities: data.modalities.map { ($0.name, $0.columns.count, $0.presence) }, spaces)
    embedding = DGDEmbedding(
      decoder: file.network(), spaces: file.spaces.map(\.space),
      optimizers: architecture.spaces.map(\.training.representations),
      rowLimit: configuration.decoder.batch)
    projection = file.projection
    profiles = file.profiles.count == data.modalities.count ? file.profiles : []
    lossRatio = file.lossRatio
    componentNames = file.spaces.map(\.componentNames)
  }

  /// The class of each cell among those of the fit; −1 where it has none of them.
  private static func codes(
    of name: String, among known: [String], in data: DataSummary
  ) -> [Int32] {
    guard let classes = data.rows[name]?.asCategories else {
      return Array(repeating: -1, count: data.rowCount)
    }
    let places = Dictionary(zip(known, Int32(0)...), uniquingKeysWith: { first, _ in first })
    let codes = classes.names.map { places[$0] ?? -1 }
    return classes.codes.map { $0 < 0 ? -1 : codes[Int($0)] }
  }

  /// The fit's settings, without what concerns the fitted cells alone.
  public var settings: StoredTree { configuration.storedTree }

  /// Cells with representations at zero.
  public func lane(from rows: RowData) throws(ModelError) -> DGDLane {
    var uses = DGDLane.Uses()
    uses.test = Array(0..<rows.rows.count)
    return architecture.lane(from: rows, uses: uses)
  }

  /// Represents the cells of some lanes, then measures their losses.
  ///
  /// Local.
  public func represent(
    _ lanes: inout [DGDLane], on workers: Workers, progress: (String) -> Void
  ) {
    let rows = lanes.map(\.uses.test)
    for lane in lanes.indices {
      architecture.placeAtClassMeans(&lanes[lane], rows[lane], of: embedding.spaces)
    }
    if configuration.decoder.embeddingStart == .best {
      let longest = rows.map(\.count).max() ?? 0
      for first in stride(from: 0, to: longest, by: 64) {
        progress("\(first) of \(longest) of a lane")
        _ = embedding.converge(
          &lanes, rows.map { Array($0.dropFirst(first).prefix(64)) }, from: projection,
          limit: configuration.decoder.embeddingSteps, on: workers)
      }
    } else {
      takeFixedSteps(&lanes, rows, on: workers, progress: progress)
    }
    embedding.measure(&lanes, on: workers)
  }

  /// As published: from one start, a number of steps of the training's optimiser.
  private func takeFixedSteps(
    _ lanes: inout [DGDLane], _ rows: [[Int]], on workers: Workers, progress: (String) -> Void
  ) {
    if let projection, configuration.decoder.embeddingStart == .projection {
      embedding.place(&lanes, rows, by: projection)
      embedding.placeAtBestComponents(
        &lanes, rows, ofSpaces: architecture.classSpaces, on: workers)
    } else {
      embedding.placeAtBestComponents(&lanes, rows, on: workers)
    }
    for lane in lanes.indices {
      architecture.placeAtClassMeans(&lanes[lane], rows[lane], of: embedding.spaces)
    }
    for step in 0..<configuration.decoder.embeddingSteps {
      progress("step \(step + 1) of \(configuration.decoder.embeddingSteps)")
      var sums = PartialSums([embedding.lossBlock])
      let outcome = embedding.differentiate(&lanes, rows, into: &sums, on: workers)
      embedding.move(&lanes, outcome.movable, steps: embedding.spaces.map { _ in step + 1 })
    }
  }

  /// The components of each cell, its representations, its losses.
  public func output(_ lane: DGDLane) -> RowOutput {
    architecture.rowOutput(
      lane, embedding.spaces, componentNames: componentNames, profiles: profiles)
  }

  /// −log p(x | z) of each cell, over the modalities that it has.
  public func losses(_ lane: DGDLane) -> [Double] {
    (0..<lane.rows.count).map { position in
      lane.saved.losses.indices.reduce(0) { sum, head in
        lane.values[head].place(of: position) < 0 ? sum : sum + lane.saved.losses[head][position]
      }
    }
  }

  /// The losses by the model without latents, times the part of them that the training cells lose.
  public func expectedLosses(_ lane: DGDLane) -> [Double] {
    guard !profiles.isEmpty, let lossRatio else { return [] }
    let null = profiles.enumerated().map { lane.profileLosses($1, ofHead: $0) }
    return (0..<lane.rows.count).map { position in
      lossRatio * null.reduce(0) { $1[position].isNaN ? $0 : $0 + $1[position] }
    }
  }
}

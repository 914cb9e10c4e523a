import Foundation
import LinearAlgebra
public import Modeling
import Networks

extension Autoencoder {
  /// obs: the split, libraries, losses; obsm: means and variances of the latents.
  public func rowOutput(_ shared: AutoencoderState, _ lane: AutoencoderLane) -> RowOutput {
    var lane = lane
    // A fit that ended before its end: what cells are is said nevertheless, from one draw.
    if lane.saved.libraries.count != lane.rows.count {
      var measure = measure(shared)
      measure.sampleCount = 1
      lane.measure(measure, on: Workers(threadCount: 1))
    }
    let uses = lane.rows.map { Int32(RowUse.allCases.firstIndex(of: split.uses[$0]) ?? 0) }
    var output = Self.rowOutput(lane.saved, latentCount: settings.latent)
    output.columns.insert(
      NamedColumn(
        "distfit_split",
        .categories(codes: uses, names: RowUse.allCases.map(\.rawValue), isOrdered: false)),
      at: 0)
    return output
  }

  /// What was measured of cells, with the names of the files.
  static func rowOutput(_ saved: AutoencoderLane.Saved, latentCount: Int) -> RowOutput {
    RowOutput(
      columns: [
        NamedColumn("\(name)_library", .numbers(saved.libraries)),
        NamedColumn("\(name)_reconstruction", .numbers(saved.reconstruction)),
        NamedColumn("\(name)_divergence", .numbers(saved.divergence)),
        NamedColumn("\(name)_negative_log_marginal", .numbers(saved.marginal)),
        NamedColumn("\(name)_null", .numbers(saved.null)),
      ],
      matrices: [
        NamedMatrix("X_\(name)", width: latentCount, elements: saved.means),
        NamedMatrix("X_\(name)_variance", width: latentCount, elements: saved.variances),
      ])
  }

  /// var: dispersions; varm: loadings; parameters: all that embedding, decoding and sampling need.
  public func sharedOutput(_ shared: AutoencoderState) -> SharedOutput {
    let network = shared.network
    var columns: [NamedColumn] = []
    var matrices: [NamedMatrix] = []
    if network.output.specification.likelihood.hasDispersion {
      let (G, C) = (data.columnCount, dispersionGroups.names.count)
      let dispersions = (0..<G).flatMap { g in
        (0..<C).map { exp(Double(network.output.logDispersions[g, $0])) }
      }
      if C == 1 {
        columns.append(NamedColumn("\(Self.name)_dispersion", .numbers(dispersions)))
      } else {
        matrices.append(
          NamedMatrix(
            "\(Self.name)_dispersions", width: C, elements: dispersions.map { Float($0) }))
      }
    }
    if !network.loadings.isEmpty {
      matrices.append(
        NamedMatrix("\(Self.name)_loadings", width: settings.latent, elements: network.loadings))
      if network.batchCount > 0 {
        matrices.append(
          NamedMatrix(
            "\(Self.name)_batch_loadings", width: network.batchCount,
            elements: network.batchLoadings))
      }
    }
    let file = AutoencoderFile(
      network: network.withoutMoments, libraryPriors: shared.libraryPriors, null: shared.null,
      batches: batches, dispersionGroups: dispersionGroups)
    return SharedOutput(
      columns: columns, matrices: matrices,
      parameters: .group([
        "autoencoder": (try? TreeEncoder.encode(file)) ?? .group([:]),
        "strengths": .doubles(shared.strengths, shape: [shared.strengths.count]),
      ]))
  }
}

/// What a fit file keeps of an autoencoder.
struct AutoencoderFile: Codable, Sendable {
  /// The networks, without their optimiser's moments.
  var network: AutoencoderNetwork<Float>
  /// Prior of the log library of each batch.
  var libraryPriors: [NormalPrior]
  /// The model without latents.
  var null: MeanProfile?
  /// Names of the batches.
  var batches: [String]
  /// Names of the groups that have dispersions of their own.
  var dispersionGroups: [String]
  /// The share of the cells of each batch.
  var batchShares: [Double]
  /// The share of the cells of each such group.
  var dispersionShares: [Double]

  /// The networks of a fit's `uns/distfit`.
  ///
  /// - Throws: `ModelError` or `StoredTreeError` naming what is wrong.
  init(of fit: StoredTree, model: String) throws {
    guard case .string(let name)? = fit["model"], name == model else {
      throw ModelError("this is not a fit of model \(model): uns/distfit/model says so")
    }
    guard let tree = fit["autoencoder"] else {
      throw StoredTreeError(path: "uns/distfit/autoencoder", problem: "is missing")
    }
    self = try TreeDecoder.decode(AutoencoderFile.self, from: tree)
  }

  init(
    network: AutoencoderNetwork<Float>, libraryPriors: [NormalPrior], null: MeanProfile?,
    batches: RowGroups, dispersionGroups: RowGroups
  ) {
    self.network = network
    self.libraryPriors = libraryPriors
    self.null = null
    self.batches = batches.names
    self.dispersionGroups = dispersionGroups.names
    batchShares = batches.shares
    dispersionShares = dispersionGroups.shares
  }
}

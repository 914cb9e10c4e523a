import Foundation
public import Modeling
import Networks
import Probability

extension DGDModel {
  /// obs: the split, the component of each cell with its probability; obsm: the representation.
  public func rowOutput(_ shared: Shared, _ lane: Lane) -> RowOutput {
    let L = configuration.latent
    var columns: [NamedColumn] = []
    if fit == nil {
      let uses = lane.rows.map { Int32(RowUse.allCases.firstIndex(of: split.uses[$0]) ?? 0) }
      columns.append(
        NamedColumn(
          "distfit_split",
          .categories(codes: uses, names: RowUse.allCases.map(\.rawValue), isOrdered: false)))
    }
    if let mixture = shared.mixture {
      var codes: [Int32] = []
      var probabilities: [Double] = []
      for position in 0..<lane.rows.count {
        let z = lane.saved.representations[position * L..<(position + 1) * L].map { Double($0) }
        let shares = mixture.responsibilities(z)
        let best = shares.indices.max { shares[$0] < shares[$1] } ?? 0
        codes.append(Int32(best))
        probabilities.append(shares[best])
      }
      columns += [
        NamedColumn(
          "dgd_component",
          .categories(codes: codes, names: componentNames, isOrdered: false)),
        NamedColumn("dgd_component_probability", .numbers(probabilities)),
      ]
    }
    columns += [
      NamedColumn("dgd_scale", .numbers(lane.scales.map { Double($0) })),
      NamedColumn("dgd_negative_log_likelihood", .numbers(lane.saved.losses)),
      NamedColumn("dgd_squared_error", .numbers(lane.saved.squaredErrors)),
    ]
    return RowOutput(
      columns: columns,
      matrices: [
        NamedMatrix(
          "X_dgd", width: L, elements: lane.saved.representations.map { Float($0) })
      ])
  }

  /// Supervised components carry their class's name, others their number.
  private var componentNames: [String] {
    if let fit { return fit.componentNames }
    guard configuration.supervised, let classes else {
      return (0..<componentCount).map(String.init)
    }
    let each = configuration.componentsPerClass
    return (0..<componentCount).map { k in
      each == 1 ? classes.names[k] : "\(classes.names[k / each]) \(k % each + 1)"
    }
  }

  /// var: the dispersion of each gene; parameters: decoder and mixture, all that embedding, sampling and
  /// decoding need.
  public func sharedOutput(_ shared: Shared) -> SharedOutput {
    let dispersions = shared.output.logDispersions.map { 1 + exp(Double($0)) }
    var columns: [NamedColumn] = []
    if configuration.likelihood == .negativeBinomial {
      columns.append(NamedColumn("dgd_dispersion", .numbers(dispersions)))
    }
    return SharedOutput(
      columns: columns,
      parameters: .group([
        "decoder": DGDDecoderFile(shared).storedTree,
        "mixture": shared.mixture.map { mixtureTree($0, shared.mixturePrior) } ?? .group([:]),
        "projection": shared.projection?.storedTree ?? .group([:]),
      ]))
  }

  private func mixtureTree(
    _ mixture: GaussianMixture, _ prior: GaussianMixturePrior
  ) -> StoredTree {
    let (K, L) = (mixture.componentCount, mixture.dimension)
    return .group([
      "means": .doubles(mixture.means, shape: [K, L]),
      "log_precisions": .doubles(
        mixture.logPrecisions, shape: mixture.isIsotropic ? [K] : [K, L]),
      "weight_logits": .doubles(mixture.weightLogits, shape: [K]),
      "weights": .doubles(mixture.weights, shape: [K]),
      "names": .strings(componentNames),
      "classes": .integers(mixture.classes.map(Int64.init), shape: [mixture.classes.count]),
      "isotropic": .flag(mixture.isIsotropic),
      "prior": (try? TreeEncoder.encode(prior)) ?? .group([:]),
    ])
  }
}

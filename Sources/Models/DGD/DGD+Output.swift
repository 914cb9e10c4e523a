import Foundation
public import Modeling
import Networks
import Probability

extension DGD {
  /// obs: the split, the component of each cell with its probability; obsm: the representation.
  public func rowOutput(_ shared: DGDShared, _ lane: DGDLane) -> RowOutput {
    let uses = lane.rows.map { Int32(RowUse.allCases.firstIndex(of: split.uses[$0]) ?? 0) }
    var output = architecture.rowOutput(
      lane, shared.spaces, componentNames: architecture.spaces.map(\.componentNames),
      profiles: shared.profiles)
    output.columns.insert(
      NamedColumn(
        "distfit_split",
        .categories(codes: uses, names: RowUse.allCases.map(\.rawValue), isOrdered: false)),
      at: 0)
    return output
  }

  /// var: the dispersion of each gene; parameters: decoder and mixture, all that embedding, sampling and
  /// decoding need.
  public func sharedOutput(_ shared: DGDShared) -> SharedOutput {
    let head = shared.decoder.heads[0]
    var columns: [NamedColumn] = []
    if configuration.likelihood == .negativeBinomial {
      columns.append(
        NamedColumn(
          "dgd_dispersion", .numbers(DGDDecoderFile(head).dispersions)))
    }
    let space = shared.spaces[0]
    var parameters: [String: StoredTree] = [
      "decoder": DGDDecoderFile(head).storedTree,
      "mixture": space.storedTree(componentNames: architecture.spaces[0].componentNames),
      "null": shared.profiles.first?.storedTree ?? .group([:]),
      "projection": shared.projection?.storedTree ?? .group([:]),
    ]
    parameters["loss_ratio"] = shared.lossRatio.map { .number($0) }
    return SharedOutput(columns: columns, parameters: .group(parameters))
  }
}

extension DGDLane {
  /// Whether a cell has counts of no kind; cells of real values are never empty.
  func hasNoCounts(_ position: Int) -> Bool {
    values.allSatisfy { values in
      let place = values.place(of: position)
      guard case .counts(let counts) = values.matrix else { return false }
      return place < 0 || counts.nonZeroCount(ofRow: place) == 0
    }
  }
}

extension DGDArchitecture {
  /// Of more components than these the responsibilities are not written.
  private static var largestResponsibilityCount: Int { 256 }

  /// The component of each cell with its probability, and all components' responsibilities.
  private func componentOutput(
    _ lane: DGDLane, _ mixture: GaussianMixture, _ table: Representations, _ names: [String],
    _ suffix: String
  ) -> RowOutput {
    var output = RowOutput()
    var codes: [Int32] = []
    var probabilities: [Double] = []
    var responsibilities: [Float] = []
    for position in 0..<lane.rows.count {
      // A cell without counts says nothing: it has no component, and the weights are its responsibilities.
      let isEmpty = lane.hasNoCounts(position)
      let shares =
        isEmpty ? mixture.weights : mixture.responsibilities(table.point(position))
      let best = shares.indices.max { shares[$0] < shares[$1] } ?? 0
      codes.append(isEmpty ? -1 : Int32(best))
      probabilities.append(isEmpty ? .nan : shares[best])
      responsibilities += shares.map { Float($0) }
    }
    if mixture.componentCount <= Self.largestResponsibilityCount {
      output.matrices.append(
        NamedMatrix(
          "X_\(modelName)_responsibilities\(suffix)", width: mixture.componentCount,
          elements: responsibilities))
    }
    output.columns += [
      NamedColumn(
        "\(modelName)_component\(suffix)",
        .categories(codes: codes, names: names, isOrdered: false)),
      NamedColumn("\(modelName)_component_probability\(suffix)", .numbers(probabilities)),
    ]
    return output
  }

  /// What a fit says about the cells of a lane: components, scales, losses, representations. Names of further kinds
  /// of data and spaces end with theirs.
  func rowOutput(
    _ lane: DGDLane, _ spaces: [LatentSpace], componentNames: [[String]],
    profiles: [MeanProfile] = []
  ) -> RowOutput {
    var columns: [NamedColumn] = []
    var matrices: [NamedMatrix] = []
    for (s, space) in spaces.enumerated() {
      let suffix = s == 0 ? "" : "_\(suffix(ofSpace: s))"
      let table = lane.saved.spaces[s]
      if let mixture = space.mixture {
        let found = componentOutput(lane, mixture, table, componentNames[s], suffix)
        columns += found.columns
        matrices += found.matrices
      }
      matrices.append(
        NamedMatrix("X_\(modelName)\(suffix)", width: space.dimension, elements: table.values))
    }
    for (h, head) in heads.enumerated() {
      let suffix = head.name.isEmpty ? "" : "_\(head.name)"
      let scales = (0..<lane.rows.count).map { position in
        let place = lane.values[h].place(of: position)
        return place < 0 ? Double.nan : Double(lane.values[h].scales[place])
      }
      columns += [
        NamedColumn("\(modelName)_scale\(suffix)", .numbers(scales)),
        NamedColumn(
          "\(modelName)_negative_log_likelihood\(suffix)", .numbers(lane.saved.losses[h])),
        NamedColumn("\(modelName)_squared_error\(suffix)", .numbers(lane.saved.squaredErrors[h])),
      ]
      guard head.likelihood.hasDispersion else { continue }
      let calibration = lane.saved.calibrations[h]
      columns += [
        NamedColumn("\(modelName)_zeros\(suffix)", .numbers(calibration.zeros)),
        NamedColumn("\(modelName)_expected_zeros\(suffix)", .numbers(calibration.expectedZeros)),
        NamedColumn("\(modelName)_squared_residual\(suffix)", .numbers(calibration.residuals)),
      ]
      if h < profiles.count {
        columns.append(
          NamedColumn(
            "\(modelName)_null_negative_log_likelihood\(suffix)",
            .numbers(lane.profileLosses(profiles[h], ofHead: h))))
      }
    }
    return RowOutput(columns: columns, matrices: matrices)
  }
}

extension DGDArchitecture.Space {
  /// Components that a class owns carry its name, others their number.
  var componentNames: [String] {
    guard let owners else { return (0..<componentCount).map(String.init) }
    let each = owners.componentsPerClass
    return (0..<componentCount).map { k in
      each == 1 ? owners.names[k] : "\(owners.names[k / each]) \(k % each + 1)"
    }
  }
}

extension LatentSpace {
  /// The mixture for the fit file; without one an empty group.
  func storedTree(componentNames: [String]) -> StoredTree {
    guard let mixture else { return .group([:]) }
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

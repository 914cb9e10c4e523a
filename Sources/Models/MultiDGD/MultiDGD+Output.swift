public import Modeling
import Networks

extension MultiDGD {
  /// var of each modality: the dispersion of each feature; parameters: decoder and latent spaces, all that embedding and
  /// decoding need.
  public func sharedOutput(_ shared: DGDShared) -> SharedOutput {
    let architecture = machine.architecture
    let columns = shared.decoder.heads.map { head in
      ColumnOutput(columns: [
        NamedColumn("multidgd_dispersion", .numbers(DGDDecoderFile(head).dispersions))
      ])
    }
    let spaces = zip(shared.spaces, architecture.spaces).enumerated().map { index, pair in
      let (space, shape) = pair
      var tree = space.storedTree(componentNames: shape.componentNames)
      if case .group(var members) = tree {
        members["name"] = .string(shape.name)
        members["dimension"] = .integer(Int64(shape.dimension))
        tree = .group(members)
      }
      return (String(index), tree)
    }
    let profiles = shared.profiles.enumerated().map { (String($0), $1.storedTree) }
    var parameters: [String: StoredTree] = [
      "modalities": .strings(machine.data.modalities.map(\.name)),
      "decoder": MultiDGDDecoderFile(shared.decoder, of: machine.data).storedTree,
      "spaces": .group(Dictionary(uniqueKeysWithValues: spaces)),
      "projection": shared.projection?.storedTree ?? .group([:]),
    ]
    parameters["null"] = .group(Dictionary(uniqueKeysWithValues: profiles))
    parameters["loss_ratio"] = shared.lossRatio.map { .number($0) }
    var output = SharedOutput(
      columns: columns.count == 1 ? columns[0].columns : [], parameters: .group(parameters))
    output.ofModalities = columns.count == 1 ? [] : columns
    return output
  }
}

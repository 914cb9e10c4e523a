public import Modeling

extension DGD {
  /// The mask's matrix, where the settings name one.
  public static func attachments(_ configuration: DGDConfiguration) -> Attachments {
    Attachments(columnMatrices: configuration.mask.map { [$0] } ?? [])
  }

  /// Positions g · H + h of the output weights that do not exist: where the mask (`varm`, genes × H) is zero.
  ///
  /// A weight that starts at zero and whose gradient is cleared stays zero: Adam's moments and decay of it are
  /// zero, too.
  ///
  /// - Throws: `ModelError` where the mask does not go with the decoder.
  static func absentWeights(
    _ configuration: DGDConfiguration, _ data: DataSummary
  ) throws(ModelError) -> [Int] {
    guard let name = configuration.mask, let mask = data.columnMatrices[name] else { return [] }
    let width = configuration.hidden.last ?? configuration.latent
    guard mask.width == width else {
      let flag = configuration.hidden.isEmpty ? "--latent" : "the last of --hidden"
      throw ModelError(
        "--mask: varm/\(name) has \(mask.width) columns, the output layer \(width) inputs: set \(flag) to \(mask.width)"
      )
    }
    return mask.elements.indices.filter { mask.elements[$0] == 0 }
  }
}

import LinearAlgebra
public import Modeling
import Networks

extension MultiDGD: DecodingModel {
  /// The decoder of a fit of one modality.
  ///
  /// - Throws: where the fit has several: which one is wanted has to be said.
  public static func decoder(of fit: StoredTree) throws -> any RowDecoder {
    try decoder(of: fit, DecodingRequest())
  }

  /// The decoder of one modality of a fit, with covariates held at classes if so asked.
  ///
  /// - Throws: where the fit has no such modality, covariate or class.
  public static func decoder(
    of fit: StoredTree, _ request: DecodingRequest
  ) throws -> any RowDecoder {
    let file = try MultiDGDFitFile(fit)
    let names = file.decoder.names
    guard let head = names.count == 1 ? 0 : names.firstIndex(of: request.modality ?? "") else {
      let asked = request.modality.map { "there is no modality \"\($0)\"" } ?? "say which modality"
      throw ModelError("--modality: \(asked); the fit has \(names.joined(separator: ", "))")
    }
    var held: [(column: Int, value: Float)] = []
    for (name, label) in request.covariates.sorted(by: { $0.key < $1.key }) {
      guard
        let index = file.spaces.indices.dropFirst().first(where: { file.spaces[$0].name == name })
      else {
        let known = file.spaces.dropFirst().map(\.name).joined(separator: ", ")
        throw ModelError(
          "--as-covariate: the fit has no covariate \"\(name)\" (\(known.isEmpty ? "it has none" : "it has \(known)"))"
        )
      }
      let space = file.spaces[index]
      guard let place = space.componentNames.firstIndex(of: label),
        let mixture = space.space.mixture
      else {
        throw ModelError(
          "--as-covariate: \(name) has no class \"\(label)\" (it has \(space.componentNames.prefix(8).joined(separator: ", ")))"
        )
      }
      held += zip(file.columns[index], mixture.meanPoint(place)).map { (column: $0, value: $1) }
    }
    return MultiDGDRowDecoder(
      decoder: file.network(), head: head, held: held,
      latentCounts: file.spaces.map(\.space.dimension),
      representationNames: file.representationNames,
      scaleName: names.count == 1 ? "multidgd_scale" : "multidgd_scale_\(names[head])",
      usualScale: file.decoder.meanTotals[head])
  }
}

/// Representations to expected counts of one modality.
private struct MultiDGDRowDecoder: RowDecoder {
  let decoder: DecoderNetwork
  let head: Int
  /// Inputs of the decoder that are the same for all cells.
  let held: [(column: Int, value: Float)]
  let latentCounts: [Int]
  let representationNames: [String]
  let scaleName: String
  let usualScale: Double?
  let workers = Workers(threadCount: 1)
  var representationName: String { representationNames[0] }
  var latentCount: Int { latentCounts.reduce(0, +) }

  func expectedValues(representations: [Float], scales: [Float]) -> [Float] {
    var inputs = representations
    for row in scales.indices {
      for (column, value) in held { inputs[row * latentCount + column] = value }
    }
    let hidden = decoder.hidden(inputs, rowCount: scales.count, head: head, on: workers)
    return decoder.heads[head].output.means(hidden: hidden, scales: scales, on: workers)
  }
}

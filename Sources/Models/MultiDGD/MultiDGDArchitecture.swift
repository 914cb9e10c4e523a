import Modeling
import Networks
import Probability

extension MultiDGDConfiguration {
  /// The settings of the decoder for these data: components as many as there are classes.
  ///
  /// - Throws: `ModelError` naming a column of labels that is not there.
  func decoder(for data: DataSummary) throws(ModelError) -> DGDConfiguration {
    var settings = decoder
    let classes = try decoder.classes(of: data)?.names.count
    settings.componentsAreLabels = false
    settings.components = components ?? classes ?? decoder.components
    return settings
  }

  /// Trunk, a head for each modality, and the latent spaces: the cells', then one for each covariate.
  ///
  /// - Throws: `ModelError` naming a column that is not there, or holds no classes.
  func architecture(for data: DataSummary) throws(ModelError) -> DGDArchitecture {
    let settings = try decoder(for: data)
    var spaces = [try DGDArchitecture.space(settings, data)]
    for name in covariates { spaces.append(try space(ofCovariate: name, data)) }
    return architecture(
      modalities: data.modalities.map { ($0.name, $0.columns.count, $0.presence) }, spaces)
  }

  /// The networks for modalities of these names, numbers of features and rows.
  func architecture(
    modalities: [(name: String, columnCount: Int, presence: [Bool])],
    _ spaces: [DGDArchitecture.Space]
  ) -> DGDArchitecture {
    var result = DGDArchitecture(
      trunk: trunk,
      heads: modalities.map { modality in
        let root = Int(Double(modality.columnCount).squareRoot().rounded())
        return DGDArchitecture.Head(
          name: modalities.count > 1 ? modality.name : "",
          hidden: head + [headWidth ?? max(head.last ?? trunk.last ?? 100, root)],
          columnCount: modality.columnCount,
          likelihood: .negativeBinomial, link: .softmax, scaling: .total,
          estimatesDispersions: decoder.estimatesDispersions,
          presence: modality.presence)
      }, spaces: spaces, products: decoder.products.network)
    result.modelName = MultiDGD.name
    result.absolutePenalty = absolutePenalty
    if result.heads.count == 1 {
      // One kind of data shares nothing: the deep generative decoder, to the bit.
      result.heads[0].hidden = trunk + result.heads[0].hidden
      result.trunk = []
    }
    return result
  }

  /// A covariate's latent space, whose classes own a component each.
  private func space(
    ofCovariate name: String, _ data: DataSummary
  ) throws(ModelError) -> DGDArchitecture.Space {
    let classes = try data.rows.classes(name, in: "--covariates: obs")
    guard !classes.names.isEmpty else {
      throw ModelError("--covariates: obs column \"\(name)\" has no class in any cell")
    }
    return space(
      ofCovariate: name,
      owners: DGDArchitecture.Owners(codes: classes.codes, names: classes.names))
  }

  /// A covariate's latent space for these classes.
  func space(
    ofCovariate name: String, owners: DGDArchitecture.Owners
  ) -> DGDArchitecture.Space {
    let count = owners.names.count
    return DGDArchitecture.Space(
      name: name, dimension: covariateLatent, componentCount: count, isIsotropic: true,
      prior: GaussianMixturePrior(
        radius: covariateRadius, hardness: covariateHardness,
        sigma: covariateSigma ?? max(1e-3, 0.2 * covariateRadius / Double(count)), spread: 1,
        concentration: covariateDirichlet),
      owners: owners,
      training: LatentSpaceTraining(
        priorWeight: decoder.priorWeight == .perSample ? .oncePerRow : .oncePerEpoch,
        keepsPrecisions: false,
        supervisionFactor: covariateSupervision == .classes ? Double(count) : 1,
        mixture: decoder.adam(rate: covariateRate ?? decoder.representationRate / 10),
        representations: .adam(decoder.adam(rate: decoder.representationRate))),
      startsAtClasses: true)
  }
}

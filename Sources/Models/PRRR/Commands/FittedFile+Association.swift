import Fitting
import Modeling
import Models

extension FittedFile {
  /// The fit as one of associations.
  ///
  /// - Throws: `ModelError` where it is of a model without covariates, or damaged.
  func association() throws -> AssociationFit {
    let type = try model(among: allModels, ability: "relate covariates to genes") {
      $0 as? any AssociationModel.Type
    }
    return try AssociationFit(fit, link: type.link)
  }
}

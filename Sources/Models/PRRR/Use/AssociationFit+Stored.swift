import LinearAlgebra
import Modeling

extension Matrix<Double> {
  /// A matrix that a fit file holds; nil where there is none of that shape.
  init?(storedTree: StoredTree?) {
    guard case .doubles(let elements, let shape)? = storedTree, shape.count == 2 else { return nil }
    self.init(rowCount: shape[0], columnCount: shape[1], elements: elements)
  }

  /// A matrix that a fit file holds; nil where there is none of these rows and columns.
  init?(storedTree: StoredTree?, rows: Int, columns: Int) {
    self.init(storedTree: storedTree)
    guard rowCount == rows, columnCount == columns else { return nil }
  }
}

extension AssociationFit.Posterior {
  /// `uns/distfit/posterior` of a fit; nil where a part of it is missing or has another shape.
  init?(storedTree: StoredTree?, covariateCount p: Int, geneCount q: Int) {
    guard let u = Matrix(storedTree: storedTree?["covariate_means"]),
      let v = Matrix(storedTree: storedTree?["gene_means"]),
      let du = Matrix(storedTree: storedTree?["covariate_deviations"]),
      let dv = Matrix(storedTree: storedTree?["gene_deviations"]),
      u.rowCount == p, v.rowCount == q, du.rowCount == p, dv.rowCount == q,
      [v, du, dv].allSatisfy({ $0.columnCount == u.columnCount })
    else { return nil }
    self.init(
      covariateMeans: u, geneMeans: v, covariateDeviations: du, geneDeviations: dv)
  }
}

extension CovariateSources {
  /// Where the covariates of a fit came from, by its settings.
  init(storedTree fit: StoredTree) {
    func words(_ setting: String) -> [String] {
      switch fit.node(at: "settings/\(setting)") {
      case .strings(let words)?: words
      case .string(let word)?: [word]
      default: []
      }
    }
    self.init()
    columns = words("covariates")
    matrices = words("covariates-from")
    // A setting that is not set is stored as this word.
    donorKey = words("donor-key").first { $0 != "none" }
  }
}

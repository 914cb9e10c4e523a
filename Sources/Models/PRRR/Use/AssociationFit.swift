public import LinearAlgebra
public import Modeling
import RealModule

/// A model of counts given covariates, whose fits predict new rows and tell associations.
public protocol AssociationModel: EvaluableModel, GenotypeModel {
  /// How a row's linear predictor becomes its expected count.
  static var link: AssociationFit.Link { get }
}

extension PRRR: AssociationModel {
  /// Nothing to set.
  public typealias Evaluation = AssociationEvaluation
  /// Rates are exponentials of the predictors.
  public static let link = AssociationFit.Link.log

  /// The setting `donor-key`.
  public static func donorKey(_ configuration: Configuration) -> String? {
    configuration.sources.donorKey
  }
}

extension NonnegativePRRR: AssociationModel {
  /// Nothing to set.
  public typealias Evaluation = AssociationEvaluation
  /// Rates are the predictors themselves.
  public static let link = AssociationFit.Link.identity

  /// The setting `donor-key`.
  public static func donorKey(_ configuration: Configuration) -> String? {
    configuration.sources.donorKey
  }
}

extension GaussianRRR: AssociationModel {
  /// Nothing to set.
  public typealias Evaluation = AssociationEvaluation
  /// Of log(count + 1).
  public static let link = AssociationFit.Link.logCounts

  /// The setting `donor-key`.
  public static func donorKey(_ configuration: Configuration) -> String? {
    configuration.sources.donorKey
  }
}

/// A fit of PRRR, nn-PRRR or Gaussian RRR, read for use.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | U | loadings of covariates | p × k | `covariateLoadings` |
/// | V | loadings of genes | q × k | `geneLoadings` |
/// | v0 | intercepts | q | `intercepts` |
/// | B = U Vᵀ | coefficients | p × q | ``effects(of:factor:)`` |
///
/// Full-rank fits have U = identity.
public struct AssociationFit: Sendable {
  /// How a row's linear predictor η becomes its expected count.
  public enum Link: Sendable {
    /// s exp η.
    case log
    /// Rates are s η, the exposure times the predictor.
    case identity
    /// exp η − 1, the inverse of the logarithm that was fitted; no size factor.
    case logCounts
  }

  /// The means and standard deviations of U and V under the approximate posterior, whose entries are
  /// independent of each other; not in canonical form.
  public struct Posterior: Sendable {
    /// E U, the posterior means of the covariates' loadings.
    public let covariateMeans: Matrix<Double>
    /// E V, q × k.
    public let geneMeans: Matrix<Double>
    /// Standard deviations of U.
    public let covariateDeviations: Matrix<Double>
    /// Standard deviations of V, q × k.
    public let geneDeviations: Matrix<Double>
  }

  /// How rates follow from predictors.
  public let link: Link
  /// How covariates are coded.
  public let design: CovariateDesign
  /// Where the fit's covariates came from.
  package let sources: CovariateSources
  /// U, loadings of the covariates, p × k.
  public let covariateLoadings: Matrix<Double>
  /// V, loadings of the genes.
  public let geneLoadings: Matrix<Double>
  /// v0; zeros where the model has none.
  public let intercepts: [Double]
  /// Of variational fits.
  public let posterior: Posterior?
  /// Standard deviations of U in canonical form; nil where the fit states none.
  let covariateDeviations: Matrix<Double>?
  /// Standard deviations of V in canonical form, q × k; nil where the fit states none.
  let geneDeviations: Matrix<Double>?
  /// Of a maximum: the covariances of each gene's loadings given U, upper triangles; nil where there are none.
  let geneCovariances: [Double]?
  /// x̄, weighted by size factors; nil where the fit does not state it.
  let covariateMeans: [Double]?
  /// The mean size factor of the fitted rows; 1 where there are none.
  public let typicalSize: Double
  /// Whether the factors are the covariates themselves.
  public let isFullRank: Bool

  /// p, the number of covariates.
  public var covariateCount: Int { covariateLoadings.rowCount }
  /// q, the number of genes.
  public var geneCount: Int { geneLoadings.rowCount }
  /// k, the number of factors.
  public var factorCount: Int { covariateLoadings.columnCount }

  /// Reads `uns/distfit` of a fit.
  ///
  /// - Throws: `ModelError` where a part is missing.
  public init(_ fit: StoredTree, link: Link) throws(ModelError) {
    self.link = link
    design = try CovariateDesign(storedTree: fit["design"])
    let p = design.columns.count
    guard let stored = Matrix(storedTree: fit["covariate_loadings"]), stored.rowCount == p else {
      throw ModelError("uns/distfit/covariate_loadings is missing or damaged; fit again")
    }
    if let genes = Matrix(storedTree: fit["gene_loadings"]) {
      guard genes.columnCount == stored.columnCount else {
        throw ModelError("uns/distfit/gene_loadings does not fit the loadings of the covariates")
      }
      covariateLoadings = stored
      geneLoadings = genes
      isFullRank = fit.node(at: "settings/full-rank") == .flag(true)
    } else {
      covariateLoadings = .identity(p)
      geneLoadings = stored.transposed()
      isFullRank = true
    }
    let genes = geneLoadings.rowCount
    if case .doubles(let values, _)? = fit["intercepts"], values.count == genes {
      intercepts = values
    } else {
      intercepts = Array(repeating: 0, count: genes)
    }
    sources = CovariateSources(storedTree: fit)
    if case .number(let size)? = fit["typical_size_factor"] {
      typicalSize = size
    } else {
      typicalSize = 1
    }
    covariateDeviations = Matrix(
      storedTree:
        fit["covariate_loading_deviations"], rows: p, columns: covariateLoadings.columnCount)
    geneDeviations = Matrix(
      storedTree:
        fit["gene_loading_deviations"], rows: genes, columns: covariateLoadings.columnCount)
    let k = geneLoadings.columnCount
    geneCovariances =
      Matrix(
        storedTree:
          fit["gene_loading_covariances"], rows: genes, columns: k * (k + 1) / 2)?.elements
    if case .doubles(let means, _)? = fit["covariate_means"], means.count == p {
      covariateMeans = means
    } else {
      covariateMeans = nil
    }
    if link == .identity, let du = covariateDeviations, let dv = geneDeviations {
      posterior = Posterior(
        covariateMeans: covariateLoadings, geneMeans: geneLoadings, covariateDeviations: du,
        geneDeviations: dv)
    } else {
      posterior = Posterior(storedTree: fit["posterior"], covariateCount: p, geneCount: genes)
    }
  }

  // MARK: - Prediction

  /// Names in obsm of the matrices that new rows need.
  public var matrixNames: [String] { sources.matrixNames }

  /// Whether new rows need genotypes of their donors.
  public var needsGenotypes: Bool { design.columns.contains { $0.isGenotype } }

  /// Covariates of new rows, coded as the fit's.
  ///
  /// - Parameters:
  ///   - matrices: of obsm, ``matrixNames``.
  ///   - genotypes: of the rows' donors, counting the alleles of the fit's ``CovariateDesign/variants``.
  /// - Throws: `ModelError` for a covariate that is missing or a level that the fit has not seen.
  public func covariates(
    of rows: Table, matrices: [String: NamedMatrix] = [:], genotypes: Genotypes? = nil
  ) throws(ModelError) -> DesignMatrix {
    try design.matrix(
      sources.covariates(rows: rows, matrices: matrices, genotypes: genotypes),
      rowCount: rows.count)
  }

  /// Expected counts of some rows, row-major; NaN for rows that lack a covariate.
  ///
  ///     s_n exp(x_n U V + v0),   s_n x_n U V,   or   exp(x_n U V + v0) − 1
  ///
  /// - Parameter sizes: s, of all rows.
  public func expectedCounts(
    _ covariates: DesignMatrix, rows: Range<Int>, sizes: [Double]
  ) -> [Float] {
    let q = geneCount
    let chosen = Matrix(
      rowCount: rows.count, columnCount: covariateCount,
      elements: rows.flatMap { covariates.values.row($0) })
    let predictors = matrixProduct(
      matrixProduct(chosen, covariateLoadings), geneLoadings, transposing: .second)
    var result = Array(repeating: Float.nan, count: rows.count * q)
    for (position, row) in rows.enumerated() where !covariates.isIncomplete[row] {
      for gene in 0..<q {
        let predictor = predictors[position, gene] + intercepts[gene]
        let bounded = min(predictor, PoissonLimits.largestPredictor)
        let value: Double
        switch link {
        case .log: value = sizes[row] * .exp(bounded)
        case .identity: value = sizes[row] * predictor
        case .logCounts: value = .expMinusOne(bounded)
        }
        result[position * q + gene] = Float(value)
      }
    }
    return result
  }
}

import Optimization
public import Probability

/// A latent space: a Gaussian mixture over representations, the mixture's prior, and what their optimisers keep.
/// What everyone shares of it; the representations themselves belong to rows (`Representations`).
///
///     minimise  Σ_i −log p(z_i | φ)  −  ω log p(φ)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | z_i | representation of row i | L | `Representations.values` |
/// | φ | mixture: means μ, log precisions ν, logits w | K(2L+1), or K(L+2) isotropic | `mixture` |
/// | p(φ) | softball, log-normal and Dirichlet prior | | `prior` |
/// | ω | how often the prior counts | | `LatentSpaceTraining.priorWeight` |
///
/// Where classes own components, a row with a label is drawn to its class's components only; a row without one
/// has the density of the whole mixture.
///
/// Source: Schuster and Krogh 2023, doi:10.1093/bioinformatics/btad497.
public struct LatentSpace: Codable, Sendable {
  /// L, the dimension of the representations.
  public let dimension: Int
  /// The mixture; nil: nothing is known about representations beforehand.
  public var mixture: GaussianMixture?
  /// The mixture's prior.
  public var prior: GaussianMixturePrior
  /// First moments of the mixture's Adam, in the order of `GaussianMixture.parameters`.
  public var firstMoments: [Double]
  /// Second moments of it.
  public var secondMoments: [Double]
  /// Steps of the mixture's Adam.
  public var mixtureSteps = 0
  /// Steps of the representations' optimiser.
  public var representationSteps = 0
  /// Root mean squares that the dimensions of the representations are held at; empty: they are free.
  public var scales: [Double] = []

  /// A space before its first step.
  public init(dimension: Int, mixture: GaussianMixture?, prior: GaussianMixturePrior) {
    self.dimension = dimension
    self.mixture = mixture
    self.prior = prior
    firstMoments = Array(repeating: 0, count: mixture?.parameters.count ?? 0)
    secondMoments = firstMoments
  }

  /// Numbers in the mixture's gradient; 0 without a mixture.
  var gradientCount: Int { mixture?.parameters.count ?? 0 }
}

/// How a latent space is trained: settings, the same at every step.
package struct LatentSpaceTraining: Sendable, Equatable {
  /// How often the mixture's prior counts.
  package enum PriorWeight: Sendable {
    /// Each minibatch has its share of one prior.
    case oncePerEpoch
    /// Every row brings the whole prior.
    case oncePerRow
  }

  /// ω, how much the mixture's prior weighs.
  package var priorWeight: PriorWeight
  /// Whether ν stays as it starts.
  package var keepsPrecisions: Bool
  /// The factor C of the density of rows with a label: the number of classes, as in the reference code.
  package var supervisionFactor: Double
  /// What moves the mixture.
  package var mixture: AdamSettings
  /// What moves representations.
  package var representations: RepresentationOptimizer

  /// How a latent space is trained.
  package init(
    priorWeight: PriorWeight, keepsPrecisions: Bool, supervisionFactor: Double,
    mixture: AdamSettings, representations: RepresentationOptimizer
  ) {
    self.priorWeight = priorWeight
    self.keepsPrecisions = keepsPrecisions
    self.supervisionFactor = supervisionFactor
    self.mixture = mixture
    self.representations = representations
  }
}

/// The gradient by a decoder's inputs, rows × width, of which a latent space reads its own columns.
struct InputGradient {
  /// ∂ loss of the data / ∂ inputs, row-major.
  let values: [Float]
  /// Inputs of the decoder: the dimensions of all spaces together.
  let width: Int
  /// The space's first column.
  let firstColumn: Int
  /// The row of the first of the rows that are asked for.
  let firstRow: Int

  /// The gradient by dimension l of the space of the row at an offset from the first.
  func callAsFunction(_ offset: Int, _ l: Int) -> Float {
    values[(firstRow + offset) * width + firstColumn + l]
  }
}

extension LatentSpace {
  /// Adds −log p(z) of some rows of a lane, and leaves with each row its whole gradient, the data's part included.
  ///
  ///     ∂/∂z_i = ∂(−log p(x_i | z_i))/∂z_i + ∂(−log p(z_i | φ))/∂z_i
  ///
  /// Local.
  /// - Parameters:
  ///   - rows: positions within the lane, in the order of the data's gradient.
  ///   - labels: class of each row of the lane, negative without one; empty: no row has one.
  ///   - factor: C, for rows with a label.
  func differentiate(
    _ rows: ArraySlice<Int>, of table: inout Representations, labels: [Int32] = [],
    factor: Double = 1, dataGradient: InputGradient
  ) -> Terms {
    var gradient = mixture.map(GaussianMixtureGradient.init)
    var terms = Terms(losses: [])
    terms.losses.reserveCapacity(rows.count)
    let zeros = [Double](repeating: 0, count: dimension)
    for (offset, row) in rows.enumerated() {
      var byRow = zeros
      if let mixture {
        let label = labels.isEmpty || labels[row] < 0 ? nil : Int(labels[row])
        let term = gradient?.add(table.point(row), of: mixture, label: label, factor: factor)
        terms.losses.append(term?.loss ?? 0)
        byRow = term?.byRow ?? zeros
      } else {
        terms.losses.append(0)
      }
      for l in 0..<dimension {
        table.gradients[row * dimension + l] = dataGradient(offset, l) + Float(byRow[l])
      }
    }
    terms.gradient = gradient?.parameters ?? []
    return terms
  }

  /// What a mixture says about some rows.
  struct Terms {
    /// −log p(z) of each.
    var losses: [Double]
    /// ∂/∂φ of their sum; empty without a mixture.
    var gradient: [Double] = []
  }

  /// One step of the mixture's Adam along the gradient of some rows, with their share of the prior's.
  ///
  /// Local; the same on every rank.
  /// - Parameters:
  ///   - gradient: ∂/∂φ of Σ −log p(z), summed over everyone.
  ///   - rowCount: rows that it is summed over.
  ///   - epochRows: rows of an epoch.
  package mutating func moveMixture(
    along gradient: [Double], rowCount: Int, epochRows: Int, as training: LatentSpaceTraining
  ) {
    guard var mixture else { return }
    let weight =
      training.priorWeight == .oncePerRow
      ? Double(rowCount) : Double(rowCount) / Double(epochRows)
    var total = zip(gradient, prior.negativeGradient(mixture)).map { $0 + weight * $1 }
    mixtureSteps += 1
    let before = mixture.logPrecisions
    if training.keepsPrecisions {
      for index in mixture.means.count..<mixture.means.count + before.count { total[index] = 0 }
    }
    var parameters = mixture.parameters
    training.mixture.step(mixtureSteps).move(
      &parameters, &firstMoments, &secondMoments, along: total)
    mixture.parameters = parameters
    if training.keepsPrecisions { mixture.logPrecisions = before }
    self.mixture = mixture
  }
}

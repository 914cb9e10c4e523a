import Foundation
import Probability
import TestSupport
import Testing

@Suite struct GaussianMixtureTests {
  private let rows = [[0.0, 0], [1, 1], [-1, 0.7]]
  private let means = [0.5, -0.3, -1.2, 0.8, 0.1, 1.9]

  private func mixture() -> GaussianMixture {
    GaussianMixture(
      dimension: 2, isIsotropic: false, means: means, logPrecisions: [1, 0.5, 2, 1.5, 0.2, 0.9],
      weightLogits: [1, 0.5, -0.2])
  }

  private func prior(concentration: Double) -> GaussianMixturePrior {
    GaussianMixturePrior(
      radius: 2, hardness: 5, sigma: 0.13, spread: 1, concentration: concentration)
  }

  /// Figures of the scDGD reference code (commit 1314903) in double precision.
  @Test func publishedDensities() {
    let mixture = mixture()
    let first = prior(concentration: 1)
    #expect(Tolerance.golden.accepts(first.logDensity(mixture), -42.476752857))
    #expect(Tolerance.golden.accepts(prior(concentration: 2).logDensity(mixture), -42.0201423909))
    var gradient = GaussianMixtureGradient(of: mixture)
    let results = rows.map { gradient.add($0, of: mixture) }
    let losses = results.map { $0.loss - first.logDensity(mixture) }
    #expect(losses.areClose(to: [44.6172617588, 45.6702981552, 43.8519243014], .golden))
    let byRow = results.flatMap(\.byRow)
    #expect(
      byRow.areClose(
        to: [
          -1.3242450438, 0.4603885916, 1.2970166424, 1.1017679718, 1.3583496728, -0.4530439242,
        ], .golden))
    let softball = (0..<3).map { first.logSoftball(means[2 * $0..<2 * $0 + 2]) }
    #expect(
      softball.areClose(to: [-2.5595609468, -2.7525422364, -3.1098474133], .golden))
    let priorGradient = prior(concentration: 2).negativeGradient(mixture)
    let byWeight = (12..<15).map { gradient.parameters[$0] + 3 * priorGradient[$0] }
    #expect(byWeight.areClose(to: [1.5221113742, -0.1592831212, -1.362828253], .golden))
  }

  @Test func publishedSupervisedDensity() {
    let mixture = GaussianMixture(
      dimension: 2, isIsotropic: true, means: means, logPrecisions: [2, 1, 3],
      weightLogits: [1, 1, 1], classes: [0, 1, 2])
    var gradient = GaussianMixtureGradient(of: mixture)
    let prior = prior(concentration: 2).logDensity(mixture)
    let losses = zip(rows, [0, 2, 1]).map {
      gradient.add($0, of: mixture, label: $1, factor: 3).loss - prior
    }
    #expect(losses.areClose(to: [20.4615173617, 62.5009534746, 19.8969698884], .golden))
  }

  @Test(arguments: [false, true], [nil, 0, 1] as [Int?])
  func gradientsEqualFiniteDifferences(isIsotropic: Bool, label: Int?) {
    let start = GaussianMixture(
      dimension: 2, isIsotropic: isIsotropic, means: means,
      logPrecisions: isIsotropic ? [0.3, 1, -0.4] : [1, 0.5, 2, 1.5, 0.2, 0.9],
      weightLogits: [1, 0.5, -0.2], classes: label == nil ? [] : [0, 1, 1])
    let prior = prior(concentration: 1.7)
    let count = start.parameters.count
    func loss(_ point: [Double]) -> Double {
      var mixture = start
      mixture.parameters = Array(point[..<count])
      var gradient = GaussianMixtureGradient(of: mixture)
      _ = gradient.add(Array(point[count...]), of: mixture, label: label, factor: 2)
      return gradient.loss - 0.5 * prior.logDensity(mixture)
    }
    var gradient = GaussianMixtureGradient(of: start)
    let result = gradient.add([0.4, -0.9], of: start, label: label, factor: 2)
    let priors = prior.negativeGradient(start)
    let given = zip(gradient.parameters, priors).map { $0 + 0.5 * $1 } + result.byRow
    let check = GradientCheck(
      at: start.parameters + [0.4, -0.9], gradient: given, of: loss)
    #expect(check.passes(), "\(check)")
  }

  @Test func aFarRowStaysFinite() {
    let mixture = mixture()
    var gradient = GaussianMixtureGradient(of: mixture)
    let result = gradient.add([1e6, -1e6], of: mixture)
    #expect(result.loss.isFinite)
    #expect(result.byRow.filter { !$0.isFinite }.isEmpty)
    #expect(mixture.responsibilities([1e6, -1e6]).reduce(0, +) == 1)
  }
}

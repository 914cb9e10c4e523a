import Foundation
import Modeling
import Networks
import Probability

extension DGDModel {
  /// Fits the mixture to the started representations: k-means from several keyed seedings, the best kept.
  ///
  /// Supervised components start at the means of their classes instead.
  /// - Returns: a remark for the log.
  func fitMixture<Everyone: Team & ~Copyable>(
    _ shared: inout Shared, _ lanes: [Lane], with everyone: borrowing Everyone
  ) -> String? {
    guard var mixture = shared.mixture else { return nil }
    let (K, L) = (componentCount, configuration.latent)
    let points = StartPoints(
      lanes.map { lane in
        lane.trainRows.map { position in
          lane.saved.representations[position * L..<(position + 1) * L].map { Double($0) }
        }
      }, firstRows: lanes.map(\.rows.lowerBound), dimension: L)
    let clustering = KMeans(count: K, random: random).best(of: points, with: everyone)
    mixture.means = clustering.centres
    let variance = clustering.inertia / (clustering.weight * Double(L))
    var prior = shared.mixturePrior
    if configuration.sigma == nil { prior.sigma = max(variance.squareRoot(), 1e-3) }
    if configuration.softballRadius == nil {
      prior.radius =
        (0..<K).map { k in
          mixture.means[k * L..<(k + 1) * L].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }.max() ?? 1
      if prior.radius <= 0 { prior.radius = 1 }
    }
    mixture.logPrecisions = mixture.logPrecisions.map { _ in prior.logPrecision }
    shared.mixturePrior = prior
    shared.mixture = mixture
    let sizes = clustering.sizes.map { String(Int($0)) }.joined(separator: ", ")
    return "start: \(K) components of \(sizes) cells, sigma \(prior.sigma), radius \(prior.radius)"
  }
}

import Foundation
import Modeling
import Networks
import Probability
import Sums

extension DGDModel {
  /// The better of two partitions of the started cells, k-means and tied Gaussians fitted from it, by how well
  /// the classes' profiles explain the raw counts. Classes of --supervised are their own partition.
  func partition<Everyone: Team & ~Copyable>(
    _ lanes: [Lane], _ start: SpectralStart, _ mixture: GaussianMixture?,
    with everyone: borrowing Everyone
  ) throws(SumFault) -> StartPartition {
    let (K, L) = (componentCount, configuration.latent)
    let rows = lanes.map(sampled)
    let points = StartPoints(
      zip(lanes, rows).map { lane, rows in
        rows.map { position in
          lane.saved.representations[position * L..<(position + 1) * L].map { Double($0) }
        }
      }, firstRows: lanes.map(\.rows.lowerBound), dimension: L)
    func summary(_ classes: [[Int]], _ name: String) throws(SumFault) -> StartPartition {
      try summarize(
        classes, points, lanes, rows, start.projection,
        "\(Int(SpectralStart.pseudoCounts[start.candidate])) pseudo-counts, \(name)", with: everyone
      )
    }
    if configuration.supervised {
      let each = configuration.componentsPerClass
      let classes = zip(lanes, rows).map { lane, rows in
        rows.map { position in
          lane.labels[position] < 0
            ? -1 : Int(lane.labels[position]) * each + (lane.rows.lowerBound + position) % each
        }
      }
      return try summary(classes, "labels")
    }
    let kMeans = try KMeans(count: K, random: random).best(of: points, with: everyone)
    let nearest = points.lanes.map { $0.map { kMeans.nearest($0, dimension: L) } }
    let first = try summary(nearest, "k-means")
    var tied = TiedGaussians(first)
    for _ in 0..<TiedGaussians.iterationCount {
      try tied.improve(points, with: everyone)
    }
    let second = try summary(points.lanes.map { $0.map(tied.likeliest) }, "tied Gaussians")
    return second.quality > first.quality ? second : first
  }

  /// Sizes, means, widths and quality of a partition; a cell of class −1 counts nowhere. A partition with an
  /// empty class has quality −∞.
  private func summarize<Everyone: Team & ~Copyable>(
    _ classes: [[Int]], _ points: StartPoints, _ lanes: [Lane], _ rows: [[Int]],
    _ projection: SpectralProjection, _ name: String, with everyone: borrowing Everyone
  ) throws(SumFault) -> StartPartition {
    let (K, L, G) = (componentCount, configuration.latent, data.columnCount)
    var partials = PartialSums([
      .wide("class sizes", count: K), .wide("class means", count: K * L),
      .wide("squares", count: L), .wide("class profiles", count: K * G),
    ])
    for index in lanes.indices {
      var sizes = [Double](repeating: 0, count: K)
      var means = [Double](repeating: 0, count: K * L)
      var squares = [Double](repeating: 0, count: L)
      var profiles = [Double](repeating: 0, count: K * G)
      for (place, position) in rows[index].enumerated() where classes[index][place] >= 0 {
        let k = classes[index][place]
        sizes[k] += 1
        for (l, value) in points.lanes[index][place].enumerated() {
          means[k * L + l] += value
          squares[l] += value * value
        }
        if case .counts(let counts) = lanes[index].matrix {
          counts.forEachNonZero(inRow: position) { profiles[k * G + $0] += Double($1) }
        }
      }
      partials.add(sizes, to: 0)
      partials.add(means, to: 1)
      partials.add(squares, to: 2)
      partials.add(profiles, to: 3)
    }
    let sums = try everyone.sum(consume partials)
    let sizes = sums.values(of: 0)
    var means = sums.values(of: 1)
    var within = sums.values(of: 2)
    for k in 0..<K {
      for l in 0..<L {
        if sizes[k] > 0 { means[k * L + l] /= sizes[k] }
        within[l] -= sizes[k] * means[k * L + l] * means[k * L + l]
      }
    }
    let count = max(sizes.reduce(0, +), 1)
    let isComplete = sizes.allSatisfy { $0 > 0 }
    return StartPartition(
      quality: isComplete || configuration.supervised
        ? profileQuality(sums.values(of: 3), K, G) / count : -.greatestFiniteMagnitude,
      sizes: sizes, means: means, deviations: within.map { max($0 / count, 0).squareRoot() },
      projection: projection, name: name)
  }

  /// Σ_k Σ_g x_kg log(x_kg / x_k·).
  private func profileQuality(_ profiles: [Double], _ K: Int, _ G: Int) -> Double {
    (0..<K).reduce(0) { sum, k in
      let profile = profiles[k * G..<(k + 1) * G]
      let total = profile.reduce(0, +)
      return sum + profile.reduce(0) { $1 > 0 ? $0 + $1 * log($1 / total) : $0 }
    }
  }

  /// Makes a partition the mixture, with the prior centred on its widths.
  ///
  /// - Returns: a remark for the log.
  func adopt(_ partition: StartPartition, _ shared: inout Shared) -> String {
    guard var mixture = shared.mixture else { return "" }
    let (K, L) = (componentCount, configuration.latent)
    var prior = shared.mixturePrior
    if configuration.sigma == nil {
      // Narrower than the clusters: representations gather as the decoder learns.
      let widths = partition.deviations.map { max(0.7 * $0, 1e-3) }
      let typical = exp(widths.reduce(0) { $0 + log($1) } / Double(L))
      prior.sigmas = mixture.isIsotropic ? [typical] : widths
    }
    if configuration.softballRadius == nil {
      let norms = (0..<K).map { k in
        partition.means[k * L..<(k + 1) * L].reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      prior.radius = max(norms.max() ?? 1, 1e-6)
    }
    mixture.means = partition.means
    mixture.logPrecisions = mixture.logPrecisions.indices.map(prior.logPrecision)
    let count = partition.sizes.reduce(0, +)
    let logits = partition.sizes.map { log(max($0, 0.5) / max(count, 1)) }
    let mean = logits.reduce(0, +) / Double(K)
    mixture.weightLogits = logits.map { $0 - mean }
    shared.mixturePrior = prior
    shared.mixture = mixture
    let sizes = partition.sizes.map { String(Int($0)) }.joined(separator: ", ")
    return "start: \(partition.name); components of \(sizes) cells"
  }
}

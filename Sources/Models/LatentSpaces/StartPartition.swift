import Foundation
import Modeling
import Probability
import Sums

/// A partition of the rows that competes to become the mixture of a latent space.
struct StartPartition: Codable, Sendable {
  /// Σ_k Σ_g x_kg log(x_kg / x_k·) / N: how well class profiles explain the raw counts. Larger is better.
  var quality: Double
  /// Rows of each class.
  var sizes: [Double]
  /// Class means of z, K × L.
  var means: [Double]
  /// Pooled standard deviation within classes, of each dimension.
  var deviations: [Double]
  /// What made z.
  var projection: SpectralProjection
  /// For the log: `4 pseudo-counts, tied Gaussians`.
  var name: String
}

extension SpectralStarter {
  /// The better of two partitions of the placed rows, k-means and tied Gaussians fitted from it, by how well
  /// the classes' profiles explain the raw counts. Classes that own components are their own partition.
  ///
  /// Collective.
  func partition<Everyone: Team & ~Copyable>(
    _ lanes: [StartLane], _ tables: [Representations], _ projection: SpectralProjection,
    _ name: String, with everyone: borrowing Everyone
  ) throws(SumFault) -> StartPartition {
    let points = StartPoints(
      zip(lanes, tables).map { lane, table in lane.sampled.map(table.point) },
      firstRows: lanes.map(\.firstRow), dimension: dimension)
    func summary(_ classes: [[Int]], _ way: String) throws(SumFault) -> StartPartition {
      var result = try summarized(classes, points, lanes, projection, with: everyone)
      result.name = "\(name), \(way)"
      return result
    }
    if ownsComponents {
      return try summary(lanes.map(\.components), "labels")
    }
    let kMeans = try KMeans(count: componentCount, random: random).best(of: points, with: everyone)
    let nearest = points.lanes.map { $0.map { kMeans.nearest($0, dimension: dimension) } }
    let first = try summary(nearest, "k-means")
    var tied = TiedGaussians(first)
    for _ in 0..<TiedGaussians.iterationCount {
      try tied.improve(points, with: everyone)
    }
    let second = try summary(points.lanes.map { $0.map(tied.likeliest) }, "tied Gaussians")
    return second.quality > first.quality ? second : first
  }

  /// Sizes, means, widths and quality of a partition; a row of class −1 counts nowhere. A partition that was
  /// found and has an empty class has quality −∞.
  private func summarized<Everyone: Team & ~Copyable>(
    _ classes: [[Int]], _ points: StartPoints, _ lanes: [StartLane],
    _ projection: SpectralProjection, with everyone: borrowing Everyone
  ) throws(SumFault) -> StartPartition {
    let (K, L, G) = (componentCount, dimension, columnCount)
    var partials = PartialSums([
      .wide("class sizes", count: K), .wide("class means", count: K * L),
      .wide("squares", count: L), .wide("class profiles", count: K * G),
    ])
    for index in lanes.indices {
      var sizes = [Double](repeating: 0, count: K)
      var means = [Double](repeating: 0, count: K * L)
      var squares = [Double](repeating: 0, count: L)
      var profiles = [Double](repeating: 0, count: K * G)
      for (place, position) in lanes[index].sampled.enumerated() where classes[index][place] >= 0 {
        let k = classes[index][place]
        sizes[k] += 1
        for (l, value) in points.lanes[index][place].enumerated() {
          means[k * L + l] += value
          squares[l] += value * value
        }
        lanes[index].values.forEachBlock(of: position) { _, matrix, place, first in
          guard case .counts(let counts) = matrix else { return }
          counts.forEachNonZero(inRow: place) { profiles[k * G + first + $0] += Double($1) }
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
      quality: isComplete || ownsComponents
        ? profileQuality(sums.values(of: 3)) / count : -.greatestFiniteMagnitude,
      sizes: sizes, means: means, deviations: within.map { max($0 / count, 0).squareRoot() },
      projection: projection, name: "")
  }

  /// Σ_k Σ_g x_kg log(x_kg / x_k·), x_k· the total of the gene's kind of data.
  private func profileQuality(_ profiles: [Double]) -> Double {
    (0..<componentCount).reduce(0) { sum, k in
      var first = k * columnCount
      return columnCounts.reduce(sum) { sum, count in
        let profile = profiles[first..<first + count]
        first += count
        let total = profile.reduce(0, +)
        return sum + profile.reduce(0) { $1 > 0 ? $0 + $1 * log($1 / total) : $0 }
      }
    }
  }
}

extension LatentSpace {
  /// Makes a partition the mixture, with the prior centred on its widths.
  ///
  /// - Parameters:
  ///   - keepsWidths: whether the prior's widths were set and stay.
  ///   - keepsRadius: whether the prior's radius was set and stays.
  /// - Returns: a remark for the log.
  mutating func adopt(
    _ partition: StartPartition, keepsWidths: Bool, keepsRadius: Bool
  ) -> String {
    guard var mixture else { return "" }
    let (K, L) = (mixture.componentCount, dimension)
    if !keepsWidths {
      // Narrower than the clusters: representations gather as the decoder learns.
      let widths = partition.deviations.map { max(0.7 * $0, 1e-3) }
      let typical = exp(widths.reduce(0) { $0 + log($1) } / Double(L))
      prior.sigmas = mixture.isIsotropic ? [typical] : widths
    }
    if !keepsRadius {
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
    self.mixture = mixture
    // A hundred thousand classes are no line to be read.
    let shown = partition.sizes.prefix(20).map { String(Int($0)) }.joined(separator: ", ")
    let more = partition.sizes.count > 20 ? ", … (\(partition.sizes.count) components)" : ""
    return "start: \(partition.name); components of \(shown)\(more) cells"
  }
}

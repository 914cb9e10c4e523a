import Foundation
package import LinearAlgebra
import Metrics
import Modeling
import Probability

/// Links of genes with peaks near them: how much silencing a gene changes a peak, against what silencing a random gene of
/// another chromosome changes it.
///
///     p = (1 + #{n : |Δ_n| ≥ |Δ_g|}) / (1 + N)      Δ of the peak, N random genes
package struct PeakLinks: Sendable {
  /// Where something is.
  package struct Place: Equatable, Sendable {
    let chromosome: String
    let start: Int
    let end: Int

    /// A place in a peak's name: `chr1-9963-10665`, `1:9963-10665`.
    package init?(peak name: String) {
      let parts = name.replacingOccurrences(of: ":", with: "-").split(separator: "-")
      guard parts.count >= 3, let start = Int(parts[parts.count - 2]),
        let end = Int(parts[parts.count - 1])
      else { return nil }
      let chromosome = parts[..<(parts.count - 2)].joined(separator: "-")
      self.init(chromosome: chromosome, start: start, end: end)
    }

    /// A place; `chr` before the chromosome does not count.
    package init(chromosome: String, start: Int, end: Int) {
      self.chromosome =
        chromosome.lowercased().hasPrefix("chr") ? String(chromosome.dropFirst(3)) : chromosome
      (self.start, self.end) = (start, end)
    }

    /// Bases between the two; nil on different chromosomes.
    func distance(to other: Place) -> Int? {
      guard chromosome == other.chromosome else { return nil }
      return max(0, max(start - other.end, other.start - end))
    }
  }

  /// A gene and a peak.
  package struct Link: Sendable {
    /// The gene's column.
    package let gene: Int
    /// The peak's column.
    package let peak: Int
    /// Bases between them.
    package let distance: Int
    /// Δ of the peak.
    package let change: Double
    /// p against random genes.
    package let pValue: Double
    /// Benjamini and Hochberg's rate over all links.
    package var rate = 1.0
  }

  /// Places of the genes, nil where unknown, and of the peaks.
  package let genes: [Place?]
  /// Of the peaks.
  package let peaks: [Place?]
  /// Most bases between a gene's start and a peak.
  let window: Int
  /// The number N of random genes that each link is compared with.
  let randomCount: Int
  let seed: Int

  /// Links between these places.
  package init(genes: [Place?], peaks: [Place?], window: Int, randomCount: Int, seed: Int) {
    self.genes = genes
    self.peaks = peaks
    self.window = window
    self.randomCount = randomCount
    self.seed = seed
  }

  /// All links within the window, ranked by p and size.
  ///
  /// - Parameter change: Δ of all peaks where a gene is silenced.
  package func ranked(on workers: Workers, _ change: @escaping @Sendable (Int) -> [Double])
    -> [Link]
  {
    let placed = genes.indices.filter { genes[$0] != nil }
    let near = placed.filter { !peaks(near: $0).isEmpty }
    var stream = RandomSource(seed: UInt64(seed)).stream("random genes")
    let order = stream.permutation(count: placed.count)
    let random = order.prefix(randomCount).map { placed[$0] }
    let silenced = Array(Set(near + random)).sorted()
    var found = [[Double]](repeating: [], count: silenced.count)
    found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      workers.perform(silenced.count) { found[$0] = change(silenced[$0]) }
    }
    let changes = Dictionary(uniqueKeysWithValues: zip(silenced, found))
    var links: [Link] = []
    for gene in near {
      let others = random.filter { genes[$0]?.chromosome != genes[gene]?.chromosome }
      for (peak, distance) in peaks(near: gene) {
        let own = changes[gene]?[peak] ?? 0
        let larger = others.count { abs(changes[$0]?[peak] ?? 0) >= abs(own) }
        links.append(
          Link(
            gene: gene, peak: peak, distance: distance, change: own,
            pValue: Double(1 + larger) / Double(1 + others.count)))
      }
    }
    let rates = MultipleTesting.benjaminiHochberg(links.map(\.pValue))
    for index in links.indices { links[index].rate = rates[index] }
    return links.sorted {
      $0.pValue != $1.pValue ? $0.pValue < $1.pValue : abs($0.change) > abs($1.change)
    }
  }

  private func peaks(near gene: Int) -> [(peak: Int, distance: Int)] {
    guard let place = genes[gene] else { return [] }
    return peaks.indices.compactMap { peak in
      guard let distance = peaks[peak]?.distance(to: place), distance <= window else { return nil }
      return (peak: peak, distance: distance)
    }
  }
}

public import Concurrency
public import LinearAlgebra
import Metrics

/// Components that several runs find: averages of those that agree, merged where the averages agree.
///
/// A component is robust if in at least `minimumRuns` other runs there is one whose similarity exceeds the
/// threshold. It becomes the mean of itself and all those; then, from the one with most members on, means whose
/// r² exceeds `mergeAbove` are averaged (by members) until none is left.
///
/// Source: Gewirtz et al. 2022, "Robust components": genes r² > 0.95 in three, SNPs τ > 0.15 in more than two.
public struct RobustComponents: Sendable {
  /// How components are compared.
  public enum Similarity: String, CaseIterable, Sendable {
    /// The square of Pearson's correlation.
    case pearson
    /// Kendall's rank correlation τ_b, which is blind to outliers.
    case kendall
  }

  /// One component of one run.
  public struct Member: Sendable, Hashable, Comparable {
    /// The run, by its place in the list.
    public let run: Int
    /// Which of its components.
    public let component: Int

    /// A component of a run.
    public init(run: Int, component: Int) {
      self.run = run
      self.component = component
    }

    /// By run, then component.
    public static func < (a: Member, b: Member) -> Bool {
      (a.run, a.component) < (b.run, b.component)
    }
  }

  /// A robust component.
  public struct Component: Sendable {
    /// The mean of its members' loadings.
    public let loadings: [Double]
    /// Its members, sorted.
    public let members: [Member]
  }

  /// By the number of members, most first, then by the first member.
  public let components: [Component]

  /// Compares the components of runs on the same features.
  ///
  /// - Parameters:
  ///   - runs: components × features for each run.
  ///   - threshold: of the similarity.
  /// - Precondition: equally many features.
  /// - Complexity: all pairs of components of different runs.
  public init(
    _ runs: [Matrix<Double>], similarity: Similarity, threshold: Double, minimumRuns: Int,
    mergeAbove: Double = 0.95, on workers: Workers
  ) {
    precondition(Set(runs.map(\.columnCount)).count <= 1, "runs of different features")
    let all = runs.indices.flatMap { run in
      (0..<runs[run].rowCount).map { Member(run: run, component: $0) }
    }
    let loadings = all.map { Array(runs[$0.run].row($0.component)) }
    let similar = ComponentSimilarity(
      all.map(\.run), loadings, similarity, threshold: threshold, on: workers)
    var found: [Component] = []
    for (index, member) in all.enumerated() {
      let others = similar.neighbours[index]
      guard Set(others.map { all[$0].run }).count >= minimumRuns else { continue }
      found.append(
        Component(
          loadings: Self.mean(([index] + others).map { loadings[$0] }),
          members: ([member] + others.map { all[$0] }).sorted()))
    }
    components = Self.merged(found, mergeAbove)
  }

  private static func mean(_ rows: [[Double]]) -> [Double] {
    var sum = rows[0]
    for row in rows.dropFirst() { for index in sum.indices { sum[index] += row[index] } }
    return sum.map { $0 / Double(rows.count) }
  }

  private static func merged(_ components: [Component], _ limit: Double) -> [Component] {
    func isBefore(_ a: Component, _ b: Component) -> Bool {
      a.members.count == b.members.count
        ? a.members.lexicographicallyPrecedes(b.members) : a.members.count > b.members.count
    }
    typealias Standardized = (component: Component, unit: [Double])
    func standardized(_ component: Component) -> Standardized {
      (component, ComponentSimilarity.standardized(component.loadings))
    }
    var remaining = components.sorted(by: isBefore).map(standardized)
    var isChanging = true
    while isChanging {
      isChanging = false
      var kept: [Standardized] = []
      for new in remaining {
        let twin = kept.firstIndex { other in
          let r = product(other.unit, new.unit)
          return r * r > limit
        }
        guard let twin else {
          kept.append(new)
          continue
        }
        isChanging = true
        let (a, b) = (kept[twin].component, new.component)
        let (m, n) = (Double(a.members.count), Double(b.members.count))
        kept[twin] = standardized(
          Component(
            loadings: zip(a.loadings, b.loadings).map { (m * $0 + n * $1) / (m + n) },
            members: Set(a.members + b.members).sorted()))
      }
      remaining = kept.sorted { isBefore($0.component, $1.component) }
    }
    return remaining.map(\.component)
  }

  /// Σ a b, eight sums at a time.
  private static func product(_ a: [Double], _ b: [Double]) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var sums = SIMD8<Double>(repeating: 0)
        let whole = a.count - a.count % 8
        for start in stride(from: 0, to: whole, by: 8) {
          for lane in 0..<8 { sums[lane] += a[start + lane] * b[start + lane] }
        }
        return (whole..<a.count).reduce(sums.sum()) { $0 + a[$1] * b[$1] }
      }
    }
  }
}

import Foundation

/// The information that classes and clusters share, and its normalised and adjusted forms, in nats.
///
///     I = Σ_ij n_ij/n log(n n_ij / (a_i b_j)),  H = −Σ a_i/n log(a_i/n)
///     NMI = I / mean(H_U, H_V),  AMI = (I − E[I]) / (mean(H_U, H_V) − E[I])
///     homogeneity = I / H_U,  completeness = I / H_V,  V = their harmonic mean = NMI
///
/// E[I] is the mean over all tables with the same margins (hypergeometric).
/// Edge cases: an undivided truth and prediction give 1 everywhere; homogeneity is 1 where H_U = 0,
/// completeness where H_V = 0; NMI and AMI are 0 where one side alone is undivided.
/// Source: N. X. Vinh, J. Epps, J. Bailey, Information theoretic measures for clusterings comparison, JMLR
/// 11:2837–2854, 2010; A. Rosenberg, J. Hirschberg, V-measure, EMNLP-CoNLL 2007.
public struct MutualInformation: Sendable {
  /// I, the mutual information of classes and clusters in nats.
  public let information: Double
  /// H_U, the entropy of the classes in nats.
  public let classEntropy: Double
  /// H_V, the entropy of the clusters in nats.
  public let clusterEntropy: Double
  private let table: ContingencyTable

  /// Measures a table.
  public init(_ table: ContingencyTable) {
    self.table = table
    // a balanced table's counts do not add up to its rows
    let total = Double(table.classSizes.reduce(0, +))
    classEntropy = Self.entropy(table.classSizes, total)
    clusterEntropy = Self.entropy(table.clusterSizes, total)
    var sum = 0.0
    for i in table.classes.indices {
      for j in table.clusters.indices where table[i, j] > 0 {
        let count = Double(table[i, j])
        let expected = Double(table.classSizes[i]) * Double(table.clusterSizes[j]) / total
        sum += count / total * log(count / expected)
      }
    }
    information = max(sum, 0)
  }

  /// The information of a table whose classes have been scaled to one size (see
  /// ``balancedAdjustedRandIndex(_:)``): ``adjusted`` is then the balanced AMI, ``normalized`` the balanced
  /// V-measure.
  public static func balanced(_ table: ContingencyTable) -> MutualInformation {
    MutualInformation(table.balanced())
  }

  private static func entropy(_ sizes: [Int], _ total: Double) -> Double {
    var sum = 0.0
    for size in sizes where size > 0 { sum -= Double(size) / total * log(Double(size) / total) }
    return max(sum, 0)
  }

  private var meanEntropy: Double { 0.5 * (classEntropy + clusterEntropy) }

  /// I over the mean entropy.
  public var normalized: Double {
    if table.isUndivided { return 1 }
    return meanEntropy == 0 || information == 0 ? 0 : information / meanEntropy
  }

  /// The mutual information adjusted for chance.
  ///
  /// - Complexity: O(classes · clusters · smaller size), grouped by equal sizes.
  public var adjusted: Double {
    if table.isUndivided { return 1 }
    let expected = expectedInformation
    let room = meanEntropy - expected
    let epsilon = 0x1p-52  // a perfect match by chance: 0/0 keeps the sign
    return (information - expected) / (room < 0 ? min(room, -epsilon) : max(room, epsilon))
  }

  /// E[I] = Σ_ij Σ_k k/n log(n k / (a_i b_j)) · hypergeometric(k; a_i, b_j, n).
  public var expectedInformation: Double {
    if table.classes.count <= 1 || table.clusters.count <= 1 { return 0 }
    // a balanced table's rounded sizes may exceed the number of rows
    let n = max(table.rowCount, (table.classSizes + table.clusterSizes).max() ?? 0)
    var logFactorial = [0.0]
    for k in 1...(n + 1) { logFactorial.append(logFactorial[k - 1] + log(Double(k))) }
    let classes = Self.grouped(table.classSizes)
    let clusters = Self.grouped(table.clusterSizes)
    var sum = 0.0
    for (a, aCount) in classes {
      for (b, bCount) in clusters {
        let fixed =
          logFactorial[a] + logFactorial[b] + logFactorial[n - a] + logFactorial[n - b]
          - logFactorial[n]
        var part = 0.0
        for k in max(1, a + b - n)..<(min(a, b) + 1) {
          let logChance =
            fixed - logFactorial[k] - logFactorial[a - k] - logFactorial[b - k]
            - logFactorial[n - a - b + k]
          let gain = log(Double(n) * Double(k) / (Double(a) * Double(b)))
          part += Double(k) / Double(n) * gain * exp(logChance)
        }
        sum += Double(aCount * bCount) * part
      }
    }
    return sum
  }

  /// Every positive size with how often it occurs, ascending.
  private static func grouped(_ sizes: [Int]) -> [(size: Int, count: Int)] {
    var groups: [(size: Int, count: Int)] = []
    for size in sizes.sorted() where size > 0 {
      if groups.last?.size == size {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((size, 1))
      }
    }
    return groups
  }
}

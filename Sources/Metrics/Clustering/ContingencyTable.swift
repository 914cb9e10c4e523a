/// How often every class meets every cluster: n_ij = number of rows of class i in cluster j.
///
/// Labels may be any integers; classes and clusters are put in ascending order. Rows whose label is negative
/// in either list (missing) are left out.
public struct ContingencyTable: Sendable {
  /// The classes' labels, ascending.
  public let classes: [Int]
  /// The clusters' labels, ascending.
  public let clusters: [Int]
  /// n_ij, classes × clusters, row by row.
  public let counts: [Int]
  /// Rows of each class.
  public let classSizes: [Int]
  /// Rows of each cluster.
  public let clusterSizes: [Int]
  /// All rows counted.
  public let rowCount: Int

  /// Counts the pairs of labels.
  ///
  /// - Precondition: the lists are equally long.
  public init(truth: [Int], prediction: [Int]) {
    precondition(truth.count == prediction.count, "\(truth.count) and \(prediction.count) labels")
    var pairs: [(label: Int, cluster: Int)] = []
    for (first, second) in zip(truth, prediction) where first >= 0 && second >= 0 {
      pairs.append((first, second))
    }
    let classes = Set(pairs.map(\.label)).sorted()
    let clusters = Set(pairs.map(\.cluster)).sorted()
    let classIndex = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
    let clusterIndex = Dictionary(uniqueKeysWithValues: zip(clusters, 0...))
    var counts = [Int](repeating: 0, count: classes.count * clusters.count)
    for (first, second) in pairs {
      counts[(classIndex[first] ?? 0) * clusters.count + (clusterIndex[second] ?? 0)] += 1
    }
    self.init(classes: classes, clusters: clusters, counts: counts, rowCount: pairs.count)
  }

  private init(classes: [Int], clusters: [Int], counts: [Int], rowCount: Int) {
    self.classes = classes
    self.clusters = clusters
    self.counts = counts
    self.rowCount = rowCount
    let width = clusters.count
    classSizes = classes.indices.map { i in (0..<width).reduce(0) { $0 + counts[i * width + $1] } }
    clusterSizes = (0..<width).map { j in
      classes.indices.reduce(0) { $0 + counts[$1 * width + j] }
    }
  }

  /// n_ij, the rows of class i in cluster j, by their places in ``classes`` and ``clusters``.
  public subscript(classIndex: Int, clusterIndex: Int) -> Int {
    counts[classIndex * clusters.count + clusterIndex]
  }

  /// Whether neither side divides the rows (or there are none).
  var isUndivided: Bool { classes.count == clusters.count && classes.count <= 1 }

  /// The table with every class scaled to the mean class size, rounded, its entries truncated to integers.
  ///
  /// ``rowCount`` stays that of the rows. Source: H. Maan et al., Characterizing the impacts of dataset
  /// imbalance on single-cell data integration, Nature Biotechnology 2024, doi:10.1038/s41587-023-02097-9.
  func balanced() -> ContingencyTable {
    let mean = Double(rowCount) / Double(max(classes.count, 1))
    let target = mean.rounded(.toNearestOrEven)
    let width = clusters.count
    let scaled = counts.enumerated().map { index, count in
      Int(Double(count) * (1 / (Double(classSizes[index / width]) / target)))
    }
    return ContingencyTable(
      classes: classes, clusters: clusters, counts: scaled, rowCount: rowCount)
  }
}

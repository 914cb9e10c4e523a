import RealModule

// m mean, v variance, f dispersion of a column; b bin

/// Moments of the columns over all rows.
public struct ColumnMoments: Sendable, Equatable {
  /// How many rows have been added.
  public var rowCount: Int
  /// Σ x of every column.
  public var sums: [Double]
  /// Σ x² of every column.
  public var squares: [Double]
  /// Rows of every column that are not zero.
  public var detected: [Int]

  /// Moments of so many rows, a number for each column.
  public init(rowCount: Int, sums: [Double], squares: [Double], detected: [Int]) {
    self.rowCount = rowCount
    self.sums = sums
    self.squares = squares
    self.detected = detected
  }

  /// The highly variable columns, as scanpy's flavour `seurat` chooses them with `n_top_genes`.
  ///
  ///     f = log(v/m),  v with n − 1;   b = one of 20 equal bins of log(1 + m)
  ///     z = (f − mean_b f) / sd_b f        in a bin of one column 1 (f over itself)
  ///
  /// Chosen is every column whose z is at least the `count`-th largest: ties may make it more.
  ///
  /// Edge cases: columns without variance have no z and are never chosen; fewer columns with one than asked for
  /// are all chosen.
  ///
  /// Source: R. Satija et al., Nat. Biotechnol. 33:495–502, 2015, doi:10.1038/nbt.3192, as in scanpy 1.11,
  /// `highly_variable_genes(flavor="seurat")`.
  public func highlyVariable(_ count: Int) -> [Bool] {
    let n = Double(rowCount)
    var means: [Double] = []
    var dispersions: [Double] = []
    for (sum, square) in zip(sums, squares) {
      let mean = sum / n
      let variance = (square / n - mean * mean) * (n / (n - 1))
      let denominator = mean == 0 ? 1e-12 : mean
      let dispersion = variance / denominator
      dispersions.append(dispersion == 0 ? .nan : .log(dispersion))
      means.append(.log(onePlus: denominator))
    }
    let bins = Self.bins(of: means)
    var normalized = [Double](repeating: .nan, count: means.count)
    for bin in 0..<Self.binCount {
      let members = means.indices.filter { bins[$0] == bin && !dispersions[$0].isNaN }
      guard !members.isEmpty else { continue }
      let size = Double(members.count)
      let average = members.reduce(0) { $0 + dispersions[$1] } / size
      let squares = members.reduce(0) { sum, member in
        sum + (dispersions[member] - average) * (dispersions[member] - average)
      }
      let isSingle = members.count == 1
      let deviation = isSingle ? average : (squares / (size - 1)).squareRoot()
      for member in members {
        normalized[member] = (dispersions[member] - (isSingle ? 0 : average)) / deviation
      }
    }
    let known = normalized.filter { !$0.isNaN }.sorted(by: >)
    guard let cut = known.prefix(count).last else { return means.map { _ in false } }
    return normalized.map { $0 >= cut }
  }

  static let binCount = 20

  /// The bin of every value: equal widths from the smallest to the largest, open on the left but for the first,
  /// which begins a thousandth of the range lower.
  static func bins(of values: [Double]) -> [Int] {
    guard let low = values.min(), let high = values.max() else { return [] }
    // Without a range it is one thousandth of the value to either side, or of 1 around zero.
    let margin = low == high ? (low == 0 ? 0.001 : 0.001 * low.magnitude) : 0
    let (first, last) = (low - margin, high + margin)
    let width = (last - first) / Double(binCount)
    let edges = (0..<binCount).map { $0 + 1 == binCount ? last : Double($0 + 1) * width + first }
    return values.map { value in edges.firstIndex { value <= $0 } ?? binCount - 1 }
  }

  /// The columns of `candidates` that are detected in more than a fraction p of the rows, with p of 0, 0.01 … 1
  /// such that their number is nearest to the number of rows (the smallest p of equals): a matrix as square as
  /// possible.
  ///
  /// Source: MED-MAGMA paper, section 5.2.
  public func squarest(_ candidates: [Bool]) -> (columns: [Int], fraction: Double) {
    var best: (columns: [Int], fraction: Double) = ([], 0)
    var bestDistance = Int.max
    for percent in 0...100 {
      let fraction = percent == 100 ? 1 : Double(percent) * 0.01
      let limit = fraction * Double(rowCount)
      let chosen = candidates.indices.filter { candidates[$0] && Double(detected[$0]) > limit }
      let distance = abs(chosen.count - rowCount)
      if distance < bestDistance { (best, bestDistance) = ((chosen, fraction), distance) }
    }
    return best
  }
}

package import LinearAlgebra

/// Up to 256 rows of a lane as Poisson regression needs them: covariates, exposures, counts by gene.
///
/// Rows with the same covariates are one row here: for every link the likelihood depends on them only through
/// their summed exposures and counts,
///
///     Σ_n log Poisson(y_nj | s_n μ(x)) = (Σ_n y_nj) log μ(x) − (Σ_n s_n) μ(x) + constant,
///
/// so that a million cells of twenty cell types cost twenty rows a lane. Counts lie gene by gene, so that a
/// kernel goes through the rows of a gene at a stretch.
package struct PoissonBlock: Sendable {
  /// The most rows of a block: a row's place fits a byte.
  package static let capacity = 256
  /// Whole numbers up to here are exact in the precision that counts are kept in.
  private static let largestTotal = 0x1p24

  /// Covariates, R × p.
  package let design: Matrix<Double>
  /// The sum of the size factors of each row, R.
  package let exposure: [Double]
  /// Where the entries of gene j begin; q + 1 numbers.
  package let geneStarts: [UInt32]
  /// The row of each entry.
  package let entryRows: [UInt8]
  /// The count of each entry.
  package let entryCounts: [Float]

  /// R, how many rows the block has.
  package var rowCount: Int { exposure.count }

  /// Blocks of some rows of a lane.
  ///
  /// - Parameters:
  ///   - rows: which of the lane's rows; others (held out, incomplete) are left out.
  ///   - design: covariates of all rows of the lane.
  ///   - exposure: size factors of all rows of the lane.
  ///   - merging: whether rows with equal covariates become one.
  package static func blocks(
    rows: [Int], design: Matrix<Double>, exposure: [Double], counts: SparseRows, geneCount: Int,
    merging: Bool
  ) -> [PoissonBlock] {
    let isWhole = counts.values.allSatisfy { $0 == $0.rounded() }
    let groups = merging && isWhole ? grouped(rows, design) : rows.map { [$0] }
    var merged = SparseRows()
    var representatives: [Int] = []
    var exposures: [Double] = []
    var accumulator = Array(repeating: Float(0), count: geneCount)
    var touched: [Int32] = []
    var total = 0.0
    func seal(_ row: Int, _ sum: Double) {
      touched.sort()
      merged.append(columns: touched, values: touched.map { accumulator[Int($0)] })
      for column in touched { accumulator[Int(column)] = 0 }
      touched.removeAll(keepingCapacity: true)
      representatives.append(row)
      exposures.append(sum)
      total = 0
    }
    for group in groups {
      var sum = 0.0
      for (position, row) in group.enumerated() {
        let rowTotal = counts.total(row)
        if position > 0, total + rowTotal > largestTotal {
          seal(group[0], sum)
          sum = 0
        }
        total += rowTotal
        sum += exposure[row]
        for place in counts.places(row) {
          let column = Int(counts.columns[place])
          if accumulator[column] == 0 { touched.append(Int32(column)) }
          accumulator[column] += counts.values[place]
        }
      }
      seal(group[0], sum)
    }
    return stride(from: 0, to: representatives.count, by: capacity).map { start in
      let range = start..<min(start + capacity, representatives.count)
      return PoissonBlock(
        range, of: merged, representatives: representatives, design: design, exposure: exposures,
        geneCount: geneCount)
    }
  }

  /// Rows with equal covariates together, groups in the order of their first rows.
  private static func grouped(_ rows: [Int], _ design: Matrix<Double>) -> [[Int]] {
    var groups: [[Int]] = []
    var groupOfCovariates: [ArraySlice<Double>: Int] = [:]
    for row in rows {
      let covariates = design.row(row)
      if let group = groupOfCovariates[covariates] {
        groups[group].append(row)
      } else {
        groupOfCovariates[covariates] = groups.count
        groups.append([row])
      }
    }
    return groups
  }

  /// Turns rows of counts into genes of counts.
  private init(
    _ range: Range<Int>, of counts: SparseRows, representatives: [Int], design: Matrix<Double>,
    exposure: [Double], geneCount: Int
  ) {
    self.design = Matrix(
      rowCount: range.count, columnCount: design.columnCount,
      elements: range.flatMap { design.row(representatives[$0]) })
    self.exposure = Array(exposure[range])
    var starts = Array(repeating: UInt32(0), count: geneCount + 1)
    let first = counts.starts[range.lowerBound]
    let last = counts.starts[range.upperBound]
    for place in first..<last { starts[Int(counts.columns[place]) + 1] += 1 }
    for gene in 0..<geneCount { starts[gene + 1] += starts[gene] }
    var next = starts
    var rows = Array(repeating: UInt8(0), count: last - first)
    var values = Array(repeating: Float(0), count: last - first)
    for row in range {
      for place in counts.places(row) {
        let column = Int(counts.columns[place])
        let slot = Int(next[column])
        next[column] += 1
        rows[slot] = UInt8(row - range.lowerBound)
        values[slot] = counts.values[place]
      }
    }
    geneStarts = starts
    entryRows = rows
    entryCounts = values
  }
}

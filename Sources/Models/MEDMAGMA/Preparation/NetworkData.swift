public import LinearAlgebra
import Modeling
import RealModule
import Sums

/// How a matrix of cells and genes is made small and square enough for networks of both.
public struct NetworkDataOptions: Sendable, Equatable {
  /// What the values are.
  public var values = NetworkValues.counts
  /// Whether log(1 + x) is taken where logarithms are wanted; else the values are logarithms already.
  public var takesLogarithms = true
  /// Highly variable columns kept at first; nil: all.
  public var highlyVariable: Int? = 2000
  /// Whether columns are chosen so that there are about as many as rows.
  public var isSquared = true

  /// The paper's protocol.
  public init() {}
}

/// What the values of the data are.
public enum NetworkValues: String, Sendable, CaseIterable {
  /// Whole numbers, read from where counts usually are.
  case counts
  /// Real numbers such as FPKM or simulated values, read from X unless told otherwise.
  case reals
}

/// The matrix that networks are learned from: chosen columns of all rows, none of them zero.
public struct NetworkData: Codable, Sendable, Equatable {
  /// Values of the kept rows and columns, as they came.
  public var matrix: Matrix<Double>
  /// Rows kept, of the data's.
  public var rows: [Int]
  /// Columns kept, of the data's.
  public var columns: [Int]
  /// What was chosen and dropped, for the log.
  public var remarks: [String]

  /// Chooses columns and brings their values of all rows to everyone.
  ///
  /// Collective: one or two sums.
  /// - Throws: `ModelError`, the same on every rank, where too little is left for a network.
  init<Everyone: Team & ~Copyable>(
    _ lanes: [NetworkLane], _ options: NetworkDataOptions, for summary: DataSummary,
    with everyone: borrowing Everyone
  ) throws(ModelError) {
    let (rowCount, columnCount) = (summary.rowCount, summary.columnCount)
    let choice = try Self.chosenColumns(lanes, options, for: summary, with: everyone)
    let chosen = choice.columns
    var remarks = choice.remarks
    let whole = lanes.gathered(
      rowCount: rowCount, columns: chosen, of: columnCount, with: everyone)
    let rows = (0..<rowCount).filter { row in whole.row(row).contains { $0 != 0 } }
    var isKept = [Bool](repeating: false, count: chosen.count)
    for row in rows {
      for (column, value) in whole.row(row).enumerated() where value != 0 { isKept[column] = true }
    }
    let places = isKept.indices.filter { isKept[$0] }
    if rows.count < rowCount {
      let first = zip(0..., rows).first { $0 != $1 }?.0 ?? rows.count
      remarks.append(
        "\(rowCount - rows.count) cells without a value in these genes are left out (first: \(summary.rows.names[first]))"
      )
    }
    if places.count < chosen.count {
      remarks.append("\(chosen.count - places.count) genes without a value are left out")
    }
    guard rows.count >= 3, places.count >= 3 else {
      throw ModelError(
        "\(rows.count) cells and \(places.count) genes are left: networks need 3 of each"
          + (options.highlyVariable != nil || options.isSquared
            ? "; --square false or --highly-variable none keeps more genes" : ""))
    }
    var matrix = Matrix<Double>(rowCount: rows.count, columnCount: places.count)
    for (index, row) in rows.enumerated() {
      let values = Array(whole.row(row))
      matrix.setRow(index, to: places.map { values[$0] })
    }
    if matrix.elements.allSatisfy({ $0 == matrix.elements[0] }) {
      throw ModelError("every value is \(matrix.elements[0]): a constant matrix has no network")
    }
    self.matrix = matrix
    self.rows = rows
    columns = places.map { chosen[$0] }
    self.remarks = remarks
  }

  /// The columns that are variable enough, or the squarest choice of them, and what the log is told of it.
  ///
  /// Collective: one sum where columns are chosen at all.
  private static func chosenColumns<Everyone: Team & ~Copyable>(
    _ lanes: [NetworkLane], _ options: NetworkDataOptions, for summary: DataSummary,
    with everyone: borrowing Everyone
  ) throws(ModelError) -> (columns: [Int], remarks: [String]) {
    let (rowCount, columnCount) = (summary.rowCount, summary.columnCount)
    guard options.highlyVariable != nil || options.isSquared else {
      return (Array(0..<columnCount), [])
    }
    let moments: ColumnMoments
    do throws(SumFault) {
      moments = try lanes.columnMoments(
        rowCount: rowCount, columnCount: columnCount, areLogarithms: !options.takesLogarithms,
        with: everyone)
    } catch {
      throw ModelError(
        "sums of squares of the values are beyond 10¹⁶ (\(error)): are these logarithms? Say --log1p false"
      )
    }
    var remarks: [String] = []
    var candidates = [Bool](repeating: true, count: columnCount)
    if let count = options.highlyVariable {
      candidates = moments.highlyVariable(count)
      let found = candidates.count { $0 }
      guard found > 0 else {
        throw ModelError(
          "every gene has the same value in all cells: nothing varies that a network could show")
      }
      remarks.append("\(found) highly variable genes of \(columnCount)")
    }
    guard options.isSquared else { return (candidates.indices.filter { candidates[$0] }, remarks) }
    let square = moments.squarest(candidates)
    remarks.append(
      "\(square.columns.count) genes detected in more than \(Int((square.fraction * 100).rounded())) % of the \(rowCount) cells"
    )
    return (square.columns, remarks)
  }
}

import LinearAlgebra
public import Modeling
import RealModule
import Sums

/// One lane of a model of networks: its rows as they came.
public struct NetworkLane: LaneState {
  /// A lane keeps nothing between steps that the data do not say.
  public struct Saved: Codable, Sendable {}
  /// The rows of the lane.
  public let rows: Range<Int>
  /// A lane has no state of its own: its rows are gathered in the first step.
  public var saved = Saved()
  private let matrix: RowMatrix

  /// A lane of these rows.
  ///
  /// - Throws: `ModelError` for values that are not finite, or that have no logarithm where one is needed.
  init(_ data: RowData, needsLogarithms: Bool, names: DataSummary) throws(ModelError) {
    rows = data.rows
    matrix = data.matrix
    guard case .reals(let values) = matrix else { return }
    let wrong = values.elements.firstIndex { !($0.isFinite && ($0 >= 0 || !needsLogarithms)) }
    guard let wrong else { return }
    let (row, column) = (wrong / values.columnCount, wrong % values.columnCount)
    let value = values.elements[wrong]
    let place =
      "cell \(names.rows.names[data.rows.lowerBound + row]), gene \(names.columns.names[column])"
    guard value.isFinite else {
      throw ModelError("\(place): the value is \(value); networks need finite values")
    }
    throw ModelError(
      "\(place): the value is \(value), which has no log(1 + x) here; are the data logarithms or simulated? Say --log1p false --highly-variable none"
    )
  }

  /// Calls `body` with each value that is not zero; `row` counts from the lane's first.
  func forEachNonZero(_ body: (_ row: Int, _ column: Int, _ value: Double) -> Void) {
    switch matrix {
    case .counts(let counts):
      for row in 0..<counts.rowCount {
        counts.forEachNonZero(inRow: row) { body(row, $0, Double($1)) }
      }
    case .reals(let values):
      values.withUnsafeElements { elements in
        for row in 0..<values.rowCount {
          for column in 0..<values.columnCount {
            let value = elements[row * values.columnCount + column]
            if value != 0 { body(row, column, value) }
          }
        }
      }
    }
  }
}

extension [NetworkLane] {
  /// Moments of the columns over everyone's rows.
  ///
  /// The values are expm1(log1p(x)) in single precision, as the program whose choice is to be met has them.
  ///
  /// Values whose squares are out of the sums' range are summed in units of 2²⁴, then 2⁴⁸, which is exact.
  ///
  /// Collective.
  /// - Throws: `SumFault` where a sum is out of range nevertheless.
  func columnMoments<Everyone: Team & ~Copyable>(
    rowCount: Int, columnCount: Int, areLogarithms: Bool, with everyone: borrowing Everyone
  ) throws(SumFault) -> ColumnMoments {
    for unit in [1, 0x1p24] {
      do throws(SumFault) {
        return try columnMoments(
          rowCount: rowCount, columnCount: columnCount, areLogarithms: areLogarithms, unit: unit,
          with: everyone)
      } catch {
        continue
      }
    }
    return try columnMoments(
      rowCount: rowCount, columnCount: columnCount, areLogarithms: areLogarithms, unit: 0x1p48,
      with: everyone)
  }

  private func columnMoments<Everyone: Team & ~Copyable>(
    rowCount: Int, columnCount: Int, areLogarithms: Bool, unit: Double,
    with everyone: borrowing Everyone
  ) throws(SumFault) -> ColumnMoments {
    // Sums of squares of counts up to 10⁷ fit; beyond the unit 2⁴ the resolution is 10⁻¹⁴.
    var partials = PartialSums([
      .wide("column sums", count: columnCount, unitExponent: 4),
      .wide("column squares", count: columnCount, unitExponent: 4),
      .wide("column detections", count: columnCount),
    ])
    for lane in self {
      var values = [Double](repeating: 0, count: columnCount)
      var squares = values
      var detected = values
      lane.forEachNonZero { _, column, value in
        let logarithm = areLogarithms ? Float(value) : Float.log(onePlus: Float(value))
        let x = Double(Float.expMinusOne(logarithm)) / unit
        values[column] += x
        squares[column] += x * x
        detected[column] += 1
      }
      partials.add(values, to: 0)
      partials.add(squares, to: 1)
      partials.add(detected, to: 2)
    }
    let sums = try everyone.sum(consume partials)
    return ColumnMoments(
      rowCount: rowCount, sums: sums.values(of: 0).map { $0 * unit },
      squares: sums.values(of: 1).map { $0 * unit * unit },
      detected: sums.values(of: 2).map { Int($0) })
  }

  /// Everyone's rows of some columns, whole on every rank: each number travels as its bits, to which all others
  /// add zero.
  ///
  /// Collective.
  func gathered<Everyone: Team & ~Copyable>(
    rowCount: Int, columns: [Int], of columnCount: Int, with everyone: borrowing Everyone
  ) -> Matrix<Double> {
    var place = [Int](repeating: -1, count: columnCount)
    for (index, column) in columns.enumerated() { place[column] = index }
    let width = columns.count
    var bits = [Int64](repeating: 0, count: rowCount * width)
    for lane in self {
      lane.forEachNonZero { row, column, value in
        guard place[column] >= 0 else { return }
        bits[(lane.rows.lowerBound + row) * width + place[column]] = Int64(
          bitPattern: value.bitPattern)
      }
    }
    return Matrix(
      rowCount: rowCount, columnCount: width,
      elements: everyone.sum(consume bits).map { Double(bitPattern: UInt64(bitPattern: $0)) })
  }
}

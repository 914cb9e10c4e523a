import Concurrency
import LinearAlgebra
import Modeling
import Sums

/// Runs the work of the row axis and of the column axis at the same time.
func onBothAxes<Result: Sendable>(
  _ workers: Workers, _ body: (_ isRows: Bool) throws(LinearAlgebraError) -> Result
) throws(LinearAlgebraError) -> (rows: Result, columns: Result) {
  var results: [Swift.Result<Result, LinearAlgebraError>?] = [nil, nil]
  results.withUnsafeMutableBufferPointer { results in
    nonisolated(unsafe) let target = results
    workers.perform(2) { axis in
      do throws(LinearAlgebraError) {
        target[axis] = .success(try body(axis == 0))
      } catch {
        target[axis] = .failure(error)
      }
    }
  }
  guard let rows = results[0], let columns = results[1] else {
    preconditionFailure("the workers left a piece undone")
  }
  return (try rows.get(), try columns.get())
}

/// The eigenvectors of both axes' matrices, by pieces that threads share, and what is computed from their values
/// meanwhile by one of them.
///
/// Local. The bits do not depend on the number of threads.
func vectorsOfBothAxes<Result>(
  _ problems: (rows: DividedEigen, columns: DividedEigen), on workers: Workers,
  meanwhile task: () -> Result
) -> (rows: Matrix<Double>, columns: Matrix<Double>, result: Result) {
  func square(_ order: Int) -> Matrix<Double> { Matrix(rowCount: order, columnCount: order) }
  var rows = square(problems.rows.values.count)
  var columns = square(problems.columns.values.count)
  var result: Result?
  withUnsafeMutablePointer(to: &result) { result in
    rows.withUnsafeMutableBase { first in
      columns.withUnsafeMutableBase { second in
        nonisolated(unsafe) let (result, first, second) = (result, first, second)
        let count = problems.rows.pieceCount
        workers.perform(1 + count + problems.columns.pieceCount) { piece in
          if piece == 0 {
            result.pointee = task()
          } else if piece <= count {
            problems.rows.find(piece - 1, of: first)
          } else {
            problems.columns.find(piece - 1 - count, of: second)
          }
        }
      }
    }
  }
  return (rows, columns, result ?? task())
}

/// The spectra of both axes, each found whole by one thread of one member.
///
/// Collective where the share is divided.
/// - Parameter sizes: of the rows' axis and of the columns', its order and the number of eigenvectors that are wanted.
/// - Throws: `LinearAlgebraError`, on every member.
func spectraOfBothAxes<Everyone: Team & ~Copyable>(
  _ sizes: [(order: Int, count: Int)], _ share: WorkShare,
  with everyone: borrowing Everyone, on workers: Workers,
  _ body: (_ isRows: Bool) throws(LinearAlgebraError) -> AxisSpectrum
) throws(LinearAlgebraError) -> (rows: AxisSpectrum, columns: AxisSpectrum) {
  guard share.isDivided else { return try onBothAxes(workers, body) }
  let isOwn = [share.includes(0), share.includes(1 - 1e-9)]
  let found = try onBothAxes(workers) { (isRows) throws(LinearAlgebraError) -> AxisSpectrum? in
    let axis = isRows ? 0 : 1
    guard isOwn[axis] else { return nil }
    do throws(LinearAlgebraError) {
      return try body(isRows)
    } catch {
      // The others wait for it: they learn of the failure from its place.
      return AxisSpectrum(
        values: Array(repeating: .nan, count: sizes[axis].count),
        vectors: Matrix(rowCount: sizes[axis].order, columnCount: sizes[axis].count))
    }
  }
  let own = [found.rows, found.columns]
  let lengths = sizes.map { ($0.order + 1) * $0.count }
  var spectra: [AxisSpectrum] = []
  share.exchange(count: lengths[0] + lengths[1], with: everyone) { message in
    for (axis, start) in [(0, 0), (1, lengths[0])] {
      guard let spectrum = own[axis] else { continue }
      for (index, value) in (spectrum.values + spectrum.vectors.elements).enumerated() {
        message[start + index] = Int64(bitPattern: value.bitPattern)
      }
    }
  } read: { message in
    for (axis, start) in [(0, 0), (1, lengths[0])] {
      let numbers = message[start..<start + lengths[axis]]
        .map { Double(bitPattern: UInt64(bitPattern: $0)) }
      let (rowCount, count) = sizes[axis]
      spectra.append(
        AxisSpectrum(
          values: Array(numbers[..<count]),
          vectors: Matrix(
            rowCount: rowCount, columnCount: count, elements: Array(numbers[count...]))))
    }
  }
  for spectrum in spectra where spectrum.values.contains(where: \.isNaN) {
    throw .notConverged(routine: "the decomposition of a second moment", code: 1)
  }
  return (spectra[0], spectra[1])
}

// c, s cosine and sine of a rotation

/// What of D + ρ z zᵀ need not enter the secular equation: eigenvalues with no weight, and of two equal ones that which
/// a rotation leaves without.
///
/// Source: J. Dongarra, D. Sorensen, A fully parallel algorithm for the symmetric eigenvalue problem, SIAM J. Sci.
/// Stat. Comput. 8, 1987; the bound is LAPACK's.
struct Deflation {
  /// Rows that enter, by ascending eigenvalue; none where nothing couples the halves.
  private(set) var kept: [Int] = []
  /// z of those.
  private(set) var weights: [Double] = []
  /// Rows that do not.
  private(set) var deflated: [Int] = []
  /// ρ > 0.
  let rho: Double
  /// Places in `kept`: first those with zeros in the second half, then those with none, then those with zeros in the
  /// first half.
  private(set) var grouped: [Int] = []
  /// How many have something in the first half.
  private(set) var endOfFirst = 0
  /// How many have nothing in the second half.
  private(set) var startOfSecond = 0

  private enum Support: CaseIterable {
    case first, both, second
  }

  /// Rotates rows of eigenvectors where that sets one free.
  ///
  /// - Parameters:
  ///   - coupling: the number beside the diagonal between the halves.
  ///   - order: the block's rows by ascending eigenvalue.
  init(
    _ block: Range<Int>, _ middle: Int, coupling: Double, _ order: [Int], _ values: inout [Double],
    _ vectors: inout Matrix<Double>
  ) {
    rho = 2 * abs(coupling)
    let columns = vectors.columnCount
    let root = 0.5.squareRoot()
    var z = block.map { row in
      row < middle
        ? root * vectors.elements[row * columns + middle - 1]
        : (coupling < 0 ? -root : root) * vectors.elements[row * columns + middle]
    }
    let start = block.lowerBound
    let largest = order.reduce(0) { max($0, abs(values[$1])) }
    let largestWeight = z.reduce(0) { max($0, abs($1)) }
    let bound = 4 * Double.ulpOfOne * max(largest, largestWeight)
    guard rho * largestWeight > bound else { return }
    var support = block.map { $0 < middle ? Support.first : .second }
    var pending: Int?
    for row in order {
      if rho * abs(z[row - start]) <= bound {
        deflated.append(row)
        continue
      }
      defer { pending = row }
      guard let previous = pending else { continue }
      var (c, s) = (z[row - start], z[previous - start])
      let size = (c * c + s * s).squareRoot()
      (c, s) = (c / size, -s / size)
      let gap = values[row] - values[previous]
      guard abs(gap * c * s) <= bound else {
        kept.append(previous)
        continue
      }
      (z[row - start], z[previous - start]) = (size, 0)
      if support[row - start] != support[previous - start] { support[row - start] = .both }
      Self.rotate(&vectors, previous, row, block, c, s)
      let (below, above) = (values[previous], values[row])
      values[previous] = below * c * c + above * s * s
      values[row] = below * s * s + above * c * c
      deflated.append(previous)
    }
    if let pending { kept.append(pending) }
    weights = kept.map { z[$0 - start] }
    for kind in Support.allCases {
      grouped += kept.indices.filter { support[kept[$0] - start] == kind }
      if kind == .first { startOfSecond = grouped.count }
      if kind == .both { endOfFirst = grouped.count }
    }
  }

  private static func rotate(
    _ vectors: inout Matrix<Double>, _ first: Int, _ second: Int, _ columns: Range<Int>,
    _ c: Double, _ s: Double
  ) {
    let width = vectors.columnCount
    vectors.withUnsafeMutableElements { elements in
      for column in columns {
        let (x, y) = (elements[first * width + column], elements[second * width + column])
        elements[first * width + column] = c * x + s * y
        elements[second * width + column] = c * y - s * x
      }
    }
  }
}

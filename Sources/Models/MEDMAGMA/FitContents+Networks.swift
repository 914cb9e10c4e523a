public import Graphs
public import Modeling

extension FitContents {
  /// The neighbours of the rows (`obsp`) or columns (`varp`) of a fit with networks, strongest first: from the
  /// whole matrix where it was written, else from the graph.
  ///
  /// - Returns: them, and up to which k they are complete; nil: any.
  /// - Throws: where the fit has no networks, or damaged ones.
  public func strongestNeighbours(
    _ group: String
  ) throws -> (neighbours: StrongestNeighbours, largestTop: Int?) {
    if let matrix = try? matrix("\(group)/precision") {
      return (
        StrongestNeighbours(order: matrix.width, elements: matrix.elements.map(Double.init)), nil
      )
    }
    let (starts, columns, weights) = try connectivities(group)
    var largest: Int?
    if case .integer(let top)? = parameters.node(at: "settings/top") { largest = Int(top) }
    return (
      StrongestNeighbours(
        rowStarts: starts, columns: columns, weights: weights.map(Double.init)), largest
    )
  }

  /// |ω| of all pairs of rows (`obsp`) or columns (`varp`), order × order: of the whole matrix where it was written, else
  /// of the graph's edges, 0 for others.
  ///
  /// - Throws: where the fit has no networks, or damaged ones.
  func edgeWeights(_ group: String, order: Int) throws -> [Double] {
    if let matrix = try? matrix("\(group)/precision"), matrix.width == order {
      return matrix.elements.map { Double($0.magnitude) }
    }
    let (starts, columns, weights) = try connectivities(group)
    guard starts.count == order + 1 else {
      throw ModelError(
        "\(path): \(group)/connectivities has \(starts.count - 1) rows, not \(order)")
    }
    var result = [Double](repeating: 0, count: order * order)
    for row in 0..<order {
      for place in starts[row]..<starts[row + 1] {
        result[row * order + columns[place]] = Double(weights[place].magnitude)
      }
    }
    return result
  }

  /// The graph of a group as a sparse matrix by rows.
  private func connectivities(
    _ group: String
  ) throws -> (starts: [Int], columns: [Int], weights: [Float]) {
    func numbers(_ name: String) throws -> [Float] {
      try matrix("\(group)/connectivities/\(name)").elements
    }
    let starts = try numbers("indptr").map { Int($0) }
    let (columns, weights) = (try numbers("indices").map { Int($0) }, try numbers("data"))
    guard starts.first == 0, starts.last == columns.count, columns.count == weights.count,
      zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }),
      columns.allSatisfy({ $0 >= 0 && $0 < starts.count - 1 })
    else { throw ModelError("\(path): \(group)/connectivities is no sparse matrix by rows") }
    return (starts, columns, weights)
  }
}

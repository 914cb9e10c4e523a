public import LinearAlgebra
public import Modeling

/// Which pairs of vertices become edges of a graph. Several rules: edges that satisfy all.
public struct EdgeRule: Sendable, Equatable {
  /// Edges among the k strongest of either end.
  public var top: Int?
  /// Edges at least this strong.
  public var threshold: Double?
  /// The strongest fraction of all pairs.
  public var density: Double?

  /// A rule.
  public init(top: Int? = nil, threshold: Double? = nil, density: Double? = nil) {
    self.top = top
    self.threshold = threshold
    self.density = density
  }

  /// The graph of a precision matrix: an edge's weight is |ω_ij|.
  ///
  /// The diagonal is no edge, nor is a zero. Equal weights: the pair with the smaller indices is stronger.
  /// - Parameters:
  ///   - precision: Ω of the kept vertices.
  ///   - vertices: where they stand among all.
  ///   - count: of all vertices; those not kept have no edge.
  public func graph(
    of precision: Matrix<Double>, vertices: [Int], count: Int, name: String
  ) -> NamedGraph {
    let order = precision.rowCount
    var isEdge = [Bool](repeating: true, count: order * order)
    for vertex in 0..<order { isEdge[vertex * order + vertex] = false }
    let weights = precision.elements.map(\.magnitude)
    for index in weights.indices where weights[index] == 0 || weights[index] < threshold ?? 0 {
      isEdge[index] = false
    }
    if let top { keepStrongest(top, weights, order, &isEdge) }
    if let density { keepDensest(density, weights, order, &isEdge) }
    var starts = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    var next = 0
    for vertex in 0..<count {
      if next < order, vertices[next] == vertex {
        for other in 0..<order where isEdge[next * order + other] {
          columns.append(Int32(vertices[other]))
          values.append(Float(weights[next * order + other]))
        }
        next += 1
      }
      starts.append(columns.count)
    }
    return NamedGraph(name, rowStarts: starts, columns: columns, weights: values)
  }

  private func keepStrongest(
    _ top: Int, _ weights: [Double], _ order: Int, _ isEdge: inout [Bool]
  ) {
    var isKept = [Bool](repeating: false, count: order * order)
    for vertex in 0..<order {
      let row = vertex * order
      let others = (0..<order).filter { isEdge[row + $0] }
      let strongest = others.sorted {
        weights[row + $0] == weights[row + $1] ? $0 < $1 : weights[row + $0] > weights[row + $1]
      }
      for other in strongest.prefix(top) {
        isKept[row + other] = true
        isKept[other * order + vertex] = true
      }
    }
    isEdge = isKept
  }

  private func keepDensest(
    _ density: Double, _ weights: [Double], _ order: Int, _ isEdge: inout [Bool]
  ) {
    let count = Int(density * Double(order * (order - 1) / 2))
    let pairs = (0..<order).flatMap { row in (0..<row).map { row * order + $0 } }
    let strongest = pairs.sorted {
      weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1]
    }
    for pair in strongest.dropFirst(count) {
      isEdge[pair] = false
      isEdge[pair % order * order + pair / order] = false
    }
  }
}

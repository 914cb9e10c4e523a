import LinearAlgebra

/// Anderson's mixing of a slow iteration θ ← F(θ), such as EM or coordinate ascent.
///
///     f_t = F(θ_t) − θ_t,   γ = argmin ‖f_t − Σ_i γ_i Δf_i‖²,   θ′ = F(θ_t) − Σ_i γ_i ΔF_i
///
/// Δ are the differences of the last rounds, five of them. Judging a proposal is the caller's: F alone says
/// nothing about the objective. After a refusal the differences are forgotten.
///
/// Source: H. F. Walker, P. Ni, Anderson acceleration for fixed-point iterations, SIAM Journal on Numerical
/// Analysis 49:1715–1735, 2011, doi:10.1137/10078356X.
public struct AndersonMixing: Codable, Sendable {
  /// Differences that are kept.
  public static let depth = 5
  /// What is added to the diagonal of the normal equations, as a part of their trace.
  private static let ridge = 1e-10

  /// θ_t, where the round under way began.
  private var origin: [Double]?
  /// F(θ_t), where the round under way arrived.
  private var result: [Double] = []
  /// f_t = F(θ_t) − θ_t, the last round's step.
  private var residual: [Double] = []
  /// ΔF_i, oldest first.
  private var resultSteps: [[Double]] = []
  /// Δf_i, oldest first.
  private var residualSteps: [[Double]] = []
  /// Δf_i · Δf_j, row by row.
  private var products: [[Double]] = []

  /// Without any point.
  public init() {}

  /// Takes in the point after a round of the iteration.
  ///
  /// - Returns: where to go instead; nil to go on from the point itself.
  /// - Complexity: O(numbers · depth).
  public mutating func proposal(after point: [Double]) -> [Double]? {
    guard let start = origin else {
      origin = point
      result = point
      return nil
    }
    let change = Self.difference(point, start)
    if !residual.isEmpty {
      append(Self.difference(point, result), Self.difference(change, residual))
    }
    (result, residual, origin) = (point, change, point)
    guard let weights = weights(for: change) else { return nil }
    var proposal = point
    for (weight, step) in zip(weights, resultSteps) {
      for index in proposal.indices { proposal[index] -= weight * step[index] }
    }
    guard proposal.allSatisfy(\.isFinite) else {
      refuse()
      return nil
    }
    origin = proposal
    return proposal
  }

  /// The last proposal was no gain: the iteration goes on from the point before it, without a memory.
  public mutating func refuse() {
    origin = result
    residual = []
    resultSteps = []
    residualSteps = []
    products = []
  }

  private mutating func append(_ resultStep: [Double], _ residualStep: [Double]) {
    if residualSteps.count == Self.depth {
      resultSteps.removeFirst()
      residualSteps.removeFirst()
      products.removeFirst()
      for row in products.indices { products[row].removeFirst() }
    }
    resultSteps.append(resultStep)
    residualSteps.append(residualStep)
    let row = residualSteps.map { Self.product($0, residualStep) }
    for index in products.indices { products[index].append(row[index]) }
    products.append(row)
  }

  /// γ; nil without differences, or where they say nothing.
  private func weights(for change: [Double]) -> [Double]? {
    let count = products.count
    guard count > 0 else { return nil }
    let trace = products.indices.reduce(0.0) { $0 + products[$1][$1] }
    guard trace > 0, trace.isFinite else { return nil }
    var matrix = products.flatMap(\.self)
    // Positive definite by the ridge.
    for index in 0..<count { matrix[index * count + index] += Self.ridge * trace }
    var solution = residualSteps.map { Self.product($0, change) }
    return solvePositiveDefinite(&matrix, order: count, right: &solution) ? solution : nil
  }

  private static func difference(_ a: [Double], _ b: [Double]) -> [Double] {
    var result = a
    for index in result.indices { result[index] -= b[index] }
    return result
  }

  /// a · b in eight chains, whose order is fixed.
  private static func product(_ a: [Double], _ b: [Double]) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var sums = SIMD8<Double>(repeating: 0)
        let whole = a.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
          for lane in 0..<8 { sums[lane] += a[start + lane] * b[start + lane] }
        }
        var rest = 0.0
        for index in whole..<a.count { rest += a[index] * b[index] }
        return sums.sum() + rest
      }
    }
  }
}

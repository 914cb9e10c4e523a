public import Concurrency
import RealModule

/// A dense layer on counts, of which most are zero: only those that are not are multiplied.
///
///     y_i = b + Σ_{g: x_ig ≠ 0} t(x_ig) w_g      ∂w_g = Σ_{i: x_ig ≠ 0} t(x_ig) δ_i      ∂b = Σ_i δ_i,      δ = ∂ loss/∂ y
///
/// with t(x) = log(1 + x). The weights of genes that do not occur in the minibatch have no gradient.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x | counts of a row | G | `SparseBatch` |
/// | w_g, b | weights of a gene, biases | units each | `parameters[g, u]`, `parameters[G, u]` |
public struct SparseDense<Scalar: NetworkScalar>: Codable, Sendable {
  /// The weights of every gene, then the biases, as outputs of their own.
  public var parameters: Parameters<Scalar>
  private let tools: NetworkTools

  private enum CodingKeys: String, CodingKey {
    case parameters
  }

  /// A layer with these weights (units × genes, as of a dense layer) and biases.
  public init(_ weights: DenseWeights<Scalar>) {
    self.init(weights, tools: NetworkTools())
  }

  /// A layer with chosen kernels.
  package init(_ weights: DenseWeights<Scalar>, tools: NetworkTools) {
    let geneCount = weights.inputCount
    parameters = Parameters(outputCount: geneCount + 1, width: weights.biases.count) { g, u in
      g < geneCount ? weights.weights[u * geneCount + g] : weights.biases[u]
    }
    self.tools = tools
  }

  /// A layer as it was saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    parameters = try container.decode(Parameters<Scalar>.self, forKey: .parameters)
    tools = NetworkTools()
  }

  /// G, the number of genes, the layer's inputs.
  public var geneCount: Int { parameters.outputCount - 1 }
  /// How many units the layer has, its outputs.
  public var unitCount: Int { parameters.width }
  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { parameters.limbCount }

  /// Numbers in the layout of the parameters as weights (units × genes) and biases.
  public func unpacked(_ numbers: [Scalar]) -> DenseWeights<Scalar> {
    let (G, S) = (geneCount, parameters.stride)
    return DenseWeights(
      weights: (0..<unitCount).flatMap { u in (0..<G).map { numbers[$0 * S + u] } },
      biases: Array(numbers[G * S..<G * S + unitCount]))
  }

  /// y: rows × units, row-major.
  ///
  /// Local.
  public func forward(_ counts: SparseBatch<Scalar>, on workers: Workers) -> [Scalar] {
    precondition(counts.columnCount == geneCount)
    let inputs = SparseInputs(
      counts: counts, transformed: transformed(counts.values),
      groups: LaneGroups(sizes: [counts.rowCount]))
    return Scalar.Arithmetic.forward(parameters, inputs, tools, on: workers)
  }

  /// The gradient of the parameters from ∂ loss/∂ y replaces whatever `limbs` held. Counts have none.
  ///
  /// Local.
  /// - Returns: how many gradient entries were not finite or out of range and are missing.
  public func backward(
    _ counts: SparseBatch<Scalar>, _ outputGradient: [Scalar], groups: LaneGroups,
    into limbs: UnsafeMutableBufferPointer<Int64>, on workers: Workers
  ) -> Int {
    precondition(counts.columnCount == geneCount && groups.rowCount == counts.rowCount)
    precondition(outputGradient.count == counts.rowCount * unitCount && limbs.count == limbCount)
    limbs.update(repeating: 0)
    let inputs = SparseInputs(
      counts: counts, transformed: transformed(counts.values), groups: groups)
    return Scalar.Arithmetic.backward(
      parameters, inputs, outputGradient, into: limbs, tools, on: workers)
  }

  /// t of every count; of small whole ones it is known.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func transformed(_ values: [Scalar]) -> [Scalar] {
    let known = (0..<256).map { Scalar.log(onePlus: Scalar($0)) }
    return values.map { value in
      guard value >= 0, value < 256 else { return Scalar.log(onePlus: value) }
      let whole = Int(value)
      return Scalar(whole) == value ? known[whole] : Scalar.log(onePlus: value)
    }
  }
}

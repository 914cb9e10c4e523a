import LinearAlgebra
import Networks
import Probability

/// A small decoder with counts, made from keyed random numbers, for comparing layers and checking gradients.
struct NetworkProblem {
  let specification: OutputSpecification
  let latent = 3
  let widths: [Int]
  let rowCount: Int
  let layers: [DenseWeights<Double>]
  let parameters: OutputParameters<Double>
  let dispersionGroups: [Int32]
  let representations: [Double]
  let scales: [Double]
  let groups: LaneGroups
  private(set) var values: [[(column: Int, value: Double)]]

  init(
    _ likelihood: Likelihood, _ link: Link, dispersion: Dispersion = Dispersion(),
    genes: Int = 21, widths: [Int] = [5, 4], groupSizes: [Int] = [3, 0, 4], seed: UInt64 = 1,
    largestCount: Int = 12, stabilizer: Double = 0
  ) {
    var stream = RandomSource(seed: seed).stream("network problem")
    func normals(_ count: Int, _ scale: Double) -> [Double] {
      (0..<count).map { _ in scale * stream.normal() }
    }
    self.widths = widths
    groups = LaneGroups(sizes: groupSizes)
    let rowCount = groups.rowCount
    self.rowCount = rowCount
    var layers: [DenseWeights<Double>] = []
    var width = latent
    for next in widths {
      layers.append(DenseWeights(weights: normals(next * width, 0.7), biases: normals(next, 0.3)))
      width = next
    }
    self.layers = layers
    specification = OutputSpecification(
      likelihood, link, outputCount: genes, inputCount: width, stabilizer: stabilizer
    ).with(dispersion)
    parameters = OutputParameters(
      weights: normals(genes * width, 0.5), biases: normals(genes, 0.5),
      logDispersions: normals(genes * dispersion.groupCount, 1),
      inflation: likelihood.isInflated
        ? DenseWeights(weights: normals(genes * width, 0.5), biases: normals(genes, 1)) : nil)
    representations = normals(rowCount * latent, 1)
    dispersionGroups =
      dispersion.groupCount > 1 ? (0..<rowCount).map { Int32($0 % dispersion.groupCount) } : []
    scales = (0..<rowCount).map { _ in 2 + 10 * stream.uniform() }
    values = (0..<rowCount).map { _ in
      (0..<genes).compactMap { gene in
        switch likelihood {
        case .negativeBinomial, .zeroInflatedNegativeBinomial, .poisson:
          guard stream.uniform() < 0.3 else { return nil }
          return (gene, Double(1 + stream.integer(below: largestCount)))
        case .gaussian: return (gene, stream.normal())
        case .bernoulli: return (gene, stream.uniform())
        }
      }
    }
  }

  func sparse<Scalar: NetworkScalar>(_ type: Scalar.Type) -> SparseBatch<Scalar> {
    var batch = SparseBatch<Scalar>(columnCount: specification.outputCount)
    for row in values {
      batch.appendRow(columns: row.map(\.column), values: row.map { Scalar($0.value) })
    }
    return batch
  }

  func batch<Scalar: NetworkScalar>(hidden: [Scalar]) -> OutputBatch<Scalar> {
    var batch = OutputBatch(
      hidden: hidden, scales: scales.map { Scalar($0) }, values: sparse(Scalar.self), groups: groups
    )
    batch.dispersionGroups = dispersionGroups
    return batch
  }

  var hidden: Network<Double> {
    Network(inputCount: latent, layers: layers, activation: .relu)
  }

  var output: PlainOutput<Double> { PlainOutput(specification, parameters) }
}

extension Parameters {
  /// Parameters of the same shape with these numbers.
  func replaced(by values: [Scalar]) -> Parameters {
    Parameters(outputCount: outputCount, width: width) { values[$0 * stride + $1] }
  }
}

import Kernels
import Networks
import Probability

/// A minibatch of simulated counts, and a decoder for it.
struct BenchProblem {
  let genes: Int
  let hidden: Int
  let rows: Int
  let laneRows: Int
  let density: Double
  let latent = 20
  /// What products are rounded to.
  let products: OutputSpecification.Products
  /// The kernels of the layers.
  let kernels: Kernels
  let batch: OutputBatch<Float>
  let representations: [Float]

  init(
    genes: Int, hidden: Int, rows: Int, laneRows: Int, density: Double,
    products: OutputSpecification.Products, kernels: Kernels
  ) {
    self.products = products
    self.kernels = kernels
    self.genes = genes
    self.hidden = hidden
    self.rows = rows
    self.laneRows = laneRows
    self.density = density
    var stream = RandomSource(seed: 1).stream("benchmark")
    var values = SparseBatch<Float>(columnCount: genes)
    for _ in 0..<rows {
      for gene in 0..<genes where stream.uniform() < density {
        // Counts of a droplet experiment: mostly 1, a few hundred at most.
        let share = stream.uniform()
        values.append(column: gene, value: Float(min(1 / share, 300).rounded(.down)))
      }
      values.endRow()
    }
    let sizes = (0..<(rows + laneRows - 1) / laneRows).map { min(laneRows, rows - $0 * laneRows) }
    batch = OutputBatch(
      hidden: (0..<rows * hidden).map { _ in max(Float(stream.normal()), 0) },
      scales: (0..<rows).map { _ in Float(50 + 100 * stream.uniform()) },
      values: values, groups: LaneGroups(sizes: sizes))
    representations = (0..<rows * latent).map { _ in Float(stream.normal()) }
  }

  /// An output layer with small weights.
  func outputLayer(_ activation: Link) -> OutputHead {
    var stream = RandomSource(seed: 2).stream("benchmark weights")
    let specification = OutputSpecification(
      .negativeBinomial, activation, outputCount: genes, inputCount: hidden, products: products)
    return OutputHead(
      OutputPass(
        specification, kernels: kernels.networks,
        products: products == .bfloat16 ? kernels.bfloat16 : nil),
      OutputParameters(
        weights: (0..<genes * hidden).map { _ in Float(0.1 * (2 * stream.uniform() - 1)) },
        biases: Array(repeating: activation == .softmax ? 0 : -4, count: genes),
        logDispersions: Array(repeating: 0, count: genes)))
  }

  /// Three hidden layers, as scDGD has.
  func hiddenLayers() -> Network<Float> {
    var stream = RandomSource(seed: 3).stream("benchmark hidden weights")
    var width = latent
    let layers = (0..<3).map { _ in
      defer { width = hidden }
      return DenseWeights<Float>(
        weights: (0..<hidden * width).map { _ in Float(0.2 * (2 * stream.uniform() - 1)) },
        biases: Array(repeating: 0, count: hidden))
    }
    return Network(inputCount: latent, layers: layers, activation: .relu)
  }
}

import Concurrency
import LinearAlgebra
import Modeling
import Networks
import Optimization
import Sums

/// The output layer and a whole training step, against the three bare matrix products by OpenBLAS.
struct OutputLayerBench {
  let problem: BenchProblem
  let threads: Int
  let repetitions: Int
  let clock: BenchClock
  let workers: Workers

  init(_ problem: BenchProblem, threads: Int, _ repetitions: Int, _ clock: BenchClock) {
    self.problem = problem
    self.threads = threads
    self.repetitions = repetitions
    self.clock = clock
    workers = Workers(threadCount: threads)
  }

  func run(_ activations: [Link]) -> [BenchResult] {
    var results: [BenchResult] = []
    for activation in activations {
      results += measure(activation)
    }
    return results
  }

  private func measure(_ activation: Link) -> [BenchResult] {
    var output = problem.outputLayer(activation)
    var hidden = problem.hiddenLayers()
    var products = BareProducts(
      rows: problem.rows, hidden: problem.hidden, genes: problem.genes,
      inputs: problem.batch.hidden)
    // As a model keeps them: used again for the next step.
    var sums = PartialSums([
      .scaled("output", count: output.limbCount), .scaled("hidden", count: hidden.limbCount),
    ])
    var plain = [Float](repeating: 0, count: output.limbCount)
    var number = 0
    let bodies: [(String, () -> Void)] = [
      (
        "layer: loss and all gradients",
        {
          _ = sums.withLimbs(of: 0) { output.train(problem.batch, into: $0, on: workers) }
        }
      ),
      (
        "layer: with plain float sums",
        {
          _ = plain.withUnsafeMutableBufferPointer {
            output.trainWithPlainSums(problem.batch, into: $0, on: workers)
          }
        }
      ),
      ("layer: loss and hidden gradient", { _ = output.backpropagate(problem.batch, on: workers) }),
      ("layer: loss only", { _ = output.losses(problem.batch, on: workers) }),
      (
        "training step",
        {
          number += 1
          let activations = hidden.forward(
            problem.representations, rowCount: problem.rows, on: workers)
          var batch = problem.batch
          batch.hidden = activations.output
          let result = sums.withLimbs(of: 0) { output.train(batch, into: $0, on: workers) }
          _ = sums.withLimbs(of: 1) {
            hidden.backward(
              activations, result.hiddenGradient, groups: batch.groups, into: $0, on: workers)
          }
          let step = AdamStep(
            number, learningRate: 1e-4, beta1: 0.5, beta2: 0.7, weightDecay: 1e-4)
          sums.withLimbs(of: 0) {
            output.move(step, along: UnsafeBufferPointer($0), on: workers)
          }
          sums.withLimbs(of: 1) {
            hidden.move(step, along: UnsafeBufferPointer($0), on: workers)
          }
        }
      ),
    ]
    var times = [[Double]](repeating: [], count: bodies.count)
    var floors: [Double] = []
    for repetition in 0...repetitions {
      let floor = clock.time { products.multiply(on: workers) }
      let seconds = bodies.map { clock.time($0.1) }
      // The first round warms up.
      guard repetition > 0 else { continue }
      floors.append(floor)
      for index in bodies.indices { times[index].append(seconds[index]) }
    }
    let entries = Double(problem.rows * problem.genes)
    return bodies.indices.map { index in
      let seconds = median(times[index])
      return BenchResult(
        name: "\(activation.rawValue) \(bodies[index].0)", seconds: seconds, floor: median(floors),
        ratio: median(zip(times[index], floors).map { $0 / $1 }),
        nanoseconds: seconds / entries * 1e9, cellsPerSecond: Double(problem.rows) / seconds)
    }
  }
}

/// Logits, weight gradient and hidden gradient as full matrix products, cut by genes among the threads.
struct BareProducts {
  private struct Share {
    var weights: Matrix<Float>
    var logits: Matrix<Float>
    var weightGradient: Matrix<Float>
    var hiddenGradient: Matrix<Float>
  }

  private let hidden: Matrix<Float>
  private let genes: Int
  private var shares: [Share] = []

  init(rows: Int, hidden: Int, genes: Int, inputs: [Float]? = nil) {
    self.hidden = Matrix(
      rowCount: rows, columnCount: hidden,
      elements: inputs ?? (0..<rows * hidden).map { Float($0 % 13) * 0.1 })
    self.genes = genes
  }

  /// The three products once.
  mutating func multiply(on workers: Workers) {
    let parts = workers.threadCount
    let hidden = hidden
    if shares.count != parts {
      shares = (0..<parts).map { part in
        let count = (part + 1) * genes / parts - part * genes / parts
        let weights = Matrix<Float>(
          rowCount: count, columnCount: hidden.columnCount,
          elements: (0..<count * hidden.columnCount).map { Float($0 % 17) * 0.01 - 0.08 })
        return Share(
          weights: weights, logits: Matrix(rowCount: hidden.rowCount, columnCount: count),
          weightGradient: Matrix(rowCount: count, columnCount: hidden.columnCount),
          hiddenGradient: Matrix(rowCount: hidden.rowCount, columnCount: hidden.columnCount))
      }
    }
    shares.withUnsafeMutableBufferPointer { shares in
      nonisolated(unsafe) let shares = shares
      workers.perform(parts) { part in
        shares[part].logits.setProduct(hidden, shares[part].weights, transposing: .second)
        shares[part].weightGradient.setProduct(
          shares[part].logits, hidden, transposing: .first)
        shares[part].hiddenGradient.setProduct(shares[part].logits, shares[part].weights)
      }
    }
  }
}

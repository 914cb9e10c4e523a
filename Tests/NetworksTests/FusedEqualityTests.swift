import Concurrency
import Foundation
import Kernels
import Networks
import Optimization
import Probability
import TestSupport
import Testing

/// Equal bits, whatever the threads, the grouping and the processor.
struct FusedEqualityTests {
  struct Trained: Equatable {
    var losses: [Double]
    var hiddenGradient: [Float]
    var limbs: [Int64]
  }

  private func train(
    _ layer: OutputHead, _ batch: OutputBatch<Float>, threads: Int
  ) -> Trained {
    var limbs = [Int64](repeating: 0, count: layer.limbCount)
    let result = limbs.withUnsafeMutableBufferPointer {
      layer.train(batch, into: $0, on: Workers(threadCount: threads))
    }
    return Trained(
      losses: result.losses, hiddenGradient: result.hiddenGradient, limbs: limbs)
  }

  /// Some lanes of a problem as a batch of their own.
  private func part(_ problem: OutputProblem, lanes: Range<Int>) -> OutputBatch<Float> {
    let rows =
      problem.groups[lanes.lowerBound].lowerBound..<problem.groups[lanes.upperBound - 1].upperBound
    let H = problem.specification.inputCount
    var values = SparseBatch<Float>(columnCount: problem.specification.outputCount)
    for row in rows {
      values.appendRow(
        columns: problem.rows[row].map(\.column), values: problem.rows[row].map(\.value))
    }
    var batch = OutputBatch(
      hidden: Array(problem.hidden[rows.lowerBound * H..<rows.upperBound * H]),
      scales: Array(problem.scales[rows]), values: values,
      groups: LaneGroups(sizes: lanes.map { problem.groups[$0].count }))
    if !problem.dispersionGroups.isEmpty {
      batch.dispersionGroups = Array(problem.dispersionGroups[rows])
    }
    return batch
  }

  @Test(arguments: FusedOutputLayerTests.kindsAndProducts)
  func threadsDoNotChangeABit(kind: OutputSpecification) {
    let problem = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion, genes: 1500,
      groupSizes: [16, 30, 5, 70, 16, 16],
      products: kind.products)
    let layer = problem.fused
    let alone = train(layer, problem.batch(Float.self), threads: 1)
    for threads in [2, 3, 5] {
      #expect(train(layer, problem.batch(Float.self), threads: threads) == alone)
    }
  }

  @Test(arguments: FusedOutputLayerTests.kindsAndProducts)
  func splittingTheLanesDoesNotChangeABit(kind: OutputSpecification) {
    let problem = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion,
      groupSizes: [16, 3, 0, 21, 16, 40, 1, 9],
      largestCount: 200, products: kind.products)
    let layer = problem.fused
    let whole = train(layer, problem.batch(Float.self), threads: 1)
    for cuts in [[0, 8], [0, 1, 8], [0, 2, 5, 8], [0, 1, 2, 3, 4, 5, 6, 7, 8]] {
      var sum = Trained(
        losses: [], hiddenGradient: [], limbs: Array(repeating: 0, count: layer.limbCount))
      for (first, last) in zip(cuts, cuts.dropFirst()) {
        let piece = train(layer, part(problem, lanes: first..<last), threads: 1)
        sum.losses += piece.losses
        sum.hiddenGradient += piece.hiddenGradient
        for index in sum.limbs.indices { sum.limbs[index] &+= piece.limbs[index] }
      }
      #expect(sum == whole, "cut at \(cuts)")
    }
  }

  @Test(arguments: FusedOutputLayerTests.kindsAndProducts)
  func everyInstructionSetGivesTheSameBits(kind: OutputSpecification) {
    let problem = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion, genes: 300, largestCount: 300,
      products: kind.products)
    let kernels = Kernels.copies(for: .current)
    // None for products in single precision.
    let products: [(any BFloat16Kernels)?] =
      kind.products == .bfloat16 ? Kernels.bfloat16Copies(for: .current) : [nil]
    func trained(
      _ kernels: any NetworkKernels, _ products: (any BFloat16Kernels)?
    ) -> Trained {
      let layer = OutputHead(
        OutputPass(problem.specification, kernels: kernels, products: products),
        problem.parameters)
      return train(layer, problem.batch(Float.self), threads: 2)
    }
    guard let oracle = kernels.last, let first = products.first else { return }
    let portable = trained(oracle, first)
    for kernels in kernels {
      for products in products {
        #expect(
          trained(kernels, products) == portable, "\(kernels.name), \(products?.name ?? "floats")")
      }
    }
  }

  @Test(arguments: OutputSpecification.Products.allCases)
  func gradientsOutOfRangeAreCutOffAndNaNsCounted(products: OutputSpecification.Products) {
    let problem = OutputProblem(
      .gaussian, .identity, genes: 40, groupSizes: [16], products: products)
    var batch = problem.batch(Float.self)
    let layer = problem.fused
    batch.hidden = batch.hidden.map { $0 * 1e12 }
    let huge = train(layer, batch, threads: 1)
    #expect(huge.limbs.contains { $0 == 1 << 50 || $0 == -(1 << 50) })
    #expect(huge.limbs.allSatisfy { abs($0) <= 1 << 50 })
    batch.hidden[3] = .nan
    var limbs = [Int64](repeating: 0, count: layer.limbCount)
    let result = limbs.withUnsafeMutableBufferPointer {
      layer.train(batch, into: $0, on: Workers(threadCount: 1))
    }
    #expect(result.faultCount > 0)
  }

  @Test(arguments: FusedOutputLayerTests.countKinds)
  func adamMovesAsInDoublePrecision(kind: OutputSpecification) {
    let problem = OutputProblem(
      kind.likelihood, kind.link, dispersion: kind.dispersion, genes: 300)
    var plain = problem.plain
    var fused = problem.fused
    let workers = Workers(threadCount: 2)
    for number in 1...5 {
      let step = AdamStep(
        number, learningRate: 1e-2, beta1: 0.5, beta2: 0.7, weightDecay: 1e-4)
      var exact = [Int64](repeating: 0, count: plain.limbCount)
      _ = exact.withUnsafeMutableBufferPointer {
        plain.train(problem.batch(Double.self), into: $0, on: workers)
      }
      exact.withUnsafeBufferPointer { plain.move(step, along: $0, on: workers) }
      var limbs = [Int64](repeating: 0, count: fused.limbCount)
      _ = limbs.withUnsafeMutableBufferPointer {
        fused.train(problem.batch(Float.self), into: $0, on: workers)
      }
      limbs.withUnsafeBufferPointer { fused.move(step, along: $0, on: workers) }
    }
    #expect(relativeDifference(fused.weights, plain.weights) < 1e-4)
    #expect(relativeDifference(fused.biases, plain.biases) < 1e-4)
    #expect(relativeDifference(fused.logDispersions, plain.logDispersions) < 1e-4)
  }

  @Test func aSavedLayerContinuesWithTheSameBits() throws {
    let problem = OutputProblem(.negativeBinomial, .sigmoid, genes: 70)
    var layer = problem.fused
    let workers = Workers(threadCount: 1)
    let trained = train(layer, problem.batch(Float.self), threads: 1)
    trained.limbs.withUnsafeBufferPointer {
      layer.move(AdamStep(1, learningRate: 0.01), along: $0, on: workers)
    }
    let copy = try JSONDecoder().decode(
      OutputHead.self, from: JSONEncoder().encode(layer))
    #expect(
      train(copy, problem.batch(Float.self), threads: 1)
        == train(layer, problem.batch(Float.self), threads: 1))
  }
}

import Concurrency
import Foundation
import Networks
import Optimization
import Probability
import TestSupport
import Testing

/// The first layer of an encoder, on counts.
struct SparseDenseTests {
  private let geneCount = 700
  private let unitCount = 13
  private let groups = LaneGroups(sizes: [16, 5, 0, 30, 2])

  private func weights<Scalar: NetworkScalar>(_ type: Scalar.Type) -> DenseWeights<Scalar> {
    var stream = RandomSource(seed: 31).stream("sparse weights")
    return DenseWeights(
      weights: (0..<geneCount * unitCount).map { _ in Scalar(0.2 * stream.normal()) },
      biases: (0..<unitCount).map { _ in Scalar(stream.normal()) })
  }

  /// Rows of counts, of which some are above the known logarithms and one row has none.
  private func counts<Scalar: NetworkScalar>(
    _ type: Scalar.Type, rows: Range<Int>? = nil
  ) -> SparseBatch<Scalar> {
    var batch = SparseBatch<Scalar>(columnCount: geneCount)
    for row in rows ?? 0..<groups.rowCount {
      var stream = RandomSource(seed: 32).stream("counts", index: row)
      let columns = row == 4 ? [] : (0..<geneCount).filter { _ in stream.uniform() < 0.1 }
      batch.appendRow(
        columns: columns, values: columns.map { _ in Scalar(1 + stream.integer(below: 400)) })
    }
    return batch
  }

  private func ahead<Scalar: NetworkScalar>(_ type: Scalar.Type) -> [Scalar] {
    var stream = RandomSource(seed: 33).stream("gradient")
    return (0..<groups.rowCount * unitCount).map { _ in Scalar(Float(stream.normal())) }
  }

  private func limbs<Scalar: NetworkScalar>(
    _ layer: SparseDense<Scalar>, _ counts: SparseBatch<Scalar>, _ ahead: [Scalar],
    _ groups: LaneGroups, threads: Int = 1
  ) -> [Int64] {
    var limbs = [Int64](repeating: 7, count: layer.limbCount)
    let faultCount = limbs.withUnsafeMutableBufferPointer {
      layer.backward(counts, ahead, groups: groups, into: $0, on: Workers(threadCount: threads))
    }
    #expect(faultCount == 0)
    return limbs
  }

  @Test func itIsADenseLayerOfLogarithms() {
    let layer = SparseDense(weights(Double.self))
    let batch = counts(Double.self)
    var dense = [Double](repeating: 0, count: groups.rowCount * geneCount)
    for row in 0..<groups.rowCount {
      for entry in batch.entries(ofRow: row) {
        dense[row * geneCount + Int(batch.columns[entry])] = log1p(batch.values[entry])
      }
    }
    let workers = Workers(threadCount: 1)
    let network = Network(inputCount: geneCount, [.dense(Dense(weights(Double.self)))])
    let activations = network.forward(dense, rowCount: groups.rowCount, on: workers)
    #expect(
      layer.forward(batch, on: workers).areClose(to: activations.output, .linearAlgebra(geneCount)))
    var exact = [Int64](repeating: 0, count: network.limbCount)
    let back = exact.withUnsafeMutableBufferPointer {
      network.backward(activations, ahead(Double.self), groups: groups, into: $0, on: workers)
    }
    #expect(back.faultCount == 0)
    let expected = exact.withUnsafeBufferPointer { network.gradient(of: $0)[0] }
    let gradient = layer.unpacked(
      limbs(layer, batch, ahead(Double.self), groups).withUnsafeBufferPointer {
        layer.parameters.gradient(of: $0)
      })
    #expect(gradient.weights.areClose(to: expected.weights, .golden))
    #expect(gradient.biases.areClose(to: expected.biases, .golden))
  }

  @Test func gradientsEqualFiniteDifferences() {
    let layer = SparseDense(weights(Double.self))
    let batch = counts(Double.self)
    let ahead = ahead(Double.self)
    let gradient = limbs(layer, batch, ahead, groups).withUnsafeBufferPointer {
      layer.parameters.gradient(of: $0)
    }
    let workers = Workers(threadCount: 1)
    // Along a direction: there are nine thousand weights.
    var stream = RandomSource(seed: 34).stream("direction")
    let direction = layer.parameters.values.map { _ in stream.normal() }
    let along = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let check = GradientCheck(at: [0], gradient: [along]) { point in
      var moved = layer
      moved.parameters = layer.parameters.replaced(
        by: zip(layer.parameters.values, direction).map { $0 + point[0] * $1 })
      return zip(moved.forward(batch, on: workers), ahead).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(check.passes(), "\(check)")
  }

  @Test(arguments: [1, 3])
  func singlePrecisionAgreesWithTheFormulas(threads: Int) {
    let (fused, plain) = (SparseDense(weights(Float.self)), SparseDense(weights(Double.self)))
    let workers = Workers(threadCount: threads)
    #expect(
      relativeDifference(
        fused.forward(counts(Float.self), on: workers),
        plain.forward(counts(Double.self), on: workers)) < 1e-6)
    let gradient = limbs(fused, counts(Float.self), ahead(Float.self), groups, threads: threads)
      .withUnsafeBufferPointer { fused.parameters.gradient(of: $0) }
    let exact = limbs(plain, counts(Double.self), ahead(Double.self), groups)
      .withUnsafeBufferPointer { plain.parameters.gradient(of: $0) }
    #expect(relativeDifference(gradient, exact) < 2e-6)
  }

  @Test func lanesThatAreSplitAddUpToTheSameBits() {
    let layer = SparseDense(weights(Float.self))
    let whole = limbs(layer, counts(Float.self), ahead(Float.self), groups, threads: 2)
    var sum = [Int64](repeating: 0, count: layer.limbCount)
    for lane in 0..<groups.count {
      let rows = groups[lane]
      let part = limbs(
        layer, counts(Float.self, rows: rows),
        Array(ahead(Float.self)[rows.lowerBound * unitCount..<rows.upperBound * unitCount]),
        LaneGroups(sizes: [rows.count]))
      for index in sum.indices { sum[index] &+= part[index] }
    }
    #expect(sum == whole)
  }

  @Test func genesWithoutCountsHaveNoGradient() {
    let layer = SparseDense(weights(Float.self))
    let batch = counts(Float.self, rows: 0..<2)
    let limbs = limbs(
      layer, batch, Array(ahead(Float.self).prefix(2 * unitCount)), LaneGroups(sizes: [2]))
    let stride = layer.parameters.stride
    let occurring = Set(batch.columns.map { Int($0) })
    for gene in 0..<geneCount {
      let isZero = limbs[gene * stride..<(gene + 1) * stride].allSatisfy { $0 == 0 }
      #expect(isZero != occurring.contains(gene), "gene \(gene)")
    }
  }
}

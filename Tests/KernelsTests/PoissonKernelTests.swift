import Foundation
import Kernels
import Probability
import TestSupport
import Testing

/// The kernels of Poisson regression against plain arithmetic, and one instruction set against the others.
@Suite struct PoissonKernelTests {
  static var kernels: [any PoissonKernels] { Kernels.copies(for: .current).reversed() }

  @Test func meansOfExtremePredictorsStayFiniteAndAccurate() {
    let predictors = [-1e5, -745, -30, -1e-9, 0, 0.5, 7.3, 29.999, 31, 1e5]
    for kernels in Self.kernels {
      var eta = WideArray(predictors, vectorCount: 2)
      var exposures = Array(repeating: 2.0, count: 10)
      exposures[5] = 3
      let exposure = WideArray(exposures, vectorCount: 2)
      var sum = 0.0
      let clipped = kernels.means(
        &eta.vectors, geneCount: 1, vectorCount: 2, exposure: exposure.vectors, limit: 30,
        sums: &sum)
      #expect(clipped == 2)
      for index in predictors.indices {
        let expected = exposures[index] * Foundation.exp(max(min(predictors[index], 30), -700))
        #expect(
          eta[index].isClose(to: expected, Tolerance(relative: 1e-15)), "\(predictors[index])")
      }
      #expect(eta[10] == 0 && eta[15] == 0)
    }
  }

  @Test func aNumberThatIsNoneStaysNone() {
    for kernels in Self.kernels {
      var eta = WideArray([.nan, 1], vectorCount: 1)
      let exposure = WideArray([1, 1], vectorCount: 1)
      var sum = 0.0
      _ = kernels.means(
        &eta.vectors, geneCount: 1, vectorCount: 1, exposure: exposure.vectors, limit: 30,
        sums: &sum)
      #expect(sum.isNaN && eta[0].isNaN && !eta[1].isNaN)
    }
  }

  @Test func gammaMomentsAndDivergencesAreThoseOfTheFormulas() {
    let shapes = [0.001, 0.3, 1, 2, 7.5, 100, 1e4, 1e9]
    let rates = [0.5, 3, 1e-6, 1, 20, 1e5, 7, 1e3]
    for kernels in Self.kernels {
      for index in shapes.indices {
        let alone = Array(repeating: shapes[index], count: 8)
        let rate = Array(repeating: rates[index], count: 8)
        var means = [Double](repeating: 0, count: 8)
        var geometric = means
        let divergence = kernels.gammas(
          alone, rate, vectorCount: 1, priorShape: 2, priorRate: 1.5, means: &means,
          geometricMeans: &geometric)
        let expected =
          // of the gamma distribution (a, b) from (2, 1.5), whose constant 2 log 1.5 the kernel leaves out
          (shapes[index] - 2) * digamma(shapes[index]) - logGamma(shapes[index]) + logGamma(2)
          + 2 * Foundation.log(rates[index])
          + shapes[index] * (1.5 - rates[index]) / rates[index]
        #expect(
          (divergence / 8).isClose(to: expected, Tolerance(relative: 1e-11, absolute: 1e-12)),
          "\(shapes[index])")
        #expect(means[3].isClose(to: shapes[index] / rates[index], Tolerance(relative: 1e-15)))
        let psi = max(digamma(shapes[index]), -700)
        #expect(
          geometric[3].isClose(
            to: Foundation.exp(psi) / rates[index],
            Tolerance(relative: 1e-13 * max(1, psi.magnitude))))
      }
    }
  }

  @Test func everyInstructionSetGivesTheSameBits() {
    var results: [[Double]] = []
    for kernels in Self.kernels {
      var problem = Problem()
      results.append(problem.everything(kernels))
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
    let areFinite = results[0].allSatisfy(\.isFinite)
    #expect(areFinite)
  }
}

/// Doubles in whole vectors.
struct WideArray {
  var vectors: [WideDoubles]

  init(_ values: [Double], vectorCount: Int) {
    vectors = Array(repeating: WideDoubles(repeating: 0), count: vectorCount)
    for (index, value) in values.enumerated() { vectors[index / 8][index % 8] = value }
  }

  subscript(index: Int) -> Double { vectors[index / 8][index % 8] }
}

/// Random entries of 5 genes in 19 rows.
private struct Problem {
  var starts: [UInt32] = [0]
  var rows: [UInt8] = []
  var counts: [Float] = []
  var stream = RandomSource(seed: 3).stream("Poisson kernels")

  init() {
    for _ in 0..<5 {
      for row in 0..<19 where stream.uniform() < 0.6 {
        rows.append(UInt8(row))
        counts.append(Float(1 + stream.poisson(mean: 3)))
      }
      starts.append(UInt32(rows.count))
    }
  }

  private mutating func random(_ count: Int) -> [WideDoubles] {
    (0..<count).map { _ in
      var vector = WideDoubles(repeating: 0)
      for lane in 0..<8 { vector[lane] = 0.1 + stream.uniform() }
      return vector
    }
  }

  /// Every result of every kernel, in a row.
  mutating func everything(_ kernels: any PoissonKernels) -> [Double] {
    var result: [Double] = []
    func add(_ vectors: [WideDoubles]) {
      for vector in vectors { for lane in 0..<8 { result.append(vector[lane]) } }
    }
    for width in [1, 2, 3] {
      let (h, v) = (random(19 * width), random(5 * width))
      var eta = random(5 * 3)
      let exposure = random(3)
      starts.withUnsafeBufferPointer { starts in
        rows.withUnsafeBufferPointer { rows in
          counts.withUnsafeBufferPointer { counts in
            guard let starts = starts.baseAddress, let rows = rows.baseAddress,
              let counts = counts.baseAddress
            else { return }
            let entries = PoissonEntries(starts: starts, geneCount: 5, rows: rows, counts: counts)
            var t = [WideDoubles](repeating: .init(repeating: 0), count: 5 * width)
            kernels.moments(entries, h, width: width, into: &t)
            add(t)
            var d = [WideDoubles](repeating: .init(repeating: 0), count: 19 * width)
            var sums = [Double](repeating: 0, count: 5)
            eta.withUnsafeBytes {
              guard let base = $0.baseAddress else { return }
              kernels.counts(
                entries, base.assumingMemoryBound(to: Double.self), stride: 24, limit: 0.9, v,
                width: width, residuals: &d, sums: &sums)
            }
            add(d)
            result += sums
            var stage = [WideDoubles](repeating: .init(repeating: 0), count: 64)
            result.append(
              kernels.rates(
                entries, h, v, width: width, rowUpdates: &d, geneUpdates: &t,
                wantsLogarithms: true, stage: &stage))
            add(d)
            add(t)
          }
        }
      }
      var sums = [Double](repeating: 0, count: 5)
      result.append(kernels.divide(&eta, by: exposure, vectorCount: 3, wantsLogarithms: true))
      result.append(
        Double(
          kernels.means(
            &eta, geneCount: 5, vectorCount: 3, exposure: exposure, limit: 0.9, sums: &sums)))
      result += sums
      add(eta)
      let (shapes, rates) = (
        (0..<16).map { _ in 5 * stream.uniform() + 0.1 },
        (0..<16).map { _ in stream.uniform() + 0.1 }
      )
      var (means, geometric) = (shapes, shapes)
      result.append(
        kernels.gammas(
          shapes, rates, vectorCount: 2, priorShape: 2, priorRate: 1, means: &means,
          geometricMeans: &geometric))
      result += means + geometric
    }
    return result
  }
}

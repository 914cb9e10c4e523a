import Foundation
import Kernels
import Probability
import Testing

/// Sums over many points through Chebyshev polynomials, on every instruction set.
@Suite struct SpectrumKernelTests {
  private let points: [Double] = {
    var stream = RandomSource(seed: 1).stream("points")
    return (0..<37).map { _ in stream.uniform(in: 2..<5) }
  }()

  private var all: [any SpectrumKernels] { Kernels.copies(for: .current).reversed() }

  private func moments(_ kernels: any SpectrumKernels) -> [Double] {
    var sums = [Points](repeating: .zero, count: 9)
    sums.withUnsafeMutableBufferPointer { sums in
      guard let target = sums.baseAddress else { return }
      kernels.moments(
        points, count: 37, center: 3.5, scale: 1 / 1.5, termCount: 9, into: target)
    }
    return sums.flatMap { sum in (0..<8).map { sum[$0] } }
  }

  private func series(_ kernels: any SpectrumKernels) -> [Double] {
    var values = [Double](repeating: .nan, count: 37)
    kernels.series(
      points, count: 37, center: 3.5, scale: 1 / 1.5, coefficients: [0.5, -1, 0.25, 2],
      termCount: 4,
      into: &values)
    return values
  }

  private func pairs(_ kernels: any SpectrumKernels) -> [Double] {
    let y = Array(points[..<11]) + [1]
    let w = (0..<11).map { Double($0) - 3 } + [0]
    var (rows, columns) = ([Double](repeating: 0, count: 5), [Double](repeating: 0, count: 12))
    let logs = kernels.nodePairs(
      Array(points[20..<25]), [1, -2, 3, 0.5, 1], count: 5, y, w, vectorCount: 3, rowSums: &rows,
      columnSums: &columns)
    return rows + columns + [logs]
  }

  @Test func everyInstructionSetGivesTheSameBits() {
    let kernels = all
    for other in kernels.dropFirst() {
      #expect(moments(other) == moments(kernels[0]))
      #expect(series(other) == series(kernels[0]))
      #expect(pairs(other) == pairs(kernels[0]))
      #expect(other.bounds(points, count: 37) == kernels[0].bounds(points, count: 37))
    }
  }

  @Test func sumsAreThoseOfTheDefinitions() {
    for kernels in all {
      let t = points.map { ($0 - 3.5) / 1.5 }
      let found = moments(kernels)
      for k in 0..<9 {
        let expected = t.reduce(0) { $0 + cos(Double(k) * acos($1)) }
        #expect(abs(found[8 * k..<8 * k + 8].reduce(0, +) - expected) < 1e-12, "\(k)")
      }
      for (place, value) in series(kernels).enumerated() {
        let angle = acos(t[place])
        let expected = 0.5 - cos(angle) + 0.25 * cos(2 * angle) + 2 * cos(3 * angle)
        #expect(abs(value - expected) < 1e-12)
      }
      let sums = pairs(kernels)
      let (x, v) = (Array(points[20..<25]), [1, -2, 3, 0.5, 1])
      let (y, w) = (Array(points[..<11]), (0..<11).map { Double($0) - 3 })
      let row = zip(y, w).reduce(0) { $0 + $1.1 / (x[2] + $1.0) }
      let column = zip(x, v).reduce(0) { $0 + $1.1 / (y[4] + $1.0) }
      var logs = 0.0
      for (a, b) in zip(x, v) { for (c, d) in zip(y, w) { logs += b * d * log(a + c) } }
      #expect(abs(sums[2] - row) < 1e-12 && abs(sums[5 + 4] - column) < 1e-12)
      #expect(abs(sums[17] - logs) < 1e-11)
      let bounds = kernels.bounds(points, count: 37)
      #expect(bounds.0 == points.min() && bounds.1 == points.max())
    }
  }
}

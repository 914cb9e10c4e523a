import Kernels
import Testing

/// The sums of eigenproblems by divide and conquer, on every instruction set.
@Suite struct SecularKernelTests {
  private let poles = (0..<29).map { Double($0 * $0) / 7 }
  private let weights = (0..<29).map { 1 / Double(1 + $0) }

  private var all: [any SecularKernels] { Kernels.copies(for: .current).reversed() }

  private func results(_ kernels: any SecularKernels, _ count: Int) -> [Double] {
    let sums = kernels.poleSums(poles, weights, count: count, at: -0.25)
    var products = weights
    kernels.multiply(&products, byQuotientsOf: poles, weights, pole: 2, count: count)
    var quotients = poles.map { $0 + 1 }
    let norm = kernels.divide(weights, by: &quotients, count: count)
    return [sums.0, sums.1, norm] + products + quotients
  }

  @Test(arguments: [0, 1, 7, 8, 9, 29]) func everyInstructionSetGivesTheSums(_ count: Int) {
    var expected = [0.0, 0, 0]
    var (products, quotients) = (weights, poles.map { $0 + 1 })
    for index in 0..<count {
      let reciprocal = 1 / (poles[index] + 0.25)
      expected[0] += weights[index] * reciprocal
      expected[1] += weights[index] * reciprocal * reciprocal
      products[index] *= poles[index] / (weights[index] - 2)
      quotients[index] = weights[index] / quotients[index]
      expected[2] += quotients[index] * quotients[index]
    }
    let kernels = all
    let first = results(kernels[0], count)
    for (found, wanted) in zip(first, expected + products + quotients) {
      #expect(abs(found - wanted) <= 1e-14 * abs(wanted))
    }
    for other in kernels.dropFirst() { #expect(results(other, count) == first) }
  }
}

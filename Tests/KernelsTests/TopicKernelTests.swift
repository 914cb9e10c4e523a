import Kernels
import Probability
import RealModule
import Testing

/// The kernels of topics on every instruction set that this processor has.
struct TopicKernelTests {
  private var all: [(name: String, kernels: any TopicKernels)] {
    Kernels.copies(for: .current).reversed().map { ($0.name, $0) }
  }

  /// Concentrations from far below to far above 8, where the formula changes.
  private func concentrations(_ count: Int) -> [Double] {
    var stream = RandomSource(seed: 4).stream("concentrations")
    return (0..<count).map { index in
      index % 7 == 0 ? 8 + 0.01 * stream.uniform() : .exp(14 * stream.uniform() - 4)
    }
  }

  /// exp(ψ(x)), the geometric mean of a gamma variable with shape x and scale 1.
  private func geometricMean(_ shape: Double) -> Double { .exp(digamma(shape)) }

  @Test(arguments: [1, 3, 4, 7, 50]) func expectationsAreThoseOfTheScalarFunctions(_ width: Int) {
    let start = concentrations(5 * width)
    let totals = (0..<5).map { start[$0 * width..<($0 + 1) * width].reduce(0, +) }
    let other = Array(start.reversed())
    var bits: [[Double]] = []
    for (name, kernels) in all {
      var dirichlet = start
      kernels.dirichlet(&dirichlet, rowCount: 5, width: width, totals: totals)
      var (a, b) = (start, other)
      kernels.beta(&a, &b, count: start.count)
      for index in start.indices {
        let expected = geometricMean(start[index]) / geometricMean(totals[index / width])
        #expect(abs(dirichlet[index] / expected - 1) < 1e-12, "\(name): \(start[index])")
        let total = geometricMean(start[index] + other[index])
        #expect(abs(a[index] / (geometricMean(start[index]) / total) - 1) < 1e-12, "\(name)")
        #expect(abs(b[index] / (geometricMean(other[index]) / total) - 1) < 1e-12, "\(name)")
      }
      bits.append(dirichlet + a + b)
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test func extremeConcentrationsHaveTheirLimits() {
    for (name, kernels) in all {
      var values = [0, 1e-3, 1e300, .nan]
      kernels.dirichlet(&values, rowCount: 4, width: 1, totals: [1, 1, 1e300, 1])
      #expect(values[0] >= 0 && values[0] < 1e-300, "\(name)")
      #expect(values[1] >= 0 && values[1] < 1e-300, "\(name)")
      #expect(abs(values[2] - 1) < 1e-12 && values[3].isNaN, "\(name): \(values)")
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 31]) func ratiosAndLikelihoodsAreTheFormulas(_ count: Int) {
    var stream = RandomSource(seed: 5).stream("ratios")
    let genotypes = (0..<count).map { UInt8($0 % 4) }
    let reads = (0..<count).map { $0 % 3 == 0 ? 0 : Double(1 + $0) }
    let p = (0..<count).map { _ in 0.01 + stream.uniform() }
    let q = (0..<count).map { _ in 1e-40 + stream.uniform() }
    var bits: [[Double]] = []
    for (name, kernels) in all {
      var (ones, zeros, ratios) = (p, q, p)
      kernels.divide(copies: genotypes, &ones, &zeros, count: count)
      kernels.divide(reads: reads, &ratios, count: count)
      let sums = [
        kernels.logLikelihood(copies: genotypes, p, q, count: count),
        kernels.logLikelihood(reads: reads, p, count: count),
      ]
      var expected = [0.0, 0.0]
      for index in 0..<count {
        let copies: [(Double, Double)] = [(0, 2), (1, 1), (2, 0), (0, 0)]
        let (one, zero) = copies[Int(genotypes[index])]
        #expect(ones[index] == (one == 0 ? 0 : one / p[index]), "\(name)")
        #expect(zeros[index] == (zero == 0 ? 0 : zero / q[index]), "\(name)")
        #expect(ratios[index] == (reads[index] == 0 ? 0 : reads[index] / p[index]), "\(name)")
        expected[0] += one * .log(p[index]) + zero * .log(q[index])
        expected[1] += reads[index] * .log(p[index])
      }
      for (sum, expected) in zip(sums, expected) {
        #expect(abs(sum - expected) <= 1e-12 * (1 + abs(expected)), "\(name)")
      }
      bits.append(ones + zeros + ratios + sums)
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: [1, 2, 3, 4, 6, 50]) func divergencesAreThoseOfTheScalarFunctions(_ width: Int) {
    let a = concentrations(width) + [1e-3, 1, 2, 8, 1e12]
    let b = Array(a.reversed())
    let total = a.reduce(0, +)
    var bits: [[Double]] = []
    for (name, kernels) in all {
      let found = [
        kernels.dirichletTerms(a, width: a.count, prior: 0.7, digammaOfTotal: digamma(total)),
        kernels.betaTerms(a, b, priorA: 0.7, priorB: 1.2, count: a.count),
      ]
      var (expected, size) = ([0.0, 0.0], 0.0)
      for (a, b) in zip(a, b) {
        let ofBoth = digamma(a + b)
        expected[0] += (a - 0.7) * (digamma(a) - digamma(total)) - logGamma(a)
        expected[1] += logGamma(a + b) - logGamma(a) - logGamma(b)
        expected[1] += (a - 0.7) * (digamma(a) - ofBoth) + (b - 1.2) * (digamma(b) - ofBoth)
        size += abs(logGamma(a + b)) + 1
      }
      for (found, expected) in zip(found, expected) {
        #expect(abs(found - expected) <= 1e-13 * size, "\(name): \(found), \(expected)")
      }
      bits.append(found)
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }

  @Test(arguments: [1, 3, 4, 9]) func stepsGoOnAlongTheLogarithm(_ count: Int) {
    let old = concentrations(count)
    let new = Array(concentrations(2 * count).suffix(count))
    var bits: [[Double]] = []
    for (name, kernels) in all {
      var point = new
      kernels.extrapolate(&point, from: old, by: 0.6, atLeast: 0.5, count: count)
      for index in 0..<count {
        let expected = max(0.5, new[index] * .pow(new[index] / old[index], 0.6))
        #expect(abs(point[index] / expected - 1) < 1e-13, "\(name)")
      }
      var still = new
      kernels.extrapolate(&still, from: new, by: 0.9, atLeast: 0, count: count)
      #expect(still == new, "\(name): what stands still moves")
      bits.append(point)
    }
    #expect(bits.allSatisfy { $0 == bits[0] })
  }
}

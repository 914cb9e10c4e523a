import Probability
import Testing

/// Sample mean and variance against the distribution's, in standard errors.
///
/// Seeds are fixed, so that a test passes always or never; 4.5 standard errors would be exceeded by one
/// seed in 150 000.
private func expectMoments(
  mean: Double, variance: Double, fourth: Double, count: Int = 200_000,
  sourceLocation: SourceLocation = #_sourceLocation, draw: (inout RandomStream) -> Double
) {
  var stream = RandomSource(seed: 20).stream("moments")
  var sum = 0.0
  var squares = 0.0
  for _ in 0..<count {
    let deviation = draw(&stream) - mean
    sum += deviation
    squares += deviation * deviation
  }
  let n = Double(count)
  let meanError = (variance / n).squareRoot()
  let varianceError = ((fourth - variance * variance) / n).squareRoot()
  #expect(abs(sum / n) <= 4.5 * meanError, sourceLocation: sourceLocation)
  #expect(
    abs(squares / n - variance) <= 4.5 * varianceError, sourceLocation: sourceLocation)
}

@Suite struct RandomStreamTests {
  @Test func uniformNumbersHaveTheirMoments() {
    expectMoments(mean: 0.5, variance: 1.0 / 12, fourth: 1.0 / 80) { $0.uniform() }
    expectMoments(mean: 0.5, variance: 1.0 / 12, fourth: 1.0 / 80) { $0.uniformOpen() }
  }

  @Test func normalNumbersHaveTheirMoments() {
    expectMoments(mean: 0, variance: 1, fourth: 3) { $0.normal() }
    expectMoments(mean: -2, variance: 9, fourth: 243) {
      $0.normal(mean: -2, standardDeviation: 3)
    }
  }

  @Test(arguments: [0.05, 0.7, 1.0, 3.5, 200.0])
  func gammaNumbersHaveTheirMoments(shape: Double) {
    expectMoments(mean: 2 * shape, variance: 4 * shape, fourth: 16 * 3 * shape * (shape + 2)) {
      $0.gamma(shape: shape, scale: 2)
    }
  }

  @Test func chiSquareNumbersHaveTheirMoments() {
    expectMoments(mean: 3, variance: 6, fourth: 3 * 36 + 12 * 6 * 4) {
      $0.chiSquare(degreesOfFreedom: 3)
    }
  }

  @Test(arguments: [(0.5, 0.5), (2.0, 5.0), (0.1, 3.0), (40.0, 2.0)])
  func betaNumbersHaveTheirMoments(a: Double, b: Double) {
    let s = a + b
    let variance = a * b / (s * s * (s + 1))
    let excess =
      6 * ((a - b) * (a - b) * (s + 1) - a * b * (s + 2)) / (a * b * (s + 2) * (s + 3))
    expectMoments(mean: a / s, variance: variance, fourth: (3 + excess) * variance * variance) {
      $0.beta(a, b)
    }
  }

  @Test(arguments: [0.01, 0.8, 9.9, 10.0, 57.3, 1e4])
  func poissonCountsHaveTheirMoments(mean: Double) {
    expectMoments(mean: mean, variance: mean, fourth: mean * (1 + 3 * mean)) {
      Double($0.poisson(mean: mean))
    }
  }

  @Test(arguments: [(5, 0.3), (40, 0.9), (1000, 0.004), (1000, 0.4), (100_000, 0.77)])
  func binomialCountsHaveTheirMoments(trials: Int, probability: Double) {
    let variance = Double(trials) * probability * (1 - probability)
    let fourth = variance * (1 + 3 * variance - 6 * probability * (1 - probability))
    expectMoments(mean: Double(trials) * probability, variance: variance, fourth: fourth) {
      Double($0.binomial(trials: trials, probability: probability))
    }
  }

  @Test(arguments: [(0.3, 0.2), (4.0, 2.0), (100.0, 5.0)])
  func negativeBinomialCountsHaveTheirMoments(mean: Double, dispersion: Double) {
    let variance = mean + mean * mean / dispersion
    let excess = 6 / dispersion + 1 / variance
    expectMoments(mean: mean, variance: variance, fourth: (3 + excess) * variance * variance) {
      Double($0.negativeBinomial(mean: mean, dispersion: dispersion))
    }
  }

  @Test func dirichletPointsHaveTheirMeansAndSumToOne() {
    let concentration = [0.2, 1, 3.8]
    for coordinate in 0..<3 {
      let a = concentration[coordinate]
      let b = 5 - a
      let variance = a * b / 150
      let excess = 6 * ((a - b) * (a - b) * 6 - a * b * 7) / (a * b * 56)
      expectMoments(
        mean: a / 5, variance: variance, fourth: (3 + excess) * variance * variance, count: 50_000
      ) { stream in
        let point = stream.dirichlet(concentration)
        #expect(abs(point.reduce(0, +) - 1) < 1e-15)
        return point[coordinate]
      }
    }
  }

  @Test func tinyConcentrationsGiveAVertex() {
    var stream = RandomSource(seed: 2).stream("vertex")
    for _ in 0..<200 {
      let point = stream.dirichlet([1e-4, 1e-4, 1e-4])
      #expect(point.allSatisfy { $0.isFinite })
      #expect(abs(point.reduce(0, +) - 1) < 1e-15)
      let logarithm = stream.logGamma(shape: 1e-5)
      #expect(logarithm.isFinite)
    }
  }

  @Test func integersBelowACountAreEquallyLikely() {
    var stream = RandomSource(seed: 8).stream("integers")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.integer(below: 7)] += 1 }
    let chiSquare = counts.reduce(0.0) { $0 + (Double($1) - 1e4) * (Double($1) - 1e4) / 1e4 }
    #expect(chiSquare < 22.46)  // 0.999 quantile, 6 degrees of freedom
  }

  @Test func everyPermutationIsEquallyLikely() {
    var stream = RandomSource(seed: 8).stream("permutations")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[stream.permutation(count: 4), default: 0] += 1 }
    #expect(counts.count == 24)
    let chiSquare = counts.values.reduce(0.0) {
      $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000
    }
    #expect(chiSquare < 49.73)  // 0.999 quantile, 23 degrees of freedom
    let small = [stream.permutation(count: 0), stream.permutation(count: 1)]
    #expect(small == [[], [0]])
  }

  @Test func weightedIndicesFollowTheWeights() {
    var stream = RandomSource(seed: 4).stream("weights")
    var counts = [0, 0, 0, 0]
    for _ in 0..<40_000 { counts[stream.index(weights: [1, 0, 2, 1])] += 1 }
    #expect(counts[1] == 0)
    #expect(abs(Double(counts[2]) - 20_000) < 450)
    #expect(abs(Double(counts[0]) - 10_000) < 390)
  }

  @Test func certainAndImpossibleEventsAreExact() {
    var stream = RandomSource(seed: 6).stream("edges")
    let counts = [
      stream.poisson(mean: 0), stream.binomial(trials: 12, probability: 0),
      stream.binomial(trials: 12, probability: 1), stream.binomial(trials: 0, probability: 0.5),
      stream.negativeBinomial(mean: 0, dispersion: 2), stream.integer(below: 1),
    ]
    #expect(counts == [0, 0, 12, 0, 0, 0])
  }
}

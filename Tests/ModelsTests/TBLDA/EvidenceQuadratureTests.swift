import Concurrency
import LinearAlgebra
import Modeling
import Models
import Probability
import RealModule
import Sums
import Testing

/// Divergences, the evidence lower bound and its gradients against integrals over grids, where data are so
/// small that these can be computed: one donor with one sample, two genes, one variant, two topics.
struct EvidenceQuadratureTests {
  @Test func divergencesAreIntegrals() {
    let (a, b) = (2.3, 4.1)
    let (priorA, priorB) = (1.4, 0.8)
    let grid = BetaGrid(a, b, 4000)
    let ratio = grid.mean { x in
      (a - priorA) * Double.log(x) + (b - priorB) * .log(1 - x)
    }
    let expected =
      ratio + logGamma(a + b) - logGamma(a) - logGamma(b) - logGamma(priorA + priorB)
      + logGamma(priorA) + logGamma(priorB)
    let pair = AllelePair(counted: Matrix(rows: [[a]]), other: Matrix(rows: [[b]]))
    #expect(abs(betaDivergence(pair, priorA: priorA, priorB: priorB) - expected) < 1e-8)
    // Dirichlet(3, 2, 4): p1 is Beta(3, 6), p2/(1 − p1) Beta(2, 4)
    let prior = 1.3
    let (first, rest) = (BetaGrid(3, 6, 400), BetaGrid(2, 4, 400))
    let mean = first.mean { x in
      rest.mean { y in
        (3 - prior) * Double.log(x) + (2 - prior) * .log((1 - x) * y) + (4 - prior)
          * .log((1 - x) * (1 - y))
      }
    }
    let constants =
      logGamma(9) - logGamma(3) - logGamma(2) - logGamma(4) - logGamma(3 * prior)
      + 3 * logGamma(prior)
    let found = dirichletDivergence(Matrix(rows: [[3, 2, 4]]), prior: prior)
    #expect(abs(found - mean - constants) < 1e-8)
  }

  @Test func theEvidenceLowerBoundIsAnIntegral() throws {
    let toy = Toy()
    let run = try toy.run()
    let found = try run.negativeEvidence(20_000)
    #expect(
      abs(-found.mean - toy.evidence(120)) < 4 * found.error && found.error < 0.02,
      "\(found) against \(toy.evidence(120))")
  }

  @Test func gradientsAreTheDifferencesOfTheWholeBound() throws {
    let toy = Toy()
    let run = try toy.run()
    var sums = [Double](repeating: 0, count: Toy.count)
    var squares = sums
    let draws = 20_000
    for draw in 0..<draws {
      let gradient = try run.model.evidenceGradient(
        draw, run.shared, run.lanes, with: Alone(), on: run.workers)
      let values =
        gradient.genes.elements + gradient.samples[0].elements + gradient.alleles[0].elements
        + [gradient.byAlpha(run.shared.alpha)]
      for (index, value) in values.enumerated() {
        sums[index] += value
        squares[index] += value * value
      }
    }
    for index in 0..<Toy.count {
      let mean = sums[index] / Double(draws)
      let variance = squares[index] / Double(draws) - mean * mean
      let step = 0.02
      let difference =
        (toy.moved(index, by: step).evidence(60) - toy.moved(index, by: -step).evidence(60))
        / (2 * step)
      let error = (variance / Double(draws)).squareRoot()
      #expect(
        abs(mean - difference) < 4.5 * error + 1e-3,
        "parameter \(index): \(mean) ± \(error), by differences \(difference)")
    }
  }

  // F times the mean step is the gradient by the concentrations, for every row of Dirichlet concentrations.
  @Test func naturalStepsAreTheDifferencesByTheFisherInformation() throws {
    let toy = Toy()
    let run = try toy.run()
    let rows = [0..<2, 2..<4, 4..<6, 6..<8, 8..<10]
    let values = toy.genes + toy.sample + toy.alleles
    var sums = [Double](repeating: 0, count: values.count)
    var squares = sums
    let draws = 20_000
    for draw in 0..<draws {
      let steps = try run.model.evidenceGradient(
        draw, run.shared, run.lanes, by: { $0.naturalStep(data: $1, prior: $2) }, with: Alone(),
        on: run.workers)
      let relative =
        steps.genes.elements + steps.samples[0].elements + steps.alleles[0].elements
      for row in rows {
        let ofTotal = trigamma(row.reduce(0) { $0 + values[$1] })
        let total = row.reduce(0) { $0 + relative[$1] * values[$1] }
        for index in row {
          // by the logarithm: a (F s)
          let a = values[index]
          let value = a * (trigamma(a) * relative[index] * a - ofTotal * total)
          sums[index] += value
          squares[index] += value * value
        }
      }
    }
    for index in values.indices {
      let mean = sums[index] / Double(draws)
      let variance = squares[index] / Double(draws) - mean * mean
      let difference =
        (toy.moved(index, by: 0.02).evidence(60) - toy.moved(index, by: -0.02).evidence(60)) / 0.04
      let error = (variance / Double(draws)).squareRoot()
      #expect(
        abs(mean - difference) < 4.5 * error + 1e-3,
        "parameter \(index): \(mean) ± \(error), by differences \(difference)")
    }
  }

  @Test func noStepLeavesAnExactPosterior() {
    // n copies of each kind seen: the posterior is Dirichlet(prior + n), whatever is drawn.
    let (prior, seen) = ([1.0, 0.5, 2], [4.0, 0, 11])
    let posterior = Matrix(rows: [zip(prior, seen).map { $0 + $1 }])
    let draw = DirichletDraw(posterior) { RandomSource(seed: 5).stream("posterior", index: $0) }
    let data = Matrix(rows: [seen])
    let step = draw.naturalStep(data: data, prior: prior)
    #expect(step.elements.allSatisfy { abs($0) < 1e-14 }, "\(step)")
    #expect(draw.gradient(data: data, prior: prior).elements.contains { abs($0) > 0.01 })
    let narrow = Matrix(rows: [posterior.elements.map { 3 * $0 }])
    let other = DirichletDraw(narrow) { RandomSource(seed: 5).stream("posterior", index: $0) }
    #expect(other.naturalStep(data: data, prior: prior).elements.contains { abs($0) > 0.01 })
  }
}

/// The data and a posterior.
private struct Toy {
  /// ξ̂ (2 × 2), σ̂ (2), ζ̂ and γ̂ by topic (2 × 2), α.
  static let count = 11

  var genes: [Double] = [4, 2.5, 2, 5]
  var sample: [Double] = [3, 2]
  var alleles: [Double] = [2.2, 3, 4, 2.1]
  var alpha = 0.35

  /// The logarithm of a concentration, or α itself, moved.
  func moved(_ index: Int, by step: Double) -> Toy {
    var result = self
    switch index {
    case 0..<4: result.genes[index] *= .exp(step)
    case 4..<6: result.sample[index - 4] *= .exp(step)
    case 6..<10: result.alleles[index - 6] *= .exp(step)
    default: result.alpha += step
    }
    return result
  }

  func run() throws -> TBLDARun {
    let problem = TBLDAProblem(
      reads: Matrix(rows: [[3, 2]]), donors: [0], genotypes: Matrix(rows: [[1]]),
      frequencies: Matrix(rows: [[0.3]]), shares: Matrix(rows: [[1]]))
    let model = try problem.model { $0.topics = 2 }
    var run = TBLDARun(model, try problem.lanes(model))
    run.shared.genes = Matrix(rowCount: 2, columnCount: 2, elements: genes)
    run.shared.alpha = alpha
    run.lanes[0].saved.samples = Matrix(rows: [sample])
    run.lanes[0].saved.alleles = AllelePair(
      counted: Matrix(rows: [[alleles[0], alleles[2]]]),
      other: Matrix(rows: [[alleles[1], alleles[3]]]))
    return run
  }

  /// The evidence lower bound with so many points along each axis.
  func evidence(_ points: Int) -> Double {
    let phi = BetaGrid(sample[0], sample[1], points)
    let psi = [BetaGrid(genes[0], genes[1], points), BetaGrid(genes[2], genes[3], points)]
    let lambda = [
      BetaGrid(alleles[0], alleles[1], points), BetaGrid(alleles[2], alleles[3], points),
    ]
    let reads = phi.mean { phi in
      psi[0].mean { first in
        psi[1].mean { second in
          let share = phi * first + (1 - phi) * second
          return 3 * Double.log(share) + 2 * .log(1 - share)
        }
      }
    }
    let copies = phi.mean { phi in
      lambda[0].mean { first in
        lambda[1].mean { second in
          let share = alpha * 0.3 + (1 - alpha) * (phi * first + (1 - phi) * second)
          return Double.log(share) + .log(1 - share)
        }
      }
    }
    let divergences =
      dirichletDivergence(Matrix(rowCount: 2, columnCount: 2, elements: genes), prior: 1)
      + dirichletDivergence(Matrix(rows: [sample]), prior: 1)
      + dirichletDivergence(Matrix(rowCount: 2, columnCount: 2, elements: alleles), prior: 1)
    // 10 ways to order three and two reads, 2 to order one copy and none; α is uniform on 0.05…0.85
    return reads + copies + .log(10) + .log(2) - divergences - .log(0.8)
  }
}

/// Points x = sin²(πt/2), t in the middle of equal steps, with the weights of Beta(a, b).
private struct BetaGrid {
  private var points: [(x: Double, weight: Double)] = []

  init(_ a: Double, _ b: Double, _ count: Int) {
    var total = 0.0
    for index in 0..<count {
      let t = (Double(index) + 0.5) / Double(count)
      let (s, c) = (Double.sin(.pi * t / 2), Double.cos(.pi * t / 2))
      let weight = Double.pow(s, 2 * a - 1) * .pow(c, 2 * b - 1)
      points.append((s * s, weight))
      total += weight
    }
    for index in points.indices { points[index].weight /= total }
  }

  func mean(_ body: (Double) -> Double) -> Double {
    points.reduce(0) { $0 + $1.weight * body($1.x) }
  }
}

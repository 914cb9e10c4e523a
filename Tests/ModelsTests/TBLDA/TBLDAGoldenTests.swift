import Concurrency
import LinearAlgebra
import Modeling
import Models
import Optimization
import Probability
import Sums
import TestSupport
import Testing

/// Against figures of another program (Pyro) and numbers worked out by hand.
struct TBLDAGoldenTests {
  @Test func divergencesOfSmallDistributions() {
    let dirichlet = Matrix(rows: [[2.0, 1, 3]])
    #expect(abs(dirichletDivergence(dirichlet, prior: 1) - 0.5511973817) < 1e-10)
    let beta = AllelePair(counted: Matrix(rows: [[2.5, 1]]), other: Matrix(rows: [[0.7, 4]]))
    let expected =
      plainDivergence((2.5, 0.7), from: (1.5, 0.5)) + plainDivergence((1, 4), from: (1.5, 0.5))
    #expect(abs(betaDivergence(beta, priorA: 1.5, priorB: 0.5) - expected) < 1e-12)
  }

  /// KL of two Beta distributions: log B(a', b')/B(a, b) + Σ (a − a') (ψ(a) − ψ(a + b)).
  private func plainDivergence(
    _ own: (a: Double, b: Double), from other: (a: Double, b: Double)
  ) -> Double {
    let total = digamma(own.a + own.b)
    return logBeta(other.a, other.b) - logBeta(own.a, own.b)
      + (own.a - other.a) * (digamma(own.a) - total)
      + (own.b - other.b) * (digamma(own.b) - total)
  }

  @Test func multinomialLikelihoodOfThreeSamples() throws {
    let problem = TBLDAProblem(
      reads: Matrix(rows: [[5, 3, 2], [1, 1, 8], [4, 0, 4]]), donors: [0, 1, 1],
      genotypes: Matrix(rows: [[255, 255]]), frequencies: Matrix(rows: [[0.5]]),
      shares: Matrix(rows: [[1, 1]]))
    let phi = Matrix(rows: [[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])
    let pass = ReadPass(
      try problem.counts, rows: [0, 1, 2], weights: phi,
      topics: Matrix(rows: [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), wantsLikelihood: true)
    let model = try problem.model { $0.topics = 2 }
    let lanes = try problem.lanes(model)
    #expect(abs(lanes[0].constant + pass.logLikelihood + 10.0129847746) < 1e-9)
    // θ is the mean over a donor's samples
    let means = try model.donorMeans(of: [phi], lanes, with: Alone())
    #expect(means.difference(from: [0.6, 0.35, 0.4, 0.65]) < 1e-15)
  }

  @Test func binomialLikelihoodOfFourVariants() {
    let ancestry = Matrix(rows: [[0.9, 0.3], [0.1, 0.7]])
    let topics = Matrix(rows: [[0.6, 0.35], [0.4, 0.65]])
    let sources = Matrix(
      rowCount: 4, columnCount: 2, elements: ancestry.elements + topics.elements)
    let beta = [[0.2, 0.4], [0.5, 0.3], [0.8, 0.6], [0.05, 0.1]]
    let lambda = [[0.1, 0.3], [0.6, 0.2], [0.7, 0.9], [0.2, 0.05]]
    let genotypes: [[UInt8]] = [[0, 1], [1, 1], [2, 2], [0, 0]]
    var sum = 3 * 0.693_147_180_559_945_3
    for (variant, alpha) in [0.2, 0.4, 0.1, 0.84].enumerated() {
      let counted = Matrix(rows: [lambda[variant]])
      let pass = AllelePass(
        genotypes: genotypes[variant], frequencies: beta[variant],
        weights: AllelePair(counted: counted, other: counted.map { 1 - $0 }),
        sources: sources, alpha: alpha, wantsLikelihood: true)
      sum += pass.logLikelihood
    }
    #expect(abs(sum + 4.11997483) < 1e-8)
  }

  @Test(arguments: ["sim", "real"])
  func likelihoodsAtAFixedDrawAreTheReferences(_ name: String) throws {
    let (problem, arrays) = try TBLDAProblem.golden(name)
    let (lane, reads, alleles) = try passes(problem, arrays)
    // psi, lam, phi, x, alpha, y
    let expected = arrays.vector("log_p")
    #expect(
      abs(lane.constant + reads.logLikelihood + alleles.logLikelihood - expected[3] - expected[5])
        < 1e-10 * abs(expected[3]))
  }

  @Test func derivativesAtAFixedDrawAreTheReferences() throws {
    let (problem, arrays) = try TBLDAProblem.golden("sim")
    let (_, reads, alleles) = try passes(problem, arrays)
    let lambda = arrays.matrix("draw/lam")
    var byLambda = lambda
    var byPhi = reads.sampleSums
    for topic in 0..<3 {
      for index in 0..<lambda.rowCount {
        byLambda[index, topic] =
          alleles.copies.counted[index, topic] / lambda[index, topic]
          - alleles.copies.other[index, topic] / (1 - lambda[index, topic])
      }
      for (row, donor) in problem.donors.enumerated() {
        let siblings = Double(problem.donors.count { $0 == donor })
        byPhi[row, topic] += alleles.donorSums[problem.shares.rowCount + topic, donor] / siblings
      }
    }
    #expect(byLambda.difference(from: arrays.matrix("dlogp_ddraw/lam")) < 1e-9)
    // On the simplex only differences between coordinates count.
    #expect(
      centred(reads.geneSums).difference(from: centred(arrays.matrix("dlogp_ddraw/psi"))) < 1e-9)
    #expect(centred(byPhi).difference(from: centred(arrays.matrix("dlogp_ddraw/phi"))) < 1e-9)
  }

  @Test(arguments: ["sim", "real"])
  func theEstimateOfTheEvidenceAgreesWithTheReference(_ name: String) throws {
    let (problem, arrays) = try TBLDAProblem.golden(name)
    let model = try problem.model { $0.topics = arrays.matrix("params/xi").rowCount }
    var run = TBLDARun(model, try problem.lanes(model))
    run.shared.genes = arrays.matrix("params/xi")
    run.shared.alpha = arrays.vector("params/alpha_p")[0]
    run.lanes[0].saved.samples = arrays.matrix("params/sigma")
    run.lanes[0].saved.alleles = AllelePair(
      counted: arrays.matrix("params/zeta"), other: arrays.matrix("params/gamma"))
    let found = try run.negativeEvidence(300)
    let expected = arrays.vector("neg_elbo_mc")
    let error = (found.error * found.error + expected[1] * expected[1]).squareRoot()
    #expect(abs(found.mean - expected[0]) < 4 * error, "\(found) against \(expected)")
  }

  // Coordinate ascent maximises a lower bound on the evidence lower bound: on a handful of reads (sim) that costs
  // 1 %, which the natural-gradient steps that small data get by default more than win back.
  @Test(arguments: ["sim", "real"])
  func theDefaultBeatsThePublishedInference(_ name: String) throws {
    let (problem, arrays) = try TBLDAProblem.golden(name)
    let model = try problem.model { configuration in
      configuration.topics = arrays.matrix("params/xi").rowCount
      configuration.refinement = nil
    }
    var run = TBLDARun(model, try problem.lanes(model))
    let report = try run.finish()
    #expect(report.termination?.isSuccess == true)
    let found = try run.negativeEvidence(200)
    let published = (0..<3).map { arrays.matrix("svi")[$0, 0] }
    #expect(
      found.mean < (published.min() ?? 0) - 5,
      "−ELBO \(found.mean) ± \(found.error), α \(run.shared.alpha); published \(published)")
  }

  @Test func pathwiseGradientsHaveTheReferencesMean() throws {
    let (problem, arrays) = try TBLDAProblem.golden("sim")
    let model = try problem.model()
    var run = TBLDARun(model, try problem.lanes(model))
    run.shared.genes = arrays.matrix("params/xi")
    run.shared.alpha = arrays.vector("params/alpha_p")[0]
    run.lanes[0].saved.samples = arrays.matrix("params/sigma")
    run.lanes[0].saved.alleles = AllelePair(
      counted: arrays.matrix("params/zeta"), other: arrays.matrix("params/gamma"))
    var moments = ["xi", "sigma", "zeta", "gamma", "alpha_p"].map { name in
      Moments(name, count: arrays.vector("params/\(name)").count)
    }
    let drawCount = 2000
    for draw in 0..<drawCount {
      let gradient = try model.evidenceGradient(
        draw, run.shared, run.lanes, with: Alone(), on: run.workers)
      let alleles = gradient.alleles[0]
      // by the logarithms here, by the concentrations themselves there
      moments[0].add(zip(gradient.genes.elements, run.shared.genes.elements).map { $0 / $1 })
      moments[1].add(
        zip(gradient.samples[0].elements, run.lanes[0].saved.samples.elements).map { $0 / $1 })
      moments[2].add(
        zip(alleles.column(0), run.lanes[0].saved.alleles.counted.elements).map { $0 / $1 })
      moments[3].add(
        zip(alleles.column(1), run.lanes[0].saved.alleles.other.elements).map { $0 / $1 })
      moments[4].add([gradient.byAlpha(run.shared.alpha)])
    }
    for moment in moments {
      let expected = arrays.vector("mc/grad_mean/\(moment.name)")
      let errors = arrays.vector("mc/grad_se/\(moment.name)")
      for index in expected.indices {
        let (mean, own) = moment.estimate(index)
        let error = (own * own + errors[index] * errors[index]).squareRoot()
        #expect(
          abs(mean - expected[index]) < 5 * error,
          "\(moment.name) \(index): \(mean) ± \(own), reference \(expected[index]) ± \(errors[index])"
        )
      }
    }
  }

  /// Means and their standard errors of a gradient's entries.
  private struct Moments {
    let name: String
    private var sums: [Double]
    private var squares: [Double]
    private var count = 0.0

    init(_ name: String, count: Int) {
      self.name = name
      sums = Array(repeating: 0, count: count)
      squares = sums
    }

    mutating func add(_ values: [Double]) {
      for (index, value) in values.enumerated() {
        sums[index] += value
        squares[index] += value * value
      }
      count += 1
    }

    func estimate(_ index: Int) -> (mean: Double, error: Double) {
      let mean = sums[index] / count
      let variance = squares[index] / count - mean * mean
      return (mean, (variance / (count - 1)).squareRoot())
    }
  }

  /// Both passes at the reference's draw.
  private func passes(
    _ problem: TBLDAProblem, _ arrays: ReferenceMatrices
  ) throws -> (TBLDALane, ReadPass, AllelePass) {
    let phi = arrays.matrix("draw/phi")
    let model = try problem.model { $0.topics = phi.columnCount }
    let lane = try problem.lanes(model)[0]
    let reads = ReadPass(
      try problem.counts, rows: Array(0..<phi.rowCount), weights: phi,
      topics: arrays.matrix("draw/psi"), wantsLikelihood: true)
    let lambda = arrays.matrix("draw/lam")
    let means = try model.donorMeans(of: [phi], [lane], with: Alone())
    let alleles = AllelePass(
      genotypes: problem.genotypes.elements.map { UInt8($0) },
      frequencies: problem.frequencies.elements,
      weights: AllelePair(counted: lambda, other: lambda.map { 1 - $0 }),
      sources: Matrix(
        rowCount: problem.shares.rowCount + phi.columnCount,
        columnCount: problem.shares.columnCount, elements: problem.shares.elements + means),
      alpha: arrays.vector("params/alpha_p")[0], wantsLikelihood: true)
    return (lane, reads, alleles)
  }

  /// Rows less their means.
  private func centred(_ matrix: Matrix<Double>) -> Matrix<Double> {
    var result = matrix
    for row in 0..<matrix.rowCount {
      let values = matrix.row(row)
      let mean = values.reduce(0, +) / Double(values.count)
      result.setRow(row, to: values.map { $0 - mean })
    }
    return result
  }
}

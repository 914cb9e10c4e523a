public import Concurrency
import LinearAlgebra
public import Modeling
import Probability

/// The ancestry of donors by the structure model, with coordinate ascent:
///
///     y_ji ~ Binomial(2, Σ_q β_jq τ_iq)      τ_i ~ Dirichlet(1/J)      β_jq ~ Beta(1, 1)
///
/// Every allele copy has a latent population, as in ``AllelePass`` with populations for topics and no fixed part:
///
///     τ̂_iq = 1/J + T̃_qi M_qi      ζ̂ = 1 + N¹,  γ̂ = 1 + N⁰
///
/// What TeraStructure maximises one variant at a time is maximised over all variants at once, so that the bound
/// never falls and there is no learning rate.
///
/// * Populations are found in donors who are no relatives (``Kinship``): families are told apart more easily than
///   populations. Relatives get their shares afterwards. Above `comparisonLimit` donors, whose pairs no memory holds,
///   everyone counts and every start is random.
/// * The first start begins with clusters (``DonorClusters``), others at random. The start whose posterior means have
///   the highest likelihood is kept. The bound would not do: Beta(1, 1) charges every population some two units a
///   variant, so that it prefers populations that nobody has to those that differ little.
///
/// Source: P. Gopalan, W. Hao, D. M. Blei, J. D. Storey, Scaling probabilistic models of genetic variation to
/// millions of humans, Nature Genetics 48:1587–1590, 2016, doi:10.1038/ng.3710.
public struct AncestryInference: Sendable {
  /// J, the number of ancestral populations.
  public let populationCount: Int
  /// Starts; the likeliest is kept.
  public let restartCount: Int
  /// Iterations of each start at most.
  public let iterationLimit: Int
  /// Relative gain of the bound over ten iterations that ends a start.
  public let tolerance: Double
  /// Donors up to which pairs of them are compared: matrices of 200 MB each.
  public let comparisonLimit: Int
  /// Of everything random.
  let random: RandomSource

  /// Settings of the inference.
  public init(
    populationCount: Int, restartCount: Int = 3, iterationLimit: Int = 1000,
    tolerance: Double = 1e-6, comparisonLimit: Int = 5000, seed: Int = 0
  ) {
    self.populationCount = populationCount
    self.restartCount = restartCount
    self.iterationLimit = iterationLimit
    self.tolerance = tolerance
    self.comparisonLimit = comparisonLimit
    random = RandomSource(seed: UInt64(seed))
  }

  /// What the likeliest start came to.
  public struct Outcome: Sendable {
    /// E[τ] and E[β].
    public let ancestry: Ancestry
    /// The bound on the evidence of each start.
    public let bounds: [Double]
    /// The log-likelihood of each start's posterior means.
    public let logLikelihoods: [Double]
    /// Donors who are relatives of others and did not count.
    public let relativeCount: Int
    /// Iterations of the best start.
    public let iterationCount: Int
  }

  /// Finds the ancestry.
  ///
  /// Local; threads share out the variants.
  public func fit(_ genotypes: Genotypes, on workers: Workers) -> Outcome {
    let (unrelated, clusters) = divided(genotypes)
    let relatives = Set(genotypes.donors.indices).subtracting(unrelated).sorted()
    let own = relatives.isEmpty ? genotypes : genotypes.selecting(donors: unrelated)
    var best: (state: State, logLikelihood: Double)?
    var (bounds, logLikelihoods): ([Double], [Double]) = ([], [])
    for restart in 0..<restartCount {
      var state = State(own, self, restart: restart, clusters: restart == 0 ? clusters : [])
      var last = -Double.infinity
      while state.iterationCount < iterationLimit {
        let wantsBound = state.iterationCount % 10 == 0
        guard let bound = state.iterate(wantsBound: wantsBound, on: workers) else { continue }
        let gain = bound - last
        last = bound
        if gain <= tolerance * abs(bound) { break }
      }
      bounds.append(last)
      logLikelihoods.append(state.logLikelihood(on: workers))
      if best.map({ logLikelihoods[restart] > $0.logLikelihood }) ?? true {
        best = (state, logLikelihoods[restart])
      }
    }
    let state = best?.state ?? State(own, self, restart: 0, clusters: clusters)
    var donors = Matrix<Double>(
      rowCount: genotypes.donorCount, columnCount: populationCount, repeating: 1)
    donors.setRows(unrelated, to: state.donors)
    if !relatives.isEmpty {
      var rest = State(
        genotypes.selecting(donors: relatives), self, restart: 0, clusters: [])
      rest.alleles = state.alleles
      for _ in 0..<Self.iterationsOfRelatives {
        _ = rest.iterate(wantsBound: false, movesAlleles: false, on: workers)
      }
      donors.setRows(relatives, to: rest.donors)
    }
    return Outcome(
      ancestry: state.ancestry(genotypes, donors), bounds: bounds, logLikelihoods: logLikelihoods,
      relativeCount: relatives.count, iterationCount: state.iterationCount)
  }

  /// The donors who are no relatives, and clusters of these by their places among them.
  private func divided(_ genotypes: Genotypes) -> (unrelated: [Int], clusters: [[Int]]) {
    let everyone = Array(genotypes.donors.indices)
    guard everyone.count <= comparisonLimit else { return (everyone, []) }
    // Neighbours repeat one another: families and clusters are told by variants that do not.
    let independent =
      LinkagePruning().kept(genotypes).map { genotypes.selecting(variants: $0) } ?? genotypes
    var unrelated = Kinship(independent).unrelated()
    // Too few to find populations in: everyone counts.
    if unrelated.count < 2 * populationCount { unrelated = everyone }
    let clusters = DonorClusters(
      independent.selecting(donors: unrelated), Array(unrelated.indices), count: populationCount)
    return (unrelated, clusters.members)
  }

  /// With frequencies that stand still shares settle soon.
  private static let iterationsOfRelatives = 100

  /// Posteriors of one start.
  private struct State {
    /// τ̂, donors × populations.
    var donors: Matrix<Double>
    /// ζ̂ and γ̂ of runs of variants.
    var alleles: [AllelePair]
    /// Genotypes of the runs, variants × donors, 3 where missing.
    let genotypes: [[UInt8]]
    let constant: Double
    var iterationCount = 0

    /// Nine tenths of each donor in the cluster that has them; at random where there are not J clusters.
    init(_ data: Genotypes, _ settings: AncestryInference, restart: Int, clusters: [[Int]]) {
      let (I, S, J) = (data.donorCount, data.variantCount, settings.populationCount)
      donors = Matrix(
        rows: (0..<I).map { donor in
          var stream = settings.random.stream("ancestry of donors", step: restart, index: donor)
          return stream.dirichlet(Array(repeating: 1, count: J)).map {
            1 / Double(J) + 2 * Double(S) * $0
          }
        })
      if clusters.count == J {
        for (population, members) in clusters.enumerated() {
          for donor in members {
            for other in 0..<J {
              let share = 0.1 / Double(J) + (other == population ? 0.9 : 0)
              donors[donor, other] = 1 / Double(J) + 2 * Double(S) * share
            }
          }
        }
      }
      let runCount = max(1, min(S, 64))
      var (alleles, genotypes): ([AllelePair], [[UInt8]]) = ([], [])
      var heterozygotes = 0
      for run in 0..<runCount {
        let variants = run * S / runCount..<(run + 1) * S / runCount
        var own: [UInt8] = []
        for variant in variants {
          for donor in 0..<I { own.append(min(data[donor, variant], 3)) }
        }
        heterozygotes += own.count { $0 == 1 }
        genotypes.append(own)
        let ones = Matrix<Double>(rowCount: variants.count, columnCount: J, repeating: 1)
        alleles.append(AllelePair(counted: ones, other: ones))
      }
      self.alleles = alleles
      self.genotypes = genotypes
      constant = Double(heterozygotes) * 0.693_147_180_559_945_3
    }

    /// One iteration; the bound before it, if wanted.
    mutating func iterate(
      wantsBound: Bool, movesAlleles: Bool = true, on workers: Workers
    ) -> Double? {
      let J = donors.columnCount
      let prior = 1 / Double(J)
      let weights = expectedLogarithms(donors)
      let sources = weights.transposed()
      let (old, genotypes) = (alleles, genotypes)
      let passes = workers.map(old.count) { run in
        AllelePass(
          genotypes: genotypes[run], frequencies: [], weights: expectedLogarithms(old[run]),
          sources: sources, alpha: 0, wantsLikelihood: wantsBound)
      }
      var bound: Double?
      if wantsBound {
        var value = constant - dirichletDivergence(donors, prior: prior)
        for (pass, pair) in zip(passes, old) {
          value += pass.logLikelihood - betaDivergence(pair, priorA: 1, priorB: 1)
        }
        bound = value
      }
      var sums = Matrix<Double>(
        rowCount: J, columnCount: donors.rowCount, repeating: 0)
      for pass in passes { sums.add(pass.donorSums) }
      for donor in 0..<donors.rowCount {
        for population in 0..<J {
          donors[donor, population] =
            prior + weights[donor, population] * sums[population, donor]
        }
      }
      if movesAlleles {
        alleles = passes.map { pass in
          AllelePair(
            counted: pass.copies.counted.map { $0 + 1 }, other: pass.copies.other.map { $0 + 1 })
        }
      }
      iterationCount += 1
      return bound
    }

    /// Of the posterior means.
    func logLikelihood(on workers: Workers) -> Double {
      let sources = Matrix(
        rows: (0..<donors.rowCount).map { donor in
          let total = donors.row(donor).reduce(0, +)
          return donors.row(donor).map { $0 / total }
        }
      ).transposed()
      let (pairs, genotypes) = (alleles, genotypes)
      return workers.map(pairs.count) { run in
        let frequencies = Matrix(
          rowCount: pairs[run].counted.rowCount, columnCount: pairs[run].counted.columnCount,
          elements: zip(pairs[run].counted.elements, pairs[run].other.elements).map {
            $0 / ($0 + $1)
          })
        return AllelePass(
          genotypes: genotypes[run], frequencies: [],
          weights: AllelePair(counted: frequencies, other: frequencies.map { 1 - $0 }),
          sources: sources, alpha: 0, wantsLikelihood: true
        ).logLikelihood
      }.reduce(constant, +)
    }

    /// Posterior means, the shares of these donors.
    func ancestry(_ data: Genotypes, _ donors: Matrix<Double>) -> Ancestry {
      let frequencies = alleles.flatMap { pair in
        zip(pair.counted.elements, pair.other.elements).map { $0 / ($0 + $1) }
      }
      return Ancestry(
        donors: data.donors, variants: data.variants.describedVariants,
        populationCount: donors.columnCount,
        shares: donors.elements, frequencies: frequencies)
    }
  }
}

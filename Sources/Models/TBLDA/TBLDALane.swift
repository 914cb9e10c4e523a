package import LinearAlgebra
public import Modeling
import Probability

/// One lane of a TBLDA fit: samples, and a run of the variants.
public struct TBLDALane: LaneState {
  /// What a checkpoint keeps of a lane.
  public struct Saved: Codable, Sendable {
    /// σ̂, samples × topics.
    package var samples: Matrix<Double>
    /// ζ̂ and γ̂ of the lane's variants.
    package var alleles: AllelePair
    /// Moments of stochastic inference; nil before its first step.
    package var stochastic: StochasticLane?
    /// Where the last iteration led, before momentum went on from there; nil before the first.
    package var reached: Point?
    /// The lane's part of the posterior at the end of the best start so far.
    package var best: Point?
  }

  /// A lane's part of a posterior.
  package struct Point: Codable, Sendable {
    /// σ̂, samples × topics.
    package var samples: Matrix<Double>
    /// ζ̂ and γ̂ of the lane's variants.
    package var alleles: AllelePair
  }

  /// The samples of the lane, as rows of the whole data.
  public let rows: Range<Int>
  /// The lane's share of the variants.
  package let variants: Range<Int>
  /// Reads of the samples: those of an iteration are read where they are not in memory.
  package let counts: RowCounts
  /// C_l, reads of each sample.
  let totals: [Double]
  /// For every sample its donor; −1 where it is not in the fit.
  let donors: [Int]
  /// Genotypes of the lane's variants, variants × donors, 3 where missing; nil where they are read when an iteration
  /// goes over them.
  let residentGenotypes: [UInt8]?
  /// Those of all variants.
  let cohortGenotypes: CohortGenotypes
  /// Its part in an iteration over all donors.
  private(set) var whole = TBLDALaneShare(rows: [], donors: [])
  /// β of the lane's variants, variants × populations.
  let frequencies: [Double]
  /// ζ and γ of the lane's variants.
  let allelePriors: AllelePriors
  /// Σ log of multinomial and binomial coefficients.
  package let constant: Double
  /// σ̂, ζ̂, γ̂.
  public var saved: Saved

  init(rows: Range<Int>, counts: RowCounts, of model: TBLDA) {
    let cohort = model.cohort
    let (S, N) = (cohort.variants.count, cohort.uses.count)
    let variants = rows.lowerBound * S / N..<rows.upperBound * S / N
    self.rows = rows
    self.variants = variants
    self.counts = counts
    let J = cohort.populationCount
    donors = rows.map { cohort.uses[$0] == .fit ? cohort.donorOfSample[$0] : -1 }
    let genotypes = cohort.genotypes.seen(variants)
    residentGenotypes = cohort.genotypes.areResident ? genotypes : nil
    cohortGenotypes = cohort.genotypes
    frequencies = Array(cohort.frequencies[variants.lowerBound * J..<variants.upperBound * J])
    allelePriors = AllelePriors(
      model.configuration, cohort.totals.variants[variants.lowerBound..<variants.upperBound])
    var constant = genotypes.reduce(0.0) { $0 + ($1 == 1 ? 1 : 0) } * 0.693_147_180_559_945_3
    let (read, _) = counts.loaded(Array(donors.indices))
    totals = donors.indices.map { Double(read.total(ofRow: $0)) }
    for (row, donor) in donors.enumerated() where donor >= 0 {
      constant += logGamma(totals[row] + 1)
      read.forEachNonZero(inRow: row) { constant -= logGamma(Double($1) + 1) }
    }
    self.constant = constant
    saved = model.startingLane(rows: rows, variants: variants, totals: totals, restart: 0)
    whole = share(of: cohort.allDonors)
  }
}

import Concurrency
import LinearAlgebra
import Modeling
import Probability
import Sums

/// A fit of TBLDA, put together again from its file and its data.
///
/// The file keeps the posterior in single precision: bounds agree with those of the fit to about seven digits.
struct EvaluatedFit {
  private let model: TBLDA
  private let lanes: [TBLDALane]
  private let shared: TBLDAState
  /// Whether all samples of the fit are there.
  private let isComplete: Bool

  /// - Throws: `ModelError` where the file is damaged, or the data lack donors or variants of the fit.
  init(_ fit: FitContents, data: String, genotypes path: String) throws {
    let configuration = try TBLDAConfiguration(
      storedTree: fit.parameters["settings"] ?? .group([:]))
    let (rows, counts) = try fit.counts(data, fit.columns.names)
    let K = configuration.topics
    guard let tree = fit.parameters["genotype"], case .strings(let donors)? = tree["donors"],
      case .strings(let variants)? = tree["variants"],
      case .floats(let ones, _)? = tree["counted_concentrations"],
      case .floats(let zeros, _)? = tree["other_concentrations"],
      case .doubles(let frequencies, let shape)? = tree["ancestry_frequencies"],
      case .doubles(let shares, _)? = tree["ancestry_shares"],
      case .number(let alpha)? = fit.parameters["alpha"], shape.count == 2,
      ones.count == variants.count * K, zeros.count == ones.count
    else { throw ModelError("\(fit.path): uns/distfit/genotype is missing or damaged") }
    let samples = try Self.samples(fit, rows, donors, configuration)
    isComplete = samples.isComplete
    let cohort = TBLDACohort(
      samples: (samples.uses, samples.donors), donors: donors, variants: Table(names: variants),
      genotypes: CohortGenotypes(
        try Self.genotypes(
          try fit.companion(Genotypes.self, from: path), donors, variants, path),
        donorCount: donors.count, variantCount: variants.count,
        heldOut: configuration.heldOutGenotypes, RandomSource(seed: UInt64(configuration.seed))),
      populations: .init(count: shape[1], frequencies: frequencies, shares: shares))
    var totals = [Double](repeating: 0, count: counts.columnCount)
    for row in 0..<counts.rowCount {
      counts.forEachNonZero(inRow: row) { totals[$0] += Double($1) }
    }
    model = TBLDA(configuration, cohort, geneTotals: totals)
    var lane = TBLDALane(rows: 0..<rows.count, counts: .resident(counts), of: model)
    lane.saved.samples = samples.concentrations
    lane.saved.alleles = AllelePair(
      counted: Matrix(rowCount: variants.count, columnCount: K, elements: ones.map { Double($0) }),
      other: Matrix(rowCount: variants.count, columnCount: K, elements: zeros.map { Double($0) }))
    lanes = [lane]
    let genes = try fit.matrix("varm/tblda_concentrations")
    shared = TBLDAState(
      genes: Matrix(
        rowCount: fit.columns.count, columnCount: genes.width,
        elements: genes.elements.map { Double($0) }
      ).transposed(), alpha: alpha)
  }

  /// The evidence lower bound; nil unless all samples of the fit are there.
  func evidence(draws: Int, on workers: Workers) throws(SumFault) -> EvidenceEstimate? {
    guard isComplete else { return nil }
    return try model.evidence(shared, lanes, drawCount: draws, with: Alone(), on: workers)
  }

  /// Of samples and genotypes that were not in the fit; nil where there are none.
  func heldOut(on workers: Workers) throws(SumFault) -> HeldOutScore? {
    try model.heldOutScore(shared, lanes, with: Alone(), on: workers)
  }

  /// The samples of some data, as a fit knows them.
  private struct Samples {
    /// What each is used for.
    var uses: [TBLDACohort.Use] = []
    /// The index of each one's donor, −1 where it is not in the fit.
    var donors: [Int] = []
    /// σ̂, samples × topics; the prior's where a sample is not in the fit.
    var concentrations: Matrix<Double>
    /// Whether all samples of the fit are among them.
    var isComplete = false
  }

  /// What the samples of the data are for, their donors, and σ̂ of those in the fit.
  private static func samples(
    _ fit: FitContents, _ rows: Table, _ donors: [String], _ configuration: TBLDAConfiguration
  ) throws -> Samples {
    let place = Dictionary(zip(fit.rows.names, 0...), uniquingKeysWith: { first, _ in first })
    let known = try fit.classes("tblda_use")
    let names = try fit.classes(configuration.donorKey)
    let donor = Dictionary(zip(donors, 0...), uniquingKeysWith: { first, _ in first })
    let stored = try fit.matrix("obsm/tblda_concentrations")
    let K = configuration.topics
    var samples = Samples(
      concentrations: Matrix(
        rowCount: rows.count, columnCount: K, repeating: configuration.topicPrior))
    for (row, name) in rows.names.enumerated() {
      guard let own = place[name] else {
        // A sample that the fit has never seen.
        samples.uses.append(.heldOut)
        samples.donors.append(-1)
        continue
      }
      let use = TBLDACohort.Use(rawValue: known.codes[own]) ?? .dropped
      samples.uses.append(use)
      guard use == .fit else {
        samples.donors.append(-1)
        continue
      }
      guard names.codes[own] >= 0, let index = donor[names.names[Int(names.codes[own])]] else {
        throw ModelError("\(fit.path): the donor of sample \(name) is not among the fit's donors")
      }
      samples.donors.append(index)
      samples.concentrations.setRow(
        row, to: stored.elements[own * K..<(own + 1) * K].map { Double($0) })
    }
    let wanted = known.codes.count { $0 == TBLDACohort.Use.fit.rawValue }
    samples.isComplete = samples.uses.count { $0 == .fit } == wanted
    return samples
  }

  /// The fit's donors and variants, variants × donors, 3 where missing.
  private static func genotypes(
    _ genotypes: Genotypes, _ donors: [String], _ variants: [String], _ path: String
  ) throws(ModelError) -> [UInt8] {
    let donorPlace = Dictionary(
      zip(genotypes.donors, 0...), uniquingKeysWith: { first, _ in first })
    let variantPlace = Dictionary(
      zip(genotypes.variants.names, 0...), uniquingKeysWith: { first, _ in first })
    var columns: [Int] = []
    for donor in donors {
      guard let place = donorPlace[donor] else {
        throw ModelError("\(path): lacks the fit's donor \(donor)")
      }
      columns.append(place)
    }
    var result: [UInt8] = []
    result.reserveCapacity(donors.count * variants.count)
    for variant in variants {
      guard let place = variantPlace[variant] else {
        throw ModelError("\(path): lacks the fit's variant \(variant)")
      }
      for donor in columns { result.append(min(genotypes[donor, place], 3)) }
    }
    return result
  }
}

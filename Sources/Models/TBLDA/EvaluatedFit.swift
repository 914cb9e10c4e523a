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
  /// How many variants count the other allele in the genotypes.
  let swappedCount: Int

  /// - Throws: `ModelError` where the file is damaged, or the data lack donors or variants of the fit.
  init(_ fit: FitContents, data: String, genotypes path: String) throws {
    let configuration = try TBLDAConfiguration(
      storedTree: fit.parameters["settings"] ?? .group([:]))
    let (rows, counts) = try fit.counts(data, fit.columns.names)
    let random = RandomSource(seed: UInt64(configuration.seed))
    let K = configuration.topics
    guard let tree = fit.parameters["genotype"], case .strings(let donors)? = tree["donors"],
      let variants = [Variant](storedTree: tree),
      case .floats(let ones, _)? = tree["counted_concentrations"],
      case .floats(let zeros, _)? = tree["other_concentrations"],
      case .doubles(let frequencies, let shape)? = tree["ancestry_frequencies"],
      case .doubles(let shares, _)? = tree["ancestry_shares"],
      case .number(let alpha)? = fit.parameters["alpha"], shape.count == 2,
      ones.count == variants.count * K, zeros.count == ones.count
    else { throw ModelError("\(fit.path): uns/distfit/genotype is missing or damaged") }
    let (uses, donorOfSample, posterior) = try Self.samples(fit, rows, donors, configuration)
    isComplete = posterior.found == posterior.wanted
    let aligned = try fit.companion(Genotypes.self, from: path).aligned(
      to: variants, asker: "the fit", file: path)
    swappedCount = aligned.alignment.swappedCount
    let cohort = TBLDACohort(
      configuration, uses: uses, donorOfSample: donorOfSample, donors: donors,
      variants: variants.table, genotypes: try Self.genotypes(aligned.genotypes, donors, path),
      ancestry: (shape[1], frequencies, shares), random)
    var totals = [Double](repeating: 0, count: counts.columnCount)
    for row in 0..<counts.rowCount {
      counts.forEachNonZero(inRow: row) { totals[$0] += Double($1) }
    }
    model = TBLDA(configuration, cohort, geneTotals: totals)
    var lane = TBLDALane(rows: 0..<rows.count, counts: .resident(counts), of: model)
    lane.saved.samples = posterior.samples
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

  /// What the samples of the data are for, their donors, and σ̂ of those in the fit.
  private static func samples(
    _ fit: FitContents, _ rows: Table, _ donors: [String], _ configuration: TBLDAConfiguration
  ) throws -> (
    [TBLDACohort.Use], [Int], (samples: Matrix<Double>, found: Int, wanted: Int)
  ) {
    let place = Dictionary(zip(fit.rows.names, 0...), uniquingKeysWith: { first, _ in first })
    let known = try fit.classes("tblda_use")
    let names = try fit.classes(configuration.donorKey)
    let donor = Dictionary(zip(donors, 0...), uniquingKeysWith: { first, _ in first })
    let stored = try fit.matrix("obsm/tblda_concentrations")
    let K = configuration.topics
    var samples = Matrix<Double>(
      rowCount: rows.count, columnCount: K, repeating: configuration.topicPrior)
    var (uses, donorOfSample): ([TBLDACohort.Use], [Int]) = ([], [])
    for (row, name) in rows.names.enumerated() {
      guard let own = place[name] else {
        // A sample that the fit has never seen.
        uses.append(.heldOut)
        donorOfSample.append(-1)
        continue
      }
      let use = TBLDACohort.Use(rawValue: known.codes[own]) ?? .dropped
      uses.append(use)
      guard use == .fit else {
        donorOfSample.append(-1)
        continue
      }
      guard names.codes[own] >= 0, let index = donor[names.names[Int(names.codes[own])]] else {
        throw ModelError("\(fit.path): the donor of sample \(name) is not among the fit's donors")
      }
      donorOfSample.append(index)
      samples.setRow(
        row, to: stored.elements[own * K..<(own + 1) * K].map { Double($0) })
    }
    let wanted = known.codes.count { $0 == TBLDACohort.Use.fit.rawValue }
    return (uses, donorOfSample, (samples, uses.count { $0 == .fit }, wanted))
  }

  /// The fit's donors, variants × donors, 3 where missing.
  private static func genotypes(
    _ genotypes: Genotypes, _ donors: [String], _ path: String
  ) throws(ModelError) -> [UInt8] {
    let donorPlace = Dictionary(
      zip(genotypes.donors, 0...), uniquingKeysWith: { first, _ in first })
    var columns: [Int] = []
    for donor in donors {
      guard let place = donorPlace[donor] else {
        throw ModelError("\(path): lacks the fit's donor \(donor)")
      }
      columns.append(place)
    }
    var result: [UInt8] = []
    result.reserveCapacity(donors.count * genotypes.variantCount)
    for variant in 0..<genotypes.variantCount {
      for donor in columns { result.append(min(genotypes[donor, variant], 3)) }
    }
    return result
  }
}

import Modeling
import Probability

/// Which samples belong to which donor, and the donors' genotypes: the same on every rank.
struct TBLDACohort: Sendable {
  /// What a sample is used for.
  enum Use: Int32, Sendable {
    /// Fits the model.
    case fit
    /// Kept out, for tests on the fit.
    case heldOut
    /// Its donor has no genotypes, or it has no donor.
    case dropped
  }

  /// For every sample.
  let uses: [Use]
  /// For every sample the index of its donor among `donors`, −1 for dropped ones.
  let donorOfSample: [Int]
  /// Names of the donors with genotypes and samples in the fit.
  let donors: [String]
  /// n_i: samples of each donor in the fit.
  let sampleCounts: [Double]
  /// The variants that are fitted, with their names, places and alleles.
  let variants: Table
  /// Copies of the counted allele.
  let genotypes: CohortGenotypes
  /// What those in the fit come to.
  let totals: GenotypeTotals
  /// β, variants × populations.
  let frequencies: [Double]
  /// τ, populations × donors.
  let shares: [Double]
  /// J, the number of ancestral populations.
  let populationCount: Int
  /// What was left out and why, for the log.
  let remarks: [String]
  /// All donors, for an iteration over everyone.
  private(set) var allDonors = TBLDADonors()

  init(
    _ configuration: TBLDAConfiguration, _ data: DataSummary, _ random: RandomSource
  ) throws(ModelError) {
    guard let (table, known) = Self.genotyped(data) else {
      throw ModelError("tblda needs the donors' genotypes: --genotypes donors.bed")
    }
    guard table.count > 0 else { throw ModelError("the genotypes have no variants") }
    var seen: Set<String> = []
    if let twice = data.rows.names.first(where: { !seen.insert($0).inserted }) {
      throw ModelError("obs names the sample \(twice) twice: every sample needs a name of its own")
    }
    let key = configuration.donorKey
    guard let column = data.rows[key], let names = column.asCategories else {
      throw noDonorColumn(key, in: data.rows)
    }
    let place = Dictionary(
      known.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let genotyped = names.codes.map { $0 < 0 ? nil : place[names.names[Int($0)]] }
    guard genotyped.contains(where: { $0 != nil }) else {
      throw ModelError(
        "no sample's donor has genotypes: \(key) has \(names.names.first ?? "nothing"), "
          + "the genotypes \(known.first ?? "nobody")")
    }
    let held = Self.heldOut(configuration, genotyped, random)
    let fitted = Set(genotyped.indices.compactMap { held.contains($0) ? nil : genotyped[$0] })
    let order = fitted.sorted()
    let position = Dictionary(uniqueKeysWithValues: zip(order, 0...))
    uses = genotyped.indices.map {
      genotyped[$0] == nil ? .dropped : held.contains($0) ? .heldOut : .fit
    }
    donorOfSample = genotyped.map { $0.flatMap { position[$0] } ?? -1 }
    donors = order.map { known[$0] }
    var counts = [Double](repeating: 0, count: order.count)
    for (use, donor) in zip(uses, donorOfSample) where use == .fit { counts[donor] += 1 }
    sampleCounts = counts
    variants = table
    let genotypes = Self.genotypes(
      data, donors: order, heldOut: configuration.heldOutGenotypes, random)
    let totals = GenotypeTotals(genotypes)
    (self.genotypes, self.totals) = (genotypes, totals)
    let ancestry = try Self.ancestry(
      data.companions[Ancestry.self], donors: donors, variants: variants, totals.variants)
    (populationCount, frequencies, shares) = (
      ancestry.count, ancestry.frequencies, ancestry.shares
    )
    remarks =
      ancestry.notes
      + Self.remarks(
        uses, names, known, fittedCount: order.count, totals,
        genotypeCount: order.count * table.count, hasAncestry: data.companions[Ancestry.self] != nil
      )
    allDonors = TBLDADonors(Array(donors.indices), of: self)
  }

  /// A cohort as a fit file tells of it.
  ///
  /// - Parameter genotypes: variants × donors, 3 where missing.
  init(
    _ configuration: TBLDAConfiguration, uses: [Use], donorOfSample: [Int], donors: [String],
    variants: Table, genotypes: [UInt8],
    ancestry: (count: Int, frequencies: [Double], shares: [Double]),
    _ random: RandomSource
  ) {
    self.uses = uses
    self.donorOfSample = donorOfSample
    self.donors = donors
    self.variants = variants
    var counts = [Double](repeating: 0, count: donors.count)
    for (use, donor) in zip(uses, donorOfSample) where use == .fit { counts[donor] += 1 }
    // Where samples of the fit are not there, a donor may have none.
    sampleCounts = counts.map { max(1, $0) }
    let genotypes = CohortGenotypes(
      genotypes, donorCount: donors.count, variantCount: variants.count,
      heldOut: configuration.heldOutGenotypes, random)
    (self.genotypes, totals) = (genotypes, GenotypeTotals(genotypes))
    (populationCount, frequencies, shares) = ancestry
    remarks = []
    allDonors = TBLDADonors(Array(donors.indices), of: self)
  }

  /// The variants and the donors with genotypes, in memory or outside; nil without genotypes.
  private static func genotyped(_ data: DataSummary) -> (variants: Table, donors: [String])? {
    data.companions[Genotypes.self].map { ($0.variants, $0.donors) }
      ?? data.companions[StoredGenotypes.self].map { ($0.variants, $0.donors) }
  }

  /// Those of the donors with samples, in memory or outside.
  private static func genotypes(
    _ data: DataSummary, donors order: [Int], heldOut share: Double, _ random: RandomSource
  ) -> CohortGenotypes {
    if let stored = data.companions[StoredGenotypes.self] {
      return CohortGenotypes(stored, donors: order, heldOut: share, random)
    }
    let genotypes = data.companions[Genotypes.self]
    let S = genotypes?.variantCount ?? 0
    var values = [UInt8](repeating: 3, count: order.count * S)
    if let genotypes {
      for (column, donor) in order.enumerated() {
        for variant in 0..<S {
          values[variant * order.count + column] = min(genotypes[donor, variant], 3)
        }
      }
    }
    return CohortGenotypes(
      values, donorCount: order.count, variantCount: S, heldOut: share, random)
  }

  /// Samples kept out: so many of each donor with enough, by keyed random numbers.
  private static func heldOut(
    _ configuration: TBLDAConfiguration, _ donors: [Int?], _ random: RandomSource
  ) -> Set<Int> {
    guard configuration.heldOutSamples > 0 else { return [] }
    var samples: [Int: [Int]] = [:]
    for (sample, donor) in donors.enumerated() {
      if let donor { samples[donor, default: []].append(sample) }
    }
    var held: Set<Int> = []
    for (donor, own) in samples where own.count >= configuration.heldOutFrom {
      var stream = random.stream("TBLDA held-out samples", index: donor)
      let order = stream.permutation(count: own.count)
      held.formUnion(order.prefix(configuration.heldOutSamples).map { own[Int($0)] })
    }
    return held
  }

  /// β and τ of these donors and variants; without an ancestry one population, whose frequencies are those
  /// of the donors:
  ///
  ///     β_j = (½ + Σ_i y_ji) / (1 + 2 · observed_j)
  private static func ancestry(
    _ ancestry: Ancestry?, donors: [String], variants: Table, _ counts: [VariantCounts]
  ) throws(ModelError) -> (
    count: Int, frequencies: [Double], shares: [Double], notes: [String]
  ) {
    guard let ancestry else {
      let frequencies = counts.map { (0.5 + Double($0.copies)) / Double(1 + 2 * $0.observed) }
      return (1, frequencies, Array(repeating: 1, count: donors.count), [])
    }
    let J = ancestry.populationCount
    let donorPlace = Dictionary(
      zip(ancestry.donors, 0...), uniquingKeysWith: { first, _ in first })
    var shares = [Double](repeating: 0, count: J * donors.count)
    for (column, donor) in donors.enumerated() {
      guard let place = donorPlace[donor] else {
        throw ModelError("the ancestry does not have donor \(donor)")
      }
      for population in 0..<J {
        shares[population * donors.count + column] = ancestry.shares[place * J + population]
      }
    }
    let aligned = try ancestry.frequencies(of: variants.describedVariants)
    return (J, aligned.frequencies, shares, aligned.notes)
  }

  private static func remarks(
    _ uses: [Use], _ names: (codes: [Int32], names: [String]), _ genotyped: [String],
    fittedCount: Int, _ totals: GenotypeTotals, genotypeCount: Int, hasAncestry: Bool
  ) -> [String] {
    var remarks: [String] = []
    let known = Set(genotyped)
    let without = Set(names.codes.filter { $0 >= 0 }).map { names.names[Int($0)] }
      .filter { !known.contains($0) }.sorted()
    let dropped = uses.count { $0 == .dropped }
    if dropped > 0 {
      remarks.append(
        "\(dropped) of \(uses.count) samples are left out: their donor has no genotypes"
          + (without.first.map { " (\(without.count) donors, first: \($0))" } ?? ""))
    }
    if fittedCount < genotyped.count {
      remarks.append(
        "\(genotyped.count - fittedCount) of \(genotyped.count) donors with genotypes have no sample in the fit and are left out"
      )
    }
    let held = uses.count { $0 == .heldOut }
    if held > 0 { remarks.append("\(held) samples are held out") }
    let heldOut = totals.heldOutCount
    if heldOut > 0 { remarks.append("\(heldOut) genotypes are held out") }
    let missing = genotypeCount - totals.observedCount - heldOut
    if missing > 0 {
      let rate = 100 * Double(missing) / Double(genotypeCount)
      remarks.append("\(missing) genotypes are missing (\(Float(rate)) %) and leave the likelihood")
    }
    if !hasAncestry {
      remarks.append(
        "no --ancestry: one population with the variants' frequencies stands for it")
    }
    return remarks
  }
}

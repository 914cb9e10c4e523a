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
  /// The variants.
  let variants: Table
  /// Copies of the counted allele, variants × donors, row-major; 3 where missing.
  let genotypes: [UInt8]
  /// Genotypes that were observed and are kept out of the fit, 3 elsewhere; empty where none are.
  let heldOutGenotypes: [UInt8]
  /// β, variants × populations.
  let frequencies: [Double]
  /// τ, populations × donors.
  let shares: [Double]
  /// J.
  let populationCount: Int
  /// Genotypes observed of each donor.
  let observedCounts: [Int]
  /// What was left out and why, for the log.
  let remarks: [String]
  /// All donors, for an iteration over everyone.
  private(set) var allDonors = TBLDADonors()

  init(
    _ configuration: TBLDAConfiguration, _ data: DataSummary, _ random: RandomSource
  ) throws(ModelError) {
    guard let genotypes = data.genotypes else {
      throw ModelError("tblda needs the donors' genotypes: --genotypes donors.bed")
    }
    guard genotypes.variantCount > 0 else { throw ModelError("the genotypes have no variants") }
    var seen: Set<String> = []
    if let twice = data.rows.names.first(where: { !seen.insert($0).inserted }) {
      throw ModelError("obs names the sample \(twice) twice: every sample needs a name of its own")
    }
    let key = configuration.donorKey
    guard let column = data.rows[key], let names = column.asCategories else {
      throw noDonorColumn(key, in: data.rows)
    }
    let place = Dictionary(
      genotypes.donors.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let genotyped = names.codes.map { $0 < 0 ? nil : place[names.names[Int($0)]] }
    guard genotyped.contains(where: { $0 != nil }) else {
      throw ModelError(
        "no sample's donor has genotypes: \(key) has \(names.names.first ?? "nothing"), "
          + "the genotypes \(genotypes.donors.first ?? "nobody")")
    }
    let held = Self.heldOut(configuration, genotyped, random)
    let fitted = Set(genotyped.indices.compactMap { held.contains($0) ? nil : genotyped[$0] })
    let order = fitted.sorted()
    let position = Dictionary(uniqueKeysWithValues: zip(order, 0...))
    uses = genotyped.indices.map {
      genotyped[$0] == nil ? .dropped : held.contains($0) ? .heldOut : .fit
    }
    donorOfSample = genotyped.map { $0.flatMap { position[$0] } ?? -1 }
    donors = order.map { genotypes.donors[$0] }
    var counts = [Double](repeating: 0, count: order.count)
    for (use, donor) in zip(uses, donorOfSample) where use == .fit { counts[donor] += 1 }
    sampleCounts = counts
    variants = genotypes.variants
    var transposed = [UInt8](repeating: 3, count: order.count * genotypes.variantCount)
    for (column, donor) in order.enumerated() {
      for variant in 0..<genotypes.variantCount {
        transposed[variant * order.count + column] = min(genotypes[donor, variant], 3)
      }
    }
    heldOutGenotypes = Self.takeOut(
      configuration.heldOutGenotypes, of: &transposed, donorCount: order.count, random)
    self.genotypes = transposed
    observedCounts = Self.observed(transposed, donorCount: order.count)
    let ancestry = try Self.ancestry(
      data.ancestry, donors: donors, variants: variants.names, genotypes: transposed)
    (populationCount, frequencies, shares) = ancestry
    remarks = Self.remarks(
      uses, names, genotypes, fittedCount: order.count,
      heldOut: heldOutGenotypes.count { $0 < 3 },
      missing: transposed.count - observedCounts.reduce(0, +), hasAncestry: data.ancestry != nil)
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
    var genotypes = genotypes
    heldOutGenotypes = Self.takeOut(
      configuration.heldOutGenotypes, of: &genotypes, donorCount: donors.count, random)
    self.genotypes = genotypes
    observedCounts = Self.observed(genotypes, donorCount: donors.count)
    (populationCount, frequencies, shares) = ancestry
    remarks = []
    allDonors = TBLDADonors(Array(donors.indices), of: self)
  }

  /// Genotypes observed of each donor.
  private static func observed(_ genotypes: [UInt8], donorCount: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: donorCount)
    for variant in 0..<genotypes.count / max(1, donorCount) {
      for donor in 0..<donorCount where genotypes[variant * donorCount + donor] < 3 {
        counts[donor] += 1
      }
    }
    return counts
  }

  /// Takes a share of the observed genotypes out, each keyed by its variant and donor.
  private static func takeOut(
    _ share: Double, of genotypes: inout [UInt8], donorCount: Int, _ random: RandomSource
  ) -> [UInt8] {
    guard share > 0, donorCount > 0 else { return [] }
    var taken = [UInt8](repeating: 3, count: genotypes.count)
    for variant in 0..<genotypes.count / donorCount {
      var stream = random.stream("TBLDA held-out genotypes", index: variant)
      for index in variant * donorCount..<(variant + 1) * donorCount {
        guard stream.uniform() < share, genotypes[index] < 3 else { continue }
        taken[index] = genotypes[index]
        genotypes[index] = 3
      }
    }
    return taken
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
    _ ancestry: Ancestry?, donors: [String], variants: [String], genotypes: [UInt8]
  ) throws(ModelError) -> (Int, [Double], [Double]) {
    guard let ancestry else {
      let frequencies = variants.indices.map { variant in
        var (copies, observed) = (0.5, 1.0)
        for value in genotypes[variant * donors.count..<(variant + 1) * donors.count]
        where value < 3 {
          copies += Double(value)
          observed += 2
        }
        return copies / observed
      }
      return (1, frequencies, Array(repeating: 1, count: donors.count))
    }
    let J = ancestry.populationCount
    let donorPlace = Dictionary(
      zip(ancestry.donors, 0...), uniquingKeysWith: { first, _ in first })
    let variantPlace = Dictionary(
      zip(ancestry.variants, 0...), uniquingKeysWith: { first, _ in first })
    var shares = [Double](repeating: 0, count: J * donors.count)
    for (column, donor) in donors.enumerated() {
      guard let place = donorPlace[donor] else {
        throw ModelError("the ancestry does not have donor \(donor)")
      }
      for population in 0..<J {
        shares[population * donors.count + column] = ancestry.shares[place * J + population]
      }
    }
    var frequencies: [Double] = []
    for variant in variants {
      guard let place = variantPlace[variant] else {
        throw ModelError("the ancestry does not have variant \(variant)")
      }
      frequencies += ancestry.frequencies[place * J..<(place + 1) * J]
    }
    return (J, frequencies, shares)
  }

  private static func remarks(
    _ uses: [Use], _ names: (codes: [Int32], names: [String]), _ genotypes: Genotypes,
    fittedCount: Int, heldOut: Int, missing: Int, hasAncestry: Bool
  ) -> [String] {
    var remarks: [String] = []
    let known = Set(genotypes.donors)
    let without = Set(names.codes.filter { $0 >= 0 }).map { names.names[Int($0)] }
      .filter { !known.contains($0) }.sorted()
    let dropped = uses.count { $0 == .dropped }
    if dropped > 0 {
      remarks.append(
        "\(dropped) of \(uses.count) samples are left out: their donor has no genotypes"
          + (without.first.map { " (\(without.count) donors, first: \($0))" } ?? ""))
    }
    if fittedCount < genotypes.donorCount {
      remarks.append(
        "\(genotypes.donorCount - fittedCount) of \(genotypes.donorCount) donors with genotypes have no sample in the fit and are left out"
      )
    }
    let held = uses.count { $0 == .heldOut }
    if held > 0 { remarks.append("\(held) samples are held out") }
    if heldOut > 0 { remarks.append("\(heldOut) genotypes are held out") }
    let missing = missing - heldOut
    if missing > 0 {
      let rate = 100 * Double(missing) / Double(fittedCount * genotypes.variantCount)
      remarks.append("\(missing) genotypes are missing (\(Float(rate)) %) and leave the likelihood")
    }
    if !hasAncestry {
      remarks.append(
        "no --ancestry: one population with the variants' frequencies stands for it")
    }
    return remarks
  }
}

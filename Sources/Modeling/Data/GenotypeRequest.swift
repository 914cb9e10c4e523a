/// The error for rows that do not name their donors: lists the columns there are.
public func noDonorColumn(_ key: String, in rows: Table) -> ModelError {
  let names = rows.columns.filter { $0.column.asCategories != nil }.map(\.name)
  let nearest = nearestName(to: key, among: names)
  let some = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  return ModelError(
    "obs has no column \"\(key)\" with each sample's donor (--donor-key)"
      + (nearest.map { "; did you mean \"\($0)\"?" } ?? "")
      + (names.isEmpty ? "; it has no column of names: --samples adds some" : " (it has \(some))"))
}

/// Which genotypes a model wants to be read, and what of them.
public struct GenotypeRequest: Sendable, Equatable, Codable {
  /// PLINK `.bed`, VCF, BCF, or a table of dosages.
  public var file: String
  /// The column of `obs` with each sample's donor, nil where samples are named as donors: allele frequencies
  /// are those of these donors.
  public var donorKey: String?
  /// The chromosome whose variants are kept; nil: all.
  public var chromosome: String?
  /// The least frequency of the rarer allele.
  public var minimumFrequency: Double
  /// The largest share of donors without a genotype.
  public var maximumMissing: Double
  /// How neighbours that tell the same are left out; nil: not at all.
  public var pruning: LinkagePruning?

  /// All variants that were observed, unless told otherwise.
  public init(
    file: String, donorKey: String?, chromosome: String? = nil, minimumFrequency: Double = 0,
    maximumMissing: Double = 1, pruning: LinkagePruning? = nil
  ) {
    self.file = file
    self.donorKey = donorKey
    self.chromosome = chromosome
    self.minimumFrequency = minimumFrequency
    self.maximumMissing = maximumMissing
    self.pruning = pruning
  }

  /// What is left of the genotypes, and what went and why.
  ///
  /// - Parameter donors: those that the data name; allele frequencies are taken over them.
  /// - Throws: `ModelError` where none of these donors has genotypes, where no variant is left, or where the
  ///   file does not say where variants are and they shall be pruned.
  public func selection(
    of genotypes: Genotypes, donors: Set<String>
  ) throws(ModelError) -> (genotypes: Genotypes, notes: [String]) {
    var notes: [String] = []
    let known = try known(genotypes.donors, among: donors, &notes)
    let own = genotypes.selecting(donors: known)
    let chosen = try chosen(own.variants, own.variantCounts, donorCount: known.count, &notes) {
      variant in own.donors.indices.map { min(own[$0, variant], 3) }
    }
    return (chosen.count < own.variantCount ? own.selecting(variants: chosen) : own, notes)
  }

  /// Which donors and variants of genotypes outside of memory are left for the fit.
  ///
  /// - Throws: `ModelError` likewise.
  public func selection(
    of genotypes: PackedVariants, donors names: [String], variants: Table, among donors: Set<String>
  ) throws(ModelError) -> (donors: [Int], variants: [Int], notes: [String]) {
    var notes: [String] = []
    let known = try known(names, among: donors, &notes)
    let chosen = try chosen(
      variants, genotypes.variantCounts(donors: known), donorCount: known.count, &notes
    ) { genotypes.codes(variants: $0..<$0 + 1, donors: known) }
    return (known, chosen, notes)
  }

  /// The donors of a file that the data name.
  private func known(
    _ names: [String], among donors: Set<String>, _ notes: inout [String]
  ) throws(ModelError) -> [Int] {
    let place = donorKey.map { "obs/\($0)" } ?? "the names of obs"
    let known = names.indices.filter { donors.contains(names[$0]) }
    guard !known.isEmpty else {
      throw ModelError(
        "\(file): has none of the donors in \(place): it names \(names.first ?? "nobody"), obs \(donors.sorted().first ?? "nobody")"
      )
    }
    if known.count < names.count {
      notes.append(
        "\(file): \(names.count - known.count) of \(names.count) donors have no sample and are left out"
      )
    }
    let without = donors.subtracting(names).sorted()
    if let first = without.first {
      notes.append(
        "\(file): \(without.count) of \(donors.count) donors in \(place) have no genotypes (first: \(first))"
      )
    }
    return known
  }

  /// The variants that are left.
  private func chosen(
    _ variants: Table, _ counts: [VariantCounts], donorCount: Int, _ notes: inout [String],
    codes: @escaping (Int) -> [UInt8]
  ) throws(ModelError) -> [Int] {
    var chosen = counts.usable(
      donorCount: donorCount, minimumFrequency: minimumFrequency, maximumMissing: maximumMissing)
    if chosen.count < variants.count {
      notes.append(
        "\(file): \(variants.count - chosen.count) of \(variants.count) variants are left out: minor allele below \(minimumFrequency), more than \(100 * maximumMissing) % missing, or nothing observed"
      )
    }
    if let pruning {
      let usable = chosen
      guard
        let kept = pruning.kept(
          variants.selecting(usable), usable.map { counts[$0] }, codes: { codes(usable[$0]) })
      else {
        throw ModelError(
          "\(file): does not say where its variants are, so that neighbours cannot be pruned; add columns chromosome and position"
        )
      }
      notes.append(
        "\(file): \(kept.count) of \(usable.count) variants stay after pruning (r² up to \(pruning.limit) within \(pruning.window / 1000) kb)"
      )
      chosen = kept.map { usable[$0] }
    }
    guard !chosen.isEmpty else { throw ModelError("\(file): no variant is left after selection") }
    return chosen
  }
}

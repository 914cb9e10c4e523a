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
    let place = donorKey.map { "obs/\($0)" } ?? "the names of obs"
    let known = genotypes.donors.indices.filter { donors.contains(genotypes.donors[$0]) }
    guard !known.isEmpty else {
      throw ModelError(
        "\(file): has none of the donors in \(place): it names \(genotypes.donors.first ?? "nobody"), obs \(donors.sorted().first ?? "nobody")"
      )
    }
    if known.count < genotypes.donorCount {
      notes.append(
        "\(file): \(genotypes.donorCount - known.count) of \(genotypes.donorCount) donors have no sample and are left out"
      )
    }
    let without = donors.subtracting(genotypes.donors).sorted()
    if let first = without.first {
      notes.append(
        "\(file): \(without.count) of \(donors.count) donors in \(place) have no genotypes (first: \(first))"
      )
    }
    var result = genotypes.selecting(donors: known)
    let usable = result.variants(
      minimumFrequency: minimumFrequency, maximumMissing: maximumMissing)
    if usable.count < result.variantCount {
      notes.append(
        "\(file): \(result.variantCount - usable.count) of \(result.variantCount) variants are left out: minor allele below \(minimumFrequency), more than \(100 * maximumMissing) % missing, or nothing observed"
      )
      result = result.selecting(variants: usable)
    }
    if let pruning {
      guard let kept = pruning.kept(result) else {
        throw ModelError(
          "\(file): does not say where its variants are, so that neighbours cannot be pruned; add columns chromosome and position"
        )
      }
      notes.append(
        "\(file): \(kept.count) of \(result.variantCount) variants stay after pruning (r² up to \(pruning.limit) within \(pruning.window / 1000) kb)"
      )
      result = result.selecting(variants: kept)
    }
    guard result.variantCount > 0 else {
      throw ModelError("\(file): no variant is left after selection")
    }
    return (result, notes)
  }
}

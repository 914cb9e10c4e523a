package import Modeling

/// Where a fit's covariates come from.
package struct CovariateSources: Sendable, Equatable {
  /// Columns of obs, see ``RawCovariate/selected(_:from:)``.
  package var columns: [String] = []
  /// Matrices of obsm, as `obsm/spatial` or `spatial`.
  package var matrices: [String] = []
  /// The column of obs with each sample's donor, for genotypes; nil: samples are named as their donors.
  package var donorKey: String?

  /// No covariates at all.
  package init() {}

  /// Names in obsm.
  package var matrixNames: [String] {
    matrices.map { $0.hasPrefix("obsm/") ? String($0.dropFirst(5)) : $0 }
  }

  /// What is to be read besides the counts.
  package var attachments: Attachments { Attachments(rowMatrices: matrixNames) }

  /// The covariates of some rows: columns, then matrices, then genotypes.
  ///
  /// - Throws: `ModelError` for a column or matrix that is not there, or no source at all.
  package func covariates(
    rows: Table, matrices: [String: NamedMatrix], genotypes: Genotypes?
  ) throws(ModelError) -> [RawCovariate] {
    guard !columns.isEmpty || !self.matrices.isEmpty || genotypes != nil else {
      let known = rows.columns.map(\.name)
      throw ModelError(
        "no covariates: name columns of obs, such as --covariates cell_type,age, a matrix, "
          + "--covariates-from obsm/spatial, or --genotypes donors.bed. Columns of obs: "
          + (known.isEmpty ? "none" : known.joined(separator: ", ")))
    }
    var result = try RawCovariate.selected(columns, from: rows)
    for name in matrixNames {
      guard let matrix = matrices[name] else {
        throw ModelError("--covariates-from: there is no obsm/\(name)")
      }
      result += RawCovariate.columns(of: matrix)
    }
    if let genotypes { result += try dosages(genotypes, rows: rows) }
    var names: Set<String> = []
    for covariate in result where !names.insert(covariate.name).inserted {
      throw ModelError("the covariate \"\(covariate.name)\" is there twice; name it once")
    }
    return result
  }

  /// Copies of each variant's counted allele in every row's donor.
  ///
  /// A genotype that was not observed counts as the mean of the donors that have rows; a row whose donor has
  /// no genotypes lacks all of them.
  /// - Throws: `ModelError` where no donor is found.
  private func dosages(
    _ genotypes: Genotypes, rows: Table
  ) throws(ModelError) -> [RawCovariate] {
    let place = Dictionary(
      zip(genotypes.donors, 0...), uniquingKeysWith: { first, _ in first })
    let names: [String?]
    if let donorKey {
      guard let (codes, levels) = rows[donorKey]?.asCategories else {
        let nearest = nearestName(to: donorKey, among: rows.columns.map(\.name))
        throw ModelError(
          "--donor-key: obs has no column of names \"\(donorKey)\""
            + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
      }
      names = codes.map { $0 < 0 ? nil : levels[Int($0)] }
    } else {
      names = rows.names
    }
    let donors = names.map { $0.flatMap { place[$0] } }
    let present = Set(donors.compactMap(\.self)).sorted()
    guard !present.isEmpty else {
      throw ModelError(
        "the genotypes have none of the samples' donors: they name \(genotypes.donors.first ?? "nobody"), "
          + "the samples \(names.lazy.compactMap(\.self).first ?? "nobody"). Which column of obs names the "
          + "donors? (--donor-key)")
    }
    return genotypes.variants.describedVariants.enumerated().map { variant, description in
      var (sum, count) = (0.0, 0.0)
      for donor in present where genotypes[donor, variant] != Genotypes.missing {
        sum += Double(genotypes[donor, variant])
        count += 1
      }
      let mean = count > 0 ? sum / count : .nan
      return RawCovariate(
        description,
        donors.map { donor in
          guard let donor else { return .nan }
          let dosage = genotypes[donor, variant]
          return dosage == Genotypes.missing ? mean : Double(dosage)
        })
    }
  }
}

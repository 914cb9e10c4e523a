package import LinearAlgebra
package import Modeling

/// Samples brought together with their donors and covariates, for tests: one for each donor.
package struct TestedSamples: Sendable {
  /// For each donor the rows of the data that stand for him.
  package private(set) var groups: [[Int]]
  /// The donor of each group.
  package let donors: [String]
  /// The covariates of each group.
  package let covariates: SampleCovariates
  /// What becomes of several rows of a donor.
  package let rule: DonorRule

  /// Groups samples.
  ///
  /// - Parameters:
  ///   - known: the rows of the data whose donors have genotypes.
  ///   - names: the name of every row.
  ///   - donorNames: the donor of every row.
  ///   - tables: covariates by the names of samples, or of donors.
  ///   - rule: what becomes of several rows of a donor.
  /// - Throws: `ModelError` where no sample is left, or a donor has several that are refused.
  package init(
    _ known: [Int], names: [String], donorNames: [String], covariates tables: [Table],
    rule: DonorRule, notes: inout [String]
  ) throws(ModelError) {
    if known.count < donorNames.count {
      notes.append(
        "\(donorNames.count - known.count) of \(donorNames.count) samples are left out: their donor has no genotypes"
      )
    }
    var rows = known
    var places: [[Int]] = []
    for table in tables {
      let place = Dictionary(zip(table.names, 0...), uniquingKeysWith: { first, _ in first })
      let found = rows.map { place[names[$0]] ?? place[donorNames[$0]] }
      let missing = rows.indices.filter { found[$0] == nil }
      if let first = missing.first {
        notes.append(
          "\(missing.count) samples have no covariates and are left out (first: \(names[rows[first]]))"
        )
      }
      let kept = rows.indices.filter { found[$0] != nil }
      places = places.map { own in kept.map { own[$0] } }
      places.append(found.compactMap { $0 })
      rows = kept.map { rows[$0] }
    }
    guard !rows.isEmpty else {
      throw ModelError("no sample has genotypes\(tables.isEmpty ? "" : " and covariates")")
    }
    let groups = Self.byDonor(rows, donorNames)
    if rule == .refuse { try Self.refuse(groups, donorNames) }
    let columns = zip(tables, places).flatMap { $0.selecting($1).columns }
    let ofRows = try SampleCovariates(Table(names: rows.map { names[$0] }, columns: columns))
    let place = Dictionary(uniqueKeysWithValues: zip(rows, 0...))
    covariates = ofRows.means(of: groups.map { group in group.compactMap { place[$0] } })
    let constant = ofRows.constant + covariates.constant
    if !constant.isEmpty {
      notes.append(
        "covariates that are the same for all samples are left out: \(constant.joined(separator: ", "))"
      )
    }
    donors = groups.map { donorNames[$0[0]] }
    self.groups = groups
    self.rule = rule
  }

  /// These samples as rows of larger data, where row i of the present data is row `rows[i]`.
  package func renumbered(_ rows: [Int]) -> TestedSamples {
    var result = self
    result.groups = groups.map { group in group.map { rows[$0] } }
    return result
  }

  private static func refuse(_ groups: [[Int]], _ donorNames: [String]) throws(ModelError) {
    let several = groups.filter { $0.count > 1 }
    guard let first = several.first else { return }
    throw ModelError(
      "\(several.count) of \(groups.count) donors have several samples (first: \(donorNames[first[0]]), \(first.count)), which are not independent: test them by tissue (--by, a column of obs), or take each donor's mean (--per-donor mean) or sum (--per-donor sum)"
    )
  }

  /// The rows of each donor, donors in the order of their first rows.
  private static func byDonor(_ rows: [Int], _ donorNames: [String]) -> [[Int]] {
    var place: [String: Int] = [:]
    var groups: [[Int]] = []
    for row in rows {
      if let group = place[donorNames[row]] {
        groups[group].append(row)
      } else {
        place[donorNames[row]] = groups.count
        groups.append([row])
      }
    }
    return groups
  }
}

extension Genotypes {
  /// Dosages, variants × donors; gaps are filled by the variant's mean.
  package var filledDosages: Matrix<Double> {
    let means = variantCounts.map { Double($0.copies) / Double($0.observed) }
    var result = Matrix(rowCount: variantCount, columnCount: donorCount, repeating: 0.0)
    for donor in 0..<donorCount {
      for variant in 0..<variantCount {
        let dosage = self[donor, variant]
        result[variant, donor] = dosage == Genotypes.missing ? means[variant] : Double(dosage)
      }
    }
    return result
  }
}

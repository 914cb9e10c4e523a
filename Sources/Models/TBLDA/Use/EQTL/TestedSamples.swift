package import LinearAlgebra
package import Modeling

/// Samples brought together with their donors and covariates, for tests: each by itself, or summed over its donor.
package struct TestedSamples: Sendable {
  /// For each tested sample the rows of the data that it is the sum of.
  package let groups: [[Int]]
  /// The donor of each tested sample.
  package let donors: [String]
  /// The covariates of each tested sample.
  package let covariates: SampleCovariates

  /// Groups samples.
  ///
  /// - Parameters:
  ///   - known: the rows of the data whose donors have genotypes.
  ///   - names: the name of every row.
  ///   - donorNames: the donor of every row.
  ///   - table: covariates by the names of samples, or of donors; nil: none.
  ///   - perDonor: whether the rows of a donor are summed.
  /// - Throws: `ModelError` where no sample is left.
  package init(
    _ known: [Int], names: [String], donorNames: [String], covariates table: Table?,
    perDonor: Bool, notes: inout [String]
  ) throws(ModelError) {
    if known.count < donorNames.count {
      notes.append(
        "\(donorNames.count - known.count) of \(donorNames.count) samples are left out: their donor has no genotypes"
      )
    }
    var groups = perDonor ? Self.byDonor(known, donorNames) : known.map { [$0] }
    var rows: [Int] = []
    if let table {
      let place = Dictionary(zip(table.names, 0...), uniquingKeysWith: { first, _ in first })
      let found = groups.map { place[names[$0[0]]] ?? place[donorNames[$0[0]]] }
      let missing = groups.indices.filter { found[$0] == nil }
      if let first = missing.first {
        notes.append(
          "\(missing.count) samples have no covariates and are left out (first: \(names[groups[first][0]]))"
        )
      }
      groups = groups.indices.filter { found[$0] != nil }.map { groups[$0] }
      rows = found.compactMap { $0 }
    }
    guard !groups.isEmpty else {
      throw ModelError("no sample has genotypes\(table == nil ? "" : " and covariates")")
    }
    covariates = try SampleCovariates(
      table?.selecting(rows) ?? Table(names: groups.map { names[$0[0]] }))
    if !covariates.constant.isEmpty {
      notes.append(
        "covariates that are the same for all samples are left out: \(covariates.constant.joined(separator: ", "))"
      )
    }
    donors = groups.map { donorNames[$0[0]] }
    self.groups = groups
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

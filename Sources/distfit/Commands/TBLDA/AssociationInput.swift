import Fitting
import Foundation
import LinearAlgebra
import Metrics
import Modeling
import Models
import Storage

/// Samples, genes, variants and covariates, brought together for tests.
struct AssociationInput {
  let mapping: EQTLMapping
  /// The genes tested: names and annotations.
  let genes: Table
  let genotypes: Genotypes
  let places: GenomicPlaces
  /// Names of the classes of genes; families of tests are in this order.
  let classNames: [String]
  /// Variants × donors, gaps filled by the variant's mean.
  let dosages: Matrix<Double>
  /// For each sample its donor among the genotypes'.
  let donors: [Int]
  let notes: [String]

  /// Reads everything.
  ///
  /// - Parameter fit: a fit whose held-out samples are taken; nil: all samples.
  init(_ options: AssociationOptions, fit: String?) throws {
    var notes: [String] = []
    let counts = try SampleCounts(options, fit: fit, notes: &notes)
    let donorNames = counts.donorNames
    let file = try options.genotypeFile(fit: fit)
    let (all, remarks) = try GenotypeFile.read(file, chromosome: options.variantChromosome)
    notes += remarks
    let request = GenotypeRequest(
      file: file, donorKey: try options.donorColumn(fit: fit),
      minimumFrequency: options.minimumFrequency)
    let (genotypes, more) = try request.selection(of: all, donors: Set(donorNames))
    notes += more
    let place = Dictionary(uniqueKeysWithValues: zip(genotypes.donors, 0...))
    let known = donorNames.indices.filter { place[donorNames[$0]] != nil }
    let samples = try Self.samples(
      known, counts, options.covariates, perDonor: options.perDonor, notes: &notes)
    let positions =
      try options.genePositions.map { try GenePositions($0) }
      ?? GenePositions(columns: counts.columns)
    let expression = try Expression(
      samples.counts, counts.columns, positions, options, notes: &notes)
    genes = expression.genes
    self.genotypes = genotypes
    dosages = Self.dosages(genotypes)
    donors = samples.donors.map { place[$0] ?? 0 }
    places = GenomicPlaces(
      genes: expression.places, variants: Self.places(genotypes), window: options.cisWindow)
    if options.separateCis, !expression.places.contains(where: { $0 != nil }) {
      throw ModelError(
        "--separate-cis: nothing says where the genes are; give --gene-positions, or var columns chromosome and start"
      )
    }
    (classNames, mapping) = try Self.mapping(
      expression, dosages: dosages, donors: donors, covariates: samples.covariates,
      places: options.separateCis ? places : nil,
      ranked: options.ranked.map { try RankedPairs($0) }, variants: genotypes.variants.names)
    self.notes = notes
  }

  private static func mapping(
    _ expression: Expression, dosages: Matrix<Double>, donors: [Int], covariates: SampleCovariates,
    places: GenomicPlaces?, ranked: RankedPairs?, variants: [String]
  ) throws -> ([String], EQTLMapping) {
    let needed = covariates.names.count + 3
    guard donors.count >= needed else {
      throw ModelError(
        "\(donors.count) samples with genotypes are too few for \(covariates.names.count) covariates: \(needed) are needed"
      )
    }
    let association: LinearAssociation
    do {
      association = try LinearAssociation(
        responses: expression.values, predictors: dosages.selectingColumns(donors),
        covariates: covariates.matrix)
    } catch .singular(let position) {
      throw ModelError(
        "the covariate \(covariates.names[max(0, position - 1)]) follows from those before it: leave it out"
      )
    }
    return (
      expression.classNames,
      EQTLMapping(
        association, tested: try ranked?.tested(genes: expression.genes.names, variants: variants),
        families: expression.classes, separatingPlaces: places)
    )
  }

  // MARK: - Samples

  private struct Samples {
    var counts: Matrix<Double>
    var donors: [String]
    var covariates: SampleCovariates
  }

  private static func samples(
    _ known: [Int], _ counts: SampleCounts, _ path: String?, perDonor: Bool,
    notes: inout [String]
  ) throws -> Samples {
    if known.count < counts.donorNames.count {
      notes.append(
        "\(counts.donorNames.count - known.count) of \(counts.donorNames.count) samples are left out: their donor has no genotypes"
      )
    }
    let table = try path.map { try TableFile.read($0) }
    var groups: [[Int]] = known.map { [$0] }
    if perDonor {
      var group: [String: Int] = [:]
      groups = []
      for sample in known {
        let donor = counts.donorNames[sample]
        if let place = group[donor] {
          groups[place].append(sample)
        } else {
          group[donor] = groups.count
          groups.append([sample])
        }
      }
    }
    var rows: [Int] = []
    if let table {
      let place = Dictionary(zip(table.names, 0...), uniquingKeysWith: { first, _ in first })
      let found = groups.map { group in
        place[counts.rows.names[group[0]]] ?? place[counts.donorNames[group[0]]]
      }
      let missing = groups.indices.filter { found[$0] == nil }
      if let first = missing.first {
        notes.append(
          "\(path ?? ""): \(missing.count) samples have no covariates and are left out (first: \(counts.rows.names[groups[first][0]]))"
        )
      }
      groups = groups.indices.filter { found[$0] != nil }.map { groups[$0] }
      rows = found.compactMap { $0 }
    }
    guard !groups.isEmpty else {
      throw ModelError("no sample has genotypes\(table == nil ? "" : " and covariates")")
    }
    let covariates = try SampleCovariates(
      table?.selecting(rows) ?? Table(names: groups.map { counts.rows.names[$0[0]] }))
    if !covariates.constant.isEmpty {
      notes.append(
        "covariates that are the same for all samples are left out: \(covariates.constant.joined(separator: ", "))"
      )
    }
    return Samples(
      counts: counts.summed(groups), donors: groups.map { counts.donorNames[$0[0]] },
      covariates: covariates)
  }

  // MARK: - Variants

  private static func dosages(_ genotypes: Genotypes) -> Matrix<Double> {
    let means = genotypes.variantCounts.map { Double($0.copies) / Double($0.observed) }
    var result = Matrix(
      rowCount: genotypes.variantCount, columnCount: genotypes.donorCount, repeating: 0.0)
    for donor in 0..<genotypes.donorCount {
      for variant in 0..<genotypes.variantCount {
        let dosage = genotypes[donor, variant]
        result[variant, donor] = dosage == Genotypes.missing ? means[variant] : Double(dosage)
      }
    }
    return result
  }

  private static func places(_ genotypes: Genotypes) -> [GenomicPlaces.Place?] {
    guard let (codes, names) = genotypes.chromosomes, let positions = genotypes.positions else {
      return genotypes.variants.names.map { _ in nil }
    }
    return zip(codes, positions).map { code, position in
      code < 0 ? nil : GenomicPlaces.Place(chromosome: names[Int(code)], position: position)
    }
  }
}

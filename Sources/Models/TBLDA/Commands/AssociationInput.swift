import Fitting
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
  private let notes: [String]

  /// Reads all files and brings them together.
  init(_ options: AssociationOptions) throws {
    var notes: [String] = []
    let counts = try SampleCounts(options, notes: &notes)
    let donorNames = counts.donorNames
    genotypes = try Self.genotypes(options, donors: Set(donorNames), notes: &notes)
    let place = Dictionary(uniqueKeysWithValues: zip(genotypes.donors, 0...))
    let samples = try TestedSamples(
      donorNames.indices.filter { place[donorNames[$0]] != nil }, names: counts.rows.names,
      donorNames: donorNames,
      covariates: try Self.covariates(
        options.covariates, of: Set(donorNames + counts.rows.names), notes: &notes),
      perDonor: options.perDonor, notes: &notes)
    let positions =
      try options.genePositions.map { try GenePositions($0) }
      ?? GenePositions(columns: counts.columns)
    let expression = try TestedExpression(
      counts.summed(samples.groups), counts.columns,
      positions.map { .init($0.table, rows: $0.rows(of: counts.columns)) }, options.geneChoice,
      notes: &notes)
    genes = expression.genes
    classNames = expression.classNames
    dosages = genotypes.filledDosages
    donors = samples.donors.map { place[$0] ?? 0 }
    places = GenomicPlaces(
      genes: expression.places,
      variants: GenomicPlaces.places(of: genotypes) ?? genotypes.variants.names.map { _ in nil },
      window: options.cisWindow)
    try Self.requireCommonChromosomes(positions, places, options, notes: &notes)
    if options.separateCis, !expression.places.contains(where: { $0 != nil }) {
      throw ModelError(
        "--separate-cis: nothing says where the genes are; give --gene-positions, or var columns chromosome and start"
      )
    }
    mapping = EQTLMapping(
      try Self.association(
        expression, dosages.selectingColumns(donors), covariates: samples.covariates),
      tested: try Self.tested(options.ranked, genes.names, genotypes.variants.names),
      families: expression.classes, separatingPlaces: options.separateCis ? places : nil)
    self.notes = notes
  }

  /// The table of covariates, whichever way it stands.
  private static func covariates(
    _ path: String?, of names: Set<String>, notes: inout [String]
  ) throws -> Table? {
    guard let path else { return nil }
    let (table, isTurned) = try TableFile.read(path, about: names)
    if isTurned {
      notes.append("\(path): names samples or donors in its header; its lines are covariates")
    }
    guard table.names.contains(where: names.contains) else {
      throw StorageError(
        file: path,
        problem:
          "names none of the samples or donors, neither in its first column (\(table.names.first ?? "nothing"), …) nor in its header; samples are \(names.sorted().first ?? "none"), …"
      )
    }
    return table
  }

  /// - Throws: `ModelError` where genes and variants name their chromosomes in ways that have nothing in common.
  private static func requireCommonChromosomes(
    _ positions: GenePositions?, _ places: GenomicPlaces, _ options: AssociationOptions,
    notes: inout [String]
  ) throws(ModelError) {
    guard let positions, case .strings(let names)? = positions.table["chromosome"] else { return }
    let genes = names.map { $0.flatMap { GenomicPlaces.Place(chromosome: $0, position: 1) } }
    guard let strangers = GenomicPlaces.strangers(genes: genes, variants: places.variants) else {
      return
    }
    func list(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
    }
    let problem =
      "\(options.genePositions ?? options.heldOut) and the genotypes have no chromosome in common: genes are on \(list(strangers.genes)), variants on \(list(strangers.variants))"
    let areStandard = (strangers.genes + strangers.variants).allSatisfy {
      Chromosome($0)?.isStandard ?? false
    }
    guard areStandard, !options.separateCis else {
      throw ModelError(problem + "; rename those of one of the files")
    }
    notes.append(problem)
  }

  private static func genotypes(
    _ options: AssociationOptions, donors: Set<String>, notes: inout [String]
  ) throws -> Genotypes {
    let file = try options.genotypeFile()
    let (all, remarks) = try GenotypeFile.read(file, chromosome: options.variantChromosome)
    let request = GenotypeRequest(
      file: file, donorKey: try options.donorColumn(), minimumFrequency: options.minimumFrequency)
    let (chosen, more) = try request.selection(of: all, donors: donors)
    notes += remarks + more
    return chosen
  }

  private static func association(
    _ expression: TestedExpression, _ predictors: Matrix<Double>, covariates: SampleCovariates
  ) throws -> LinearAssociation {
    let needed = covariates.names.count + 3
    guard predictors.columnCount >= needed else {
      throw ModelError(
        "\(predictors.columnCount) samples with genotypes are too few for \(covariates.names.count) covariates: \(needed) are needed"
      )
    }
    do {
      return try LinearAssociation(
        responses: expression.values, predictors: predictors, covariates: covariates.matrix)
    } catch .singular(let position) {
      throw ModelError(
        "the covariate \(covariates.names[max(0, position - 1)]) follows from those before it: leave it out"
      )
    }
  }

  private static func tested(
    _ ranked: String?, _ genes: [String], _ variants: [String]
  ) throws -> [[Int32]]? {
    guard let ranked else { return nil }
    let features = try RankedFeatures(readingFrom: ranked)
    guard let tested = features.tested(genes: genes, variants: variants) else {
      throw StorageError(
        file: ranked, problem: "has no topic with both genes and variants of these data")
    }
    return tested
  }

  /// Tells what was left out and what is tested.
  func announce(to log: ProgressLog) {
    for note in notes { log.warning(note) }
    log.note(
      "\(donors.count) samples of \(Set(donors).count) donors, \(genes.count) genes, \(genotypes.variantCount) variants, \(mapping.association.degreesOfFreedom) degrees of freedom"
    )
  }
}

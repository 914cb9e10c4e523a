import Fitting
import LinearAlgebra
import Metrics
import Modeling
import Models
import Storage

/// Samples, genes, variants and covariates of one set of tests.
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
  /// For each tested donor his place among the genotypes'.
  let donors: [Int]
  private let notes: [String]

  /// Brings a unit of tests together.
  init(_ sources: AssociationSources, _ unit: AssociationSources.Unit) throws {
    let options = sources.options
    var notes: [String] = []
    let features = try sources.features(of: unit.fit)
    genotypes = try Self.genotypes(sources.genotypes, features)
    let samples = try Self.samples(sources, unit, genotypes, notes: &notes)
    let expression = try Self.expression(sources, samples, features, notes: &notes)
    genes = expression.genes
    classNames = expression.classNames
    dosages = genotypes.filledDosages
    let place = Dictionary(uniqueKeysWithValues: zip(genotypes.donors, 0...))
    donors = samples.donors.map { place[$0] ?? 0 }
    places = GenomicPlaces(
      genes: expression.places,
      variants: GenomicPlaces.places(of: genotypes) ?? genotypes.variants.names.map { _ in nil },
      window: options.cisWindow)
    try Self.requireCommonChromosomes(sources.positions, places, options, notes: &notes)
    if options.separateCis, !expression.places.contains(where: { $0 != nil }) {
      throw ModelError(
        "--separate-cis: nothing says where the genes are; give --gene-positions, or var columns chromosome and start"
      )
    }
    let covariates = try Self.covariates(samples, expression, options.expressionFactors)
    mapping = EQTLMapping(
      try Self.association(
        expression, dosages.selectingColumns(donors), covariates: covariates),
      tested: try Self.tested(
        features?.ranked, options.ranked, genes.names, genotypes.variants.names),
      families: expression.classes, separatingPlaces: options.separateCis ? places : nil)
    self.notes = notes
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
    _ all: Genotypes, _ features: FittedFeatures?
  ) throws(ModelError) -> Genotypes {
    guard let features else { return all }
    let chosen = all.variants.names.indices.filter {
      features.variants.contains(all.variants.names[$0])
    }
    guard !chosen.isEmpty else {
      throw ModelError(
        "the genotypes have none of the fit's variants (first: \(features.variants.min() ?? "none"))"
      )
    }
    return all.selecting(variants: chosen)
  }

  private static func samples(
    _ sources: AssociationSources, _ unit: AssociationSources.Unit, _ genotypes: Genotypes,
    notes: inout [String]
  ) throws -> TestedSamples {
    let (counts, known) = (sources.counts, Set(genotypes.donors))
    let names = unit.samples.map { counts.rows.names[$0] }
    let donors = unit.samples.map { counts.donorNames[$0] }
    let own = try TestedSamples(
      donors.indices.filter { known.contains(donors[$0]) }, names: names, donorNames: donors,
      covariates: sources.covariates, rule: sources.options.perDonor, notes: &notes)
    return own.renumbered(unit.samples)
  }

  private static func expression(
    _ sources: AssociationSources, _ samples: TestedSamples, _ features: FittedFeatures?,
    notes: inout [String]
  ) throws -> TestedExpression {
    let counts = sources.counts
    var choice = sources.options.geneChoice
    choice.names = features?.genes
    let positions = sources.positions.map {
      TestedExpression.Positions($0.table, rows: $0.rows(of: counts.columns))
    }
    guard samples.rule == .mean, samples.groups.contains(where: { $0.count > 1 }) else {
      return try TestedExpression(
        counts.summed(samples.groups), counts.columns, positions, choice, notes: &notes)
    }
    var next = 0
    let places = samples.groups.map { group in
      next += group.count
      return Array(next - group.count..<next)
    }
    return try TestedExpression(
      counts.matrix(of: samples.groups.flatMap(\.self)), meansOf: places, counts.columns,
      positions, choice, notes: &notes)
  }

  /// The covariates, with principal components of what they leave of the expression.
  private static func covariates(
    _ samples: TestedSamples, _ expression: TestedExpression, _ count: Int
  ) throws -> SampleCovariates {
    let own = samples.covariates
    guard count > 0, count + own.names.count + 3 <= samples.donors.count else {
      guard count == 0 else {
        throw TooFewSamples(
          description:
            "\(samples.donors.count) samples with genotypes are too few for \(own.names.count) covariates and \(count) expression factors: \(count + own.names.count + 3) are needed"
        )
      }
      return own
    }
    do {
      let factors = try PrincipalFactors(
        expression.values, covariates: own.matrix, count: count)
      return own.adding(factors.components, named: "expression factor ")
    } catch .singular(let position) {
      throw dependent(own, position)
    }
  }

  private static func dependent(_ covariates: SampleCovariates, _ position: Int) -> ModelError {
    ModelError(
      "the covariate \(covariates.names[max(0, position - 1)]) follows from those before it: leave it out"
    )
  }

  private static func association(
    _ expression: TestedExpression, _ predictors: Matrix<Double>, covariates: SampleCovariates
  ) throws -> LinearAssociation {
    let needed = covariates.names.count + 3
    guard predictors.columnCount >= needed else {
      throw TooFewSamples(
        description:
          "\(predictors.columnCount) samples with genotypes are too few for \(covariates.names.count) covariates: \(needed) are needed"
      )
    }
    do {
      return try LinearAssociation(
        responses: expression.values, predictors: predictors, covariates: covariates.matrix)
    } catch .singular(let position) {
      throw dependent(covariates, position)
    }
  }

  private static func tested(
    _ own: RankedFeatures?, _ file: String?, _ genes: [String], _ variants: [String]
  ) throws -> [[Int32]]? {
    guard own != nil || file != nil else { return nil }
    let features = try own ?? RankedFeatures(readingFrom: file ?? "")
    guard let tested = features.tested(genes: genes, variants: variants) else {
      throw StorageError(
        file: file ?? "--top",
        problem: "has no topic with both genes and variants of these data")
    }
    return tested
  }

  /// Tells what was left out and what is tested.
  func announce(_ name: String, to log: ProgressLog) {
    for note in notes { log.warning(name.isEmpty ? note : "\(name): \(note)") }
    log.note(
      "\(name.isEmpty ? "" : "\(name): ")\(donors.count) samples of \(Set(donors).count) donors, \(genes.count) genes, \(genotypes.variantCount) variants, \(mapping.association.degreesOfFreedom) degrees of freedom"
    )
  }
}

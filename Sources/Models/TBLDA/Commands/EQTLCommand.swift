import Collectives
import Commands
import Fitting
import Foundation
import LinearAlgebra
import Metrics
import Modeling
import Models
import Storage

/// `distfit tblda eqtl [fit or sweep] --held-out counts.h5ad --genotypes donors.bed --output eqtl.tsv.gz`
struct EQTLCommand: LocalCommand {
  static let name = "eqtl"
  static let summary =
    "Linear tests of genes' expression against variants, with false discovery rates."
  static let discussion = """
    Counts become normal scores of counts per million; expression and dosages are regressed on the covariates \
    once (QR), then all pairs follow from one product of matrices. False discovery rates by Benjamini and \
    Hochberg over the tests of a class of genes: fdr in a run and level, fdr_all over all of them. Missing \
    genotypes count as the variant's mean. Samples of one donor are not independent: --by tests each tissue by \
    itself, --per-donor takes a donor's mean or sum, and without either they are refused. A sweep's folder \
    tests every fit's genes against its variants.
    """

  struct Options: ModelConfiguration {
    var output = WrittenFile()
    var tests = AssociationOptions()

    static var settings: [Setting<Options>] {
      settings(of: \.output, WrittenFile.settings("<file>", "The table to write (.tsv, .tsv.gz)."))
        + settings(of: \.tests)
    }

    func validate() throws(SettingError) { try tests.validate() }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let sources = try AssociationSources(options.tests)
    for note in sources.notes { console.log.warning(note) }
    var units: [AssociationSources.Unit] = []
    var names: [[String]] = []
    var last: (unit: Int, input: AssociationInput)?
    for unit in sources.units {
      do {
        let input = try AssociationInput(sources, unit)
        input.announce(sources.name(of: unit), to: console.log)
        units.append(unit)
        names.append(input.classNames)
        last = (units.count - 1, input)
      } catch let error as TooFewSamples {
        try sources.tolerate(error, unit, log: console.log)
      }
    }
    guard !units.isEmpty else { throw ModelError("no level has enough samples for tests") }
    func input(_ index: Int) throws -> AssociationInput {
      if let last, last.unit == index { return last.input }
      let made = try AssociationInput(sources, units[index])
      last = (index, made)
      return made
    }
    let pool = try EQTLPool(names, rate: options.tests.fdr, on: .local(options.tests.threads)) {
      try input($0).mapping
    }
    let writer = try TableWriter(
      options.output.path,
      header: [
        "gene", "variant", "chromosome", "position", "counted_allele", "distance", "relation",
        "class", "slope", "standard_error", "t", "p", "fdr", "fdr_all", "samples", "level", "fit",
      ], overwrite: options.output.overwrite)
    for found in pool.discoveries {
      let unit = units[found.mapping]
      let own = try input(found.mapping)
      try writer.append(
        own.line(found.pair) + [
          probabilityText(log: found.logRateOfAll), "\(own.donors.count)", unit.level,
          unit.fit.map { sources.fits[$0] } ?? "",
        ])
    }
    try writer.finish()
    console.log.note(summary(pool, options))
    return .success
  }

  private static func summary(_ pool: EQTLPool, _ options: Options) -> String {
    let (rate, count) = (options.tests.fdr, pool.testCounts.reduce(0, +))
    guard pool.testCounts.count > 1 else {
      return
        "\(options.output.path): \(pool.discoveries.count) pairs of \(count) at a false discovery rate up to \(rate)"
    }
    func isDiscovery(_ logRate: Double) -> Bool { rate >= 1 || logRate <= log(rate) }
    let own = pool.discoveries.count { isDiscovery($0.pair.logRate) }
    let all = pool.discoveries.count { isDiscovery($0.logRateOfAll) }
    return
      "\(options.output.path): of \(count) tests in \(pool.testCounts.count) runs and levels, \(own) pairs at a false discovery rate up to \(rate) in their own, \(all) over all"
  }
}

extension AssociationInput {
  /// A line of the table.
  fileprivate func line(_ discovery: EQTLMapping.Discovery) -> [String] {
    let (gene, variant) = (discovery.gene, discovery.variant)
    let test = mapping.association.test(
      response: gene, predictor: variant, correlation: discovery.correlation)
    let place = places.variants[variant]
    var allele = ""
    if case .strings(let alleles)? = genotypes.variants["counted_allele"] {
      allele = alleles[variant] ?? ""
    }
    return [
      genes.names[gene], genotypes.variants.names[variant], place?.chromosome ?? "",
      place.map { "\($0.position)" } ?? "",
      allele, places.distance(gene: gene, variant: variant).map { "\($0)" } ?? "",
      places.relation(gene: gene, variant: variant).rawValue,
      classNames[mapping.families[gene]], digits(test.slope), digits(test.standardError),
      digits(test.statistic), probabilityText(log: discovery.logPValue),
      probabilityText(log: discovery.logRate),
    ]
  }
}

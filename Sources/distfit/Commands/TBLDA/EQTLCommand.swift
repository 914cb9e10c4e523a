import ArgumentParser
import Collectives
import Concurrency
import Fitting
import Foundation
import LinearAlgebra
import Metrics
import Modeling
import Models
import Storage

/// `distfit tblda eqtl [fit] --held-out counts.h5ad --genotypes donors.bed --output eqtl.tsv.gz`
struct EQTLCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eqtl",
    abstract: "Linear tests of genes' expression against variants, with false discovery rates.",
    discussion: """
      Counts become normal scores of counts per million; expression and dosages are regressed on the covariates \
      once (QR), then all pairs follow from one product of matrices. False discovery rates by Benjamini and \
      Hochberg, over all tests of a class of genes. Missing genotypes count as the variant's mean. Samples of \
      one donor are not independent: --per-donor sums them.
      """)

  @Argument(help: "A fit of tblda: the samples it held out are tested; without one, all samples.")
  var fit: String?
  @Option(help: "The table to write (.tsv, .tsv.gz).") var output: String
  @OptionGroup var options: AssociationOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    Launcher.run { world in
      let log = common.log(world)
      let threads = common.threads ?? world.defaultThreadCount()
      try world.agree(on: "test genes against variants") {
        guard world.isRoot else { return }
        let writer = try TableWriter(output, header: Self.header, overwrite: common.overwrite)
        let input = try AssociationInput(options, fit: fit)
        for note in input.notes { log.warning(note) }
        log.note(input.summary)
        let result = input.mapping.run(
          rate: options.fdr, on: Workers(threadCount: threads))
        for discovery in result.discoveries { try writer.append(input.line(discovery)) }
        try writer.finish()
        log.note(
          "\(output): \(result.discoveries.count) pairs of \(result.testCounts.reduce(0, +)) at a false discovery rate up to \(options.fdr)"
        )
      }
      return .success
    }
  }

  private static let header = [
    "gene", "variant", "chromosome", "position", "counted_allele", "distance", "relation", "class",
    "slope", "standard_error", "t", "p", "fdr",
  ]
}

extension AssociationInput {
  /// What is tested, in a line.
  var summary: String {
    "\(donors.count) samples of \(Set(donors).count) donors, \(genes.count) genes, \(genotypes.variantCount) variants, \(mapping.association.degreesOfFreedom) degrees of freedom"
  }

  /// A line of the table.
  func line(_ discovery: EQTLMapping.Discovery) -> [String] {
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

/// Nine significant digits.
func digits(_ value: Double) -> String { String(format: "%.9g", value) }

/// A probability from its logarithm, also below the smallest number: `3.1e-412`.
func probabilityText(log value: Double) -> String {
  if value.isNaN { return "nan" }
  if value > -690 { return String(format: "%.9g", exp(value)) }
  guard value.isFinite else { return "0" }
  let decimal = value / log(10)
  let exponent = decimal.rounded(.down)
  return String(format: "%.6fe%d", pow(10, decimal - exponent), Int(exponent))
}

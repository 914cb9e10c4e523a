import Collectives
import Commands
import Fitting
import LinearAlgebra
import Metrics
import Modeling
import Models
import Storage

/// `distfit tblda eqtl [fit] --held-out counts.h5ad --genotypes donors.bed --output eqtl.tsv.gz`
struct EQTLCommand: LocalCommand {
  static let name = "eqtl"
  static let summary =
    "Linear tests of genes' expression against variants, with false discovery rates."
  static let discussion = """
    Counts become normal scores of counts per million; expression and dosages are regressed on the covariates \
    once (QR), then all pairs follow from one product of matrices. False discovery rates by Benjamini and \
    Hochberg, over all tests of a class of genes. Missing genotypes count as the variant's mean. Samples of \
    one donor are not independent: --per-donor sums them.
    """

  struct Options: ModelConfiguration {
    var output = WrittenFile()
    var tests = AssociationOptions()

    static var settings: [Setting<Options>] {
      settings(of: \.output, WrittenFile.settings("<file>", "The table to write (.tsv, .tsv.gz)."))
        + settings(of: \.tests)
    }
  }

  static func run(_ options: Options, console: Console) throws -> ExitStatus {
    let input = try AssociationInput(options.tests)
    input.announce(to: console.log)
    let result = input.mapping.run(
      rate: options.tests.fdr, on: .local(options.tests.threads))
    let writer = try TableWriter(
      options.output.path,
      header: [
        "gene", "variant", "chromosome", "position", "counted_allele", "distance", "relation",
        "class", "slope", "standard_error", "t", "p", "fdr",
      ], overwrite: options.output.overwrite)
    for discovery in result.discoveries { try writer.append(input.line(discovery)) }
    try writer.finish()
    console.log.note(
      "\(options.output.path): \(result.discoveries.count) pairs of \(result.testCounts.reduce(0, +)) at a false discovery rate up to \(options.tests.fdr)"
    )
    return .success
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

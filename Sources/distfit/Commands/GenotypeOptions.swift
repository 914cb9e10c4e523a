import Fitting
import Modeling

/// What `distfit fit` needs to know for models of counts and genotypes.
struct GenotypeOptions: ModelConfiguration {
  var genotypes: String?
  var ancestry: String?
  var geneChromosome: String?
  var variantChromosome: String?

  static var settings: [Setting<GenotypeOptions>] {
    [
      .text(
        "genotypes", \.genotypes, "<file>",
        "The donors' genotypes: PLINK .bed, .vcf, .vcf.gz, .bcf, or a table of dosages."),
      .text(
        "ancestry", \.ancestry, "<file>",
        "The donors' ancestry, a table of distfit tblda ancestry; none: one population."),
      .text(
        "gene-chromosome", \.geneChromosome, "<name>",
        "Only genes of this chromosome, by the column chromosome of var; none: all."),
      .text(
        "variant-chromosome", \.variantChromosome, "<name>",
        "Only variants of this chromosome; none: all."),
    ]
  }

  /// - Throws: `SettingError` for options that need genotypes and have none.
  func validate() throws(SettingError) {
    guard genotypes == nil else { return }
    for (name, value) in [
      ("ancestry", ancestry), ("gene-chromosome", geneChromosome),
      ("variant-chromosome", variantChromosome),
    ] where value != nil {
      throw SettingError(name, "has no use without --genotypes")
    }
  }

  /// The input for a fit; nil without genotypes.
  var input: GenotypeInput? {
    genotypes.map {
      GenotypeInput(
        genotypes: $0, ancestry: ancestry, variantChromosome: variantChromosome,
        geneChromosome: geneChromosome)
    }
  }
}

import Commands
import Fitting
import Foundation
import Modeling
import Models

/// What the tests of genes against variants are run on.
struct AssociationOptions: ModelConfiguration {
  var fit: String?
  var heldOut = ""
  var place = ValuePlace()
  var genotypes: String?
  var donorKey: String?
  var samples: String?
  var covariates: [String] = []
  var by: String?
  var genePositions: String?
  var geneClass = "gene_type"
  var geneChromosome: String?
  var variantChromosome: String?
  var minimumFrequency = 0.05
  var minimumSamples = 10
  var cisWindow = 1_000_000
  var ranked: String?
  var fdr = 0.1
  var separateCis = false
  var perDonor = DonorRule.refuse
  var expressionFactors = 0
  var top: Double?
  var threads: Int?

  static var settings: [Setting<AssociationOptions>] {
    sampleSettings + settings(of: \.place) + geneSettings + testSettings
  }

  private static var sampleSettings: [Setting<AssociationOptions>] {
    [
      .text(
        "fit", \.fit, "<fit.h5mu>",
        "A fit of tblda: the samples it held out are tested; a sweep's folder: those of each of its fits, on the genes and variants of the fit; none: all samples."
      ).marked([.operand, .input]),
      .word(
        "held-out", \.heldOut, "<file>",
        "Counts of the samples to test on: .h5ad, .h5mu, 10x, MatrixMarket, .tsv, .csv, .gct. Of a fit's own file, the samples held out of the fit are taken."
      ).marked([.required, .input]),
      .text(
        "genotypes", \.genotypes, "<file>",
        "Genotypes: PLINK .bed, VCF, BCF, or a table of dosages; none: the file that the fit was made from."
      ).marked(.input),
      .text(
        "donor-key", \.donorKey, "<obs column>",
        "The column of obs with each sample's donor; none: the fit's, or donor. Without it samples are donors."
      ),
      .text(
        "samples", \.samples, "<file>",
        "A table of samples (names first) whose columns are added to obs, such as donor."
      ).marked(.input),
      .texts(
        "covariates", \.covariates, "<file>,…",
        "Tables of covariates of samples or donors: a line for each, a column for each, or PLINK's family and name first. Several add up."
      ).marked(.input),
      .text(
        "by", \.by, "<obs column>",
        "Test each level, such as a tissue, by itself, with rates of its own; none: all samples together."
      ),
      .choice(
        "per-donor", \.perDonor,
        "Several samples of a donor (and level): refuse, or take the mean of their logarithms, or the sum of their counts."
      ),
    ]
  }

  private static var geneSettings: [Setting<AssociationOptions>] {
    [
      .text(
        "gene-positions", \.genePositions, "<file>",
        "Where genes are: a GTF file, or a table with columns chromosome and start."
      ).marked(.input),
      .word(
        "gene-class", \.geneClass, "<column>",
        "The column of var, or of the gene positions, with classes of genes."),
      .text(
        "gene-chromosome", \.geneChromosome, "<name>", "Genes of this chromosome only; none: all."),
      .text(
        "variant-chromosome", \.variantChromosome, "<name>",
        "Variants of this chromosome only; none: all."),
      .number(
        "minimum-frequency", \.minimumFrequency, in: 0...0.5,
        "The least frequency of the rarer allele among the donors tested."),
      .integer(
        "minimum-samples", \.minimumSamples, in: 1...Int.max,
        "Genes counted in fewer of the samples are left out."),
    ]
  }

  private static var testSettings: [Setting<AssociationOptions>] {
    [
      .integer(
        "cis-window", \.cisWindow, in: 0...Int.max,
        "Bases from the start of a gene within which a variant is called cis."),
      .text(
        "ranked", \.ranked, "<file>",
        "A table with the columns topic, feature (gene, variant) and name, as distfit tblda rank writes it: genes are tested against variants of their topics only."
      ).marked(.input),
      .optionalNumber(
        "top", \.top, in: Double.leastNonzeroMagnitude...1,
        "The genes and variants that rank among this fraction in a topic of the fit are tested against each other, as distfit tblda rank ranks them; none: all."
      ),
      .discoveryRate(\.fdr, "The false discovery rate up to which pairs are told; 1: all pairs."),
      .flag(
        "separate-cis", \.separateCis,
        "Neighbours (cis) and others (trans) are families of tests of their own."),
      .integer(
        "expression-factors", \.expressionFactors, in: 0...1000,
        "Principal components of the expression tested, taken out as covariates: what batches and cell types do to many genes."
      ),
      .threads(\.threads),
    ]
  }

  /// What does not go together.
  func validate() throws(SettingError) {
    if top != nil, fit == nil {
      throw SettingError("top", "needs a fit that ranks genes and variants")
    }
    if top != nil, ranked != nil {
      throw SettingError("top", "ranks as --ranked does: give one of them")
    }
  }

  /// The fits that samples, genes and variants are of: one, those of a sweep's folder, or none.
  func fits() throws -> [String] { try fit.map { try FitFolder.fits(at: $0) } ?? [] }

  /// The genotypes' file: given, or that of the first fit.
  ///
  /// - Throws: `ModelError` where neither is there.
  func genotypeFile() throws -> String {
    if let genotypes { return genotypes }
    guard let fit = try fits().first else {
      throw ModelError("--genotypes is missing: without a fit nothing says which they are")
    }
    guard let path = try FittedFile(fit).companionFile(GenotypeInput.name) else {
      throw ModelError("\(fit): does not say what its genotypes were: give --genotypes")
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw ModelError("\(path), the genotypes of \(fit), is not there: give --genotypes")
    }
    return path
  }

  /// The column with the donors: given, or that of the fit, or `donor`.
  func donorColumn() throws -> String {
    if let donorKey { return donorKey }
    guard let fit = try fits().first,
      case .string(let own)? = try FittedFile(fit).fit["settings"]?["donor-key"]
    else {
      return "donor"
    }
    return own
  }

  /// Which genes are tested.
  var geneChoice: TestedExpression.Choice {
    TestedExpression.Choice(
      minimumSamples: minimumSamples, chromosome: geneChromosome, classColumn: geneClass)
  }
}

extension Setting {
  /// A false discovery rate, above 0.
  static func discoveryRate(
    _ path: SettingPath<Configuration, Double>, _ summary: String
  ) -> Setting {
    .number("fdr", path, in: Double.leastNonzeroMagnitude...1, summary)
  }
}

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
  var covariates: String?
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
  var perDonor = false
  var threads: Int?

  static var settings: [Setting<AssociationOptions>] {
    sampleSettings + settings(of: \.place) + geneSettings + testSettings
  }

  private static var sampleSettings: [Setting<AssociationOptions>] {
    [
      .text(
        "fit", \.fit, "<fit.h5mu>",
        "A fit of tblda: the samples it held out are tested; none: all samples."
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
      .text(
        "covariates", \.covariates, "<file>",
        "A table of covariates: names of samples, or of donors, first."
      ).marked(.input),
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
      .discoveryRate(\.fdr, "The false discovery rate up to which pairs are told; 1: all pairs."),
      .flag(
        "separate-cis", \.separateCis,
        "Neighbours (cis) and others (trans) are families of tests of their own."),
      .flag(
        "per-donor", \.perDonor, "Sum the counts of each donor's samples before testing."),
      .threads(\.threads),
    ]
  }

  /// The genotypes' file: given, or that of the fit.
  ///
  /// - Throws: `ModelError` where neither is there.
  func genotypeFile() throws -> String {
    if let genotypes { return genotypes }
    guard let fit else {
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
    guard let fit, case .string(let own)? = try FittedFile(fit).fit["settings"]?["donor-key"] else {
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

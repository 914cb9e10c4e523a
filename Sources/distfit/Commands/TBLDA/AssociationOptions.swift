import ArgumentParser
import Fitting
import Foundation
import Modeling

/// What the tests of genes against variants are run on.
struct AssociationOptions: ParsableArguments {
  @Option(
    help:
      "Counts of the samples to test on: .h5ad, .h5mu, 10x, MatrixMarket, .tsv, .csv, .gct. Of a fit's own file, the samples held out of the fit are taken."
  )
  var heldOut: String
  @Option(help: "The modality of an .h5mu file.") var modality: String?
  @Option(help: "Where the counts are: X, layers/NAME, raw/X.") var layer: String?
  @Option(
    help:
      "Genotypes: PLINK .bed, VCF, BCF, or a table of dosages; none: the file that the fit was made from."
  )
  var genotypes: String?
  @Option(
    help:
      "The column of obs with each sample's donor; none: the fit's, or donor. Without it samples are donors."
  )
  var donorKey: String?
  @Option(
    help: "A table of samples (names first) whose columns are added to obs, such as donor.")
  var samples: String?
  @Option(help: "A table of covariates: names of samples, or of donors, first.")
  var covariates: String?
  @Option(help: "Where genes are: a GTF file, or a table with columns chromosome and start.")
  var genePositions: String?
  @Option(help: "The column of var, or of the gene positions, with classes of genes.")
  var geneClass = "gene_type"
  @Option(help: "Genes of this chromosome only.") var geneChromosome: String?
  @Option(help: "Variants of this chromosome only.") var variantChromosome: String?
  @Option(help: "The least frequency of the rarer allele among the donors tested.")
  var minimumFrequency = 0.05
  @Option(help: "Genes counted in fewer of the samples are left out.") var minimumSamples = 10
  @Option(help: "Bases from the start of a gene within which a variant is called cis.")
  var cisWindow = 1_000_000
  @Option(
    help:
      "A table with the columns topic, feature (gene, variant) and name, as distfit tblda rank writes it: genes are tested against variants of their topics only."
  )
  var ranked: String?
  @Option(help: "The false discovery rate up to which pairs are told; 1: all pairs.") var fdr = 0.1
  @Flag(help: "Neighbours (cis) and others (trans) are families of tests of their own.")
  var separateCis = false
  @Flag(help: "Sum the counts of each donor's samples before testing.") var perDonor = false

  func validate() throws {
    if !(0...0.5).contains(minimumFrequency) {
      throw ValidationError("--minimum-frequency must lie between 0 and 0.5")
    }
    if !(fdr > 0 && fdr <= 1) { throw ValidationError("--fdr must lie above 0, up to 1") }
    if cisWindow < 0 { throw ValidationError("--cis-window must be 0 or more") }
    if minimumSamples < 1 { throw ValidationError("--minimum-samples must be 1 or more") }
  }

  /// The genotypes' file: given, or that of the fit.
  ///
  /// - Throws: `ModelError` where neither is there.
  func genotypeFile(fit: String?) throws -> String {
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
  func donorColumn(fit: String?) throws -> String {
    if let donorKey { return donorKey }
    guard let fit, case .string(let own)? = try FittedFile(fit).fit["settings"]?["donor-key"] else {
      return "donor"
    }
    return own
  }
}

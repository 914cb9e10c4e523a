import Foundation
import Modeling
import Storage
import TestSupport
import Testing

/// The path of a file that users of comparable tools have trouble with, if this machine has it.
private func reportedFile(_ name: String) -> String? {
  SharedData.url("data-files/reports/\(name)")?.path
}

/// One set of counts, and one of genotypes, as many programs write them.
@Suite(
  .enabled(
    if: reportedFile("00_plain.h5ad") != nil, "\(SharedData.missing("data-files/reports"))"))
struct ReportedFileTests {
  private func counts(_ name: String) throws -> [CompressedCounts] {
    let file = try AnnDataFile(#require(reportedFile(name)))
    #expect(file.rowCount == 60, "\(name)")
    let matrix = try CountSource.matrix(of: file).matrix
    #expect(matrix.columnCount == 40, "\(name)")
    return try matrix.counts(ofLanes: [0..<60]).lanes
  }

  @Test(arguments: [
    "06_index_categorical_anndata.h5ad", "09_noise_1e-12.h5ad", "13_loompy.loom",
    "34_kb_bustools", "40_labels_donor_int", "40_labels_int_clusters", "50_pandas_barcodes.csv",
    "50_pandas_to_csv.csv", "51_R_write_table.txt", "52_bom.csv", "54_entrez_and_length.tsv",
    "54_entrez_text.tsv", "55_htseq_tail.tsv", "56_gtex_v8_tissue.gct", "57_blanks.txt",
    "57_commas.txt", "57_semicolon.csv", "57_tabs_in.csv",
  ])
  func theSameCountsComeOutOfEveryFile(_ name: String) throws {
    let (read, plain) = (try counts(name)[0], try counts("00_plain.h5ad")[0])
    #expect(read.nonZeroCount == 1992)
    for row in 0..<60 {
      var (own, theirs) = ([Int: UInt32](), [Int: UInt32]())
      read.forEachNonZero(inRow: row) { own[$0] = $1 }
      plain.forEachNonZero(inRow: row) { theirs[$0] = $1 }
      #expect(own == theirs, "row \(row)")
    }
  }

  @Test(arguments: [
    "70_ok", "87_flipped.bed", "77_ds_where_gt_missing.vcf", "77_ds_undeclared.vcf",
  ])
  func theSameGenotypesComeOutOfEveryFile(_ name: String) throws {
    let plain = try GenotypeFile.read(#require(reportedFile("70_ok.bed"))).genotypes
    let bed = try #require(reportedFile("70_ok.bed"))
    let path = name == "70_ok" ? String(bed.dropLast(4)) : try #require(reportedFile(name))
    let (read, alignment) = try GenotypeFile.read(path).genotypes.aligned(
      to: plain.variants.describedVariants, asker: "the fit", file: name)
    #expect(read.donors == plain.donors && read.dosages == plain.dosages)
    #expect(alignment.swappedCount == (name == "87_flipped.bed" ? 30 : 0))
  }

  @Test func donorsTakeTheirFamilyAndLeadingZerosStay() throws {
    let families = try GenotypeFile.read(#require(reportedFile("70_iid_repeats.bed"))).genotypes
    #expect(families.donors.first == "F0_1" && Set(families.donors).count == 24)
    let samples = try TableFile.read(#require(reportedFile("18_zeros_mixed.samples.tsv")))
    let donors = try #require(samples["donor"]?.asCategories)
    #expect(donors.names.count == 24 && donors.names.first == "091")
  }

  @Test func genesAreFoundByExonsAndUnderOneNameOfTheirChromosome() throws {
    let exons = try GenePositions(#require(reportedFile("83_exons_only.gtf")))
    #expect(exons.table.count == 40)
    let coded = try GenePositions(#require(reportedFile("74_genes.gtf")))
    let chromosomes = try #require(coded.table["chromosome"]?.asCategories)
    #expect(Set(chromosomes.names) == ["1", "MT", "X"])
  }

  @Test func covariatesInLinesAreTurned() throws {
    let donors = try GenotypeFile.read(#require(reportedFile("70_ok.bed"))).genotypes.donors
    let (table, isTurned) = try TableFile.read(
      #require(reportedFile("81_cov_gtex_orientation.txt")), about: Set(donors))
    #expect(isTurned && table.names == donors)
    #expect(table.columns.map(\.name) == ["PC1", "PC2", "PC3", "sex"])
  }
}

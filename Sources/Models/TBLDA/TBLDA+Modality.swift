import LinearAlgebra
import Modeling

extension TBLDA {
  /// Donors and variants as the second modality of a MuData file.
  ///
  /// | Place | What | Shape |
  /// |---|---|---|
  /// | `obs` | donors, `samples` in the fit | I |
  /// | `var` | variants, as the genotypes name them, `allele_frequency` | S |
  /// | `varm/tblda_loadings` | E[λ] | S × K |
  /// | `varm/tblda_counted`, `varm/tblda_other` | ζ̂, γ̂ | S × K |
  /// | `varm/ancestry_frequencies`, `obsm/ancestry_shares` | β, τ | S × J, I × J |
  func genotypeModality(_ alleles: AllelePair) -> ModalityOutput {
    let (J, I) = (cohort.populations.count, cohort.donors.count)
    let means = zip(alleles.counted.elements, alleles.other.elements).map { Float($0 / ($0 + $1)) }
    var variants = cohort.variants
    variants.columns = variants.columns.filter { $0.name != "allele_frequency" }
    variants.columns.append(NamedColumn("allele_frequency", .numbers(alleleFrequencies)))
    return ModalityOutput(
      mainName: "rna", name: "genotype",
      rows: Table(
        names: cohort.donors,
        columns: [NamedColumn("samples", .integers(cohort.sampleCounts.map { Int64($0) }))]),
      columns: variants,
      rowMatrices: [
        NamedMatrix(
          "ancestry_shares", width: J,
          elements: (0..<I * J).map { Float(cohort.populations.shares[$0 % J * I + $0 / J]) })
      ],
      columnMatrices: [
        NamedMatrix("tblda_loadings", width: topicCount, elements: means),
        NamedMatrix(
          "tblda_counted", width: topicCount, elements: alleles.counted.elements.map { Float($0) }),
        NamedMatrix(
          "tblda_other", width: topicCount, elements: alleles.other.elements.map { Float($0) }),
        NamedMatrix(
          "ancestry_frequencies", width: J,
          elements: cohort.populations.frequencies.map { Float($0) }),
      ])
  }
}

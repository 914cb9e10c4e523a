import LinearAlgebra
public import Modeling

extension TBLDA {
  /// E[φ] and σ̂ of the samples, and what each was used for.
  public func rowOutput(_ shared: TBLDAState, _ lane: TBLDALane) -> RowOutput {
    let K = topicCount
    var means: [Float] = []
    for row in 0..<lane.saved.samples.rowCount {
      let values = lane.saved.samples.row(row)
      let total = values.reduce(0, +)
      means += values.map { Float($0 / total) }
    }
    return RowOutput(
      columns: [
        NamedColumn(
          "tblda_use",
          .categories(
            codes: lane.rows.map { cohort.uses[$0].rawValue },
            names: ["fit", "held_out", "dropped"], isOrdered: false))
      ],
      matrices: [
        NamedMatrix("X_tblda", width: K, elements: means),
        NamedMatrix(
          "tblda_concentrations", width: K,
          elements: lane.saved.samples.elements.map { Float($0) }),
      ])
  }

  /// E[ψ] and ξ̂ of the genes, ζ̂ and γ̂ of the variants, α and the bound.
  public func sharedOutput(_ shared: TBLDAState) -> SharedOutput {
    let K = topicCount
    let totals = (0..<K).map { shared.genes.row($0).reduce(0, +) }
    let genes = shared.genes.transposed()
    let means = genes.elements.indices.map { Float(genes.elements[$0] / totals[$0 % K]) }
    var members: [String: StoredTree] = [
      "alpha": .number(shared.alpha),
      "unused_topics": .integers(
        unusedTopics(shared).map(Int64.init), shape: [unusedTopics(shared).count]),
    ]
    if let best = shared.best {
      members["bound"] = .number(best.bound)
      members["best_start"] = .integer(Int64(best.restart + 1))
    }
    if let evidence = shared.evidence {
      members["evidence_lower_bound"] = .number(evidence.mean)
      members["evidence_lower_bound_standard_error"] = .number(evidence.standardError)
      members["evidence_draws"] = .integer(Int64(evidence.drawCount))
    }
    if let score = shared.heldOut {
      members["held_out"] = .group([
        "samples": .number(score.sampleCount), "reads": .number(score.readCount),
        "read_log_likelihood": .number(score.readLogLikelihood),
        "profile_log_likelihood": .number(score.profileLogLikelihood),
        "genotypes": .number(score.genotypeCount),
        "genotype_log_likelihood": .number(score.genotypeLogLikelihood),
        "ancestry_log_likelihood": .number(score.ancestryLogLikelihood),
      ])
    }
    if let alleles = shared.alleles { members["genotype"] = genotypeTree(alleles) }
    return SharedOutput(
      matrices: [
        NamedMatrix("tblda_loadings", width: K, elements: means),
        NamedMatrix("tblda_concentrations", width: K, elements: genes.elements.map { Float($0) }),
      ], parameters: .group(members), modality: shared.alleles.map(genotypeModality))
  }

  private func genotypeTree(_ alleles: AllelePair) -> StoredTree {
    let (S, K, J) = (cohort.variants.count, topicCount, cohort.populationCount)
    var members: [String: StoredTree] = [
      "donors": .strings(cohort.donors), "variants": .strings(cohort.variants.names),
      "counted_concentrations": .floats(
        alleles.counted.elements.map { Float($0) }, shape: [S, K]),
      "other_concentrations": .floats(alleles.other.elements.map { Float($0) }, shape: [S, K]),
      "ancestry_frequencies": .doubles(cohort.frequencies, shape: [S, J]),
      "ancestry_shares": .doubles(cohort.shares, shape: [J, cohort.donors.count]),
      "allele_frequencies": .doubles(alleleFrequencies, shape: [S]),
    ]
    for named in cohort.variants.columns {
      switch named.column {
      case .strings(let values): members[named.name] = .strings(values.map { $0 ?? "" })
      case .integers(let values):
        members[named.name] = .integers(values.map { $0 ?? -1 }, shape: [S])
      case .unsigned(let values):
        members[named.name] = .strings(values.map { $0.map(String.init) ?? "" })
      case .categories(let codes, let names, _):
        members[named.name] = .strings(codes.map { $0 < 0 ? "" : names[Int($0)] })
      case .numbers(let values): members[named.name] = .doubles(values, shape: [S])
      case .flags(let values): members[named.name] = .flags(values.map { $0 ?? false })
      }
    }
    return .group(members)
  }

  /// The counted allele's frequency among the donors in the fit; NaN where nobody was observed.
  var alleleFrequencies: [Double] { cohort.totals.variants.map(\.frequency) }
}

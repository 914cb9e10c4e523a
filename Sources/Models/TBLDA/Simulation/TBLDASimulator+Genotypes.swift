public import Modeling
import Probability

extension TBLDASimulator {
  /// λ and β of one variant.
  func alleleFrequencies(_ variant: Int) -> (topics: [Double], populations: [Double]) {
    var stream = random.stream("simulated TBLDA variant", index: variant)
    let topics = (0..<configuration.topics).map { _ in stream.beta(0.5, 0.5) }
    let frequency = stream.uniform(in: 0.05..<0.5)
    let populations = (0..<configuration.ancestries).map { _ in
      stream.beta(9 * frequency, 9 * (1 - frequency))
    }
    return (topics, populations)
  }

  /// The donors' genotypes and true ancestry.
  public var genotypes: (genotypes: Genotypes, ancestry: Ancestry) {
    let (I, S) = (configuration.donors, configuration.variants)
    let (K, J) = (configuration.topics, configuration.ancestries)
    let shares = (0..<I).map { donor in
      var stream = random.stream("simulated TBLDA ancestry", index: donor)
      return stream.dirichlet(Array(repeating: 0.3, count: J))
    }
    let means = (0..<I).map { donor in
      var mean = [Double](repeating: 0, count: K)
      let samples = configuration.samplesPerDonor
      for sample in donor * samples..<(donor + 1) * samples {
        for (topic, share) in sampleTopics(sample).enumerated() {
          mean[topic] += share / Double(samples)
        }
      }
      return mean
    }
    var dosages = [UInt8](repeating: 0, count: I * S)
    var frequencies: [Double] = []
    for variant in 0..<S {
      let own = alleleFrequencies(variant)
      frequencies += own.populations
      var stream = random.stream("simulated TBLDA genotypes", index: variant)
      for donor in 0..<I {
        var probability = 0.0
        for (frequency, share) in zip(own.populations, shares[donor]) {
          probability += configuration.alpha * frequency * share
        }
        for (frequency, share) in zip(own.topics, means[donor]) {
          probability += (1 - configuration.alpha) * frequency * share
        }
        let copies = stream.binomial(trials: 2, probability: min(max(probability, 0), 1))
        let isMissing = configuration.missing > 0 && stream.uniform() < configuration.missing
        dosages[donor * S + variant] = isMissing ? Genotypes.missing : UInt8(copies)
      }
    }
    let donors = (0..<I).map { "donor\($0)" }
    let names = (0..<S).map { "variant\($0)" }
    let places = (0..<S).map { place($0, of: S) }
    let variants = Table(
      names: names,
      columns: [
        NamedColumn("chromosome", .strings(places.map(\.chromosome))),
        NamedColumn("position", .integers(places.map(\.position))),
        NamedColumn("counted_allele", .strings(names.map { _ in "A" })),
        NamedColumn("other_allele", .strings(names.map { _ in "C" })),
      ])
    return (
      Genotypes(donors: donors, variants: variants, dosages: dosages),
      Ancestry(
        donors: donors, variants: variants.describedVariants, populationCount: J,
        shares: shares.flatMap(\.self),
        frequencies: frequencies)
    )
  }
}

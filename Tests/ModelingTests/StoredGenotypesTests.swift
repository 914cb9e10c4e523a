import Modeling
import Probability
import TestSupport
import Testing

@Suite struct StoredGenotypesTests {
  /// Genotypes at so many variants, a tenth of them missing.
  private func genotypes(donors: Int, variants: Int) -> Genotypes {
    var stream = RandomSource(seed: 2).stream("stored genotypes")
    return Genotypes(
      donors: (0..<donors).map { "d\($0)" },
      variants: Table(
        names: (0..<variants).map { "v\($0)" },
        columns: [
          NamedColumn("chromosome", .strings((0..<variants).map { $0 < variants / 2 ? "1" : "2" })),
          NamedColumn("position", .integers((0..<variants).map { Int64(100 * $0) })),
        ]),
      dosages: (0..<donors * variants).map { _ in
        stream.uniform() < 0.1 ? Genotypes.missing : UInt8(stream.integer(below: 3))
      })
  }

  private func packed(_ genotypes: Genotypes, in store: MemoryStore) -> PackedVariants {
    var packed = PackedVariants(donorCount: genotypes.donorCount, in: store)
    for variant in 0..<genotypes.variantCount {
      packed.append(genotypes.donors.indices.map { genotypes[$0, variant] })
    }
    packed.flush()
    return packed
  }

  private func codes(_ genotypes: Genotypes, _ variants: Range<Int>, _ donors: [Int]) -> [UInt8] {
    variants.flatMap { variant in donors.map { min(genotypes[$0, variant], 3) } }
  }

  @Test(arguments: [1, 3, 4, 65, 130]) func variantsComeBackAsTheyWerePacked(donors: Int) {
    let genotypes = genotypes(donors: donors, variants: 21)
    let packed = packed(genotypes, in: MemoryStore())
    let some = Array(stride(from: donors - 1, through: 0, by: -2))
    #expect(packed.variantCount == 21)
    for variants in [0..<21, 5..<6, 20..<21, 4..<4] {
      #expect(packed.codes(variants: variants, donors: some) == codes(genotypes, variants, some))
    }
    #expect(packed.variantCounts(donors: Array(0..<donors)) == genotypes.variantCounts)
  }

  /// Many donors make narrow tiles: the last case has several.
  @Test(arguments: [(1, 21), (70, 9), (4_000_000, 11)])
  func donorsComeBackAsTheyWereStored(donors: Int, variants: Int) {
    let own = Array(stride(from: 0, to: donors, by: max(1, donors / 90)))
    func code(_ variant: Int, _ donor: Int) -> UInt8 { UInt8((variant * 7 + donor * 5) % 11 % 4) }
    let store = MemoryStore()
    var writer = StoredGenotypes.Writer(donorCount: donors, into: store)
    for variant in 0..<variants { writer.append((0..<donors).map { code(variant, $0) }) }
    writer.finish()
    let stored = StoredGenotypes(
      donors: Array(repeating: "d", count: donors),
      variants: Table(names: (0..<variants).map { "v\($0)" }), in: store)
    for range in [0..<variants, 3..<variants, 6..<8] {
      #expect(
        stored.codes(variants: range, donors: own)
          == range.flatMap { variant in own.map { code(variant, $0) } })
    }
    #expect(
      store.append([]) == StoredGenotypes.byteCount(donors: donors, variants: variants))
  }

  @Test func theSelectionIsThatOfGenotypesInMemory() throws {
    let genotypes = genotypes(donors: 40, variants: 300)
    let packed = packed(genotypes, in: MemoryStore())
    var request = GenotypeRequest(file: "g", donorKey: nil)
    let wanted = Set((5..<50).map { "d\($0)" })
    for pruning in [nil, LinkagePruning(window: 2000, limit: 0.02)] {
      (request.minimumFrequency, request.maximumMissing) = (0.4, 0.1)
      request.pruning = pruning
      let (kept, notes) = try request.selection(of: genotypes, donors: wanted)
      let chosen = try request.selection(
        of: packed, donors: genotypes.donors, variants: genotypes.variants, among: wanted)
      #expect(kept.variantCount < 300 && kept.variantCount > 5)
      #expect(chosen.donors.map { genotypes.donors[$0] } == kept.donors)
      #expect(chosen.variants.map { genotypes.variants.names[$0] } == kept.variants.names)
      #expect(chosen.notes == notes)
    }
    #expect(throws: ModelError.self) {
      try request.selection(
        of: packed, donors: genotypes.donors, variants: genotypes.variants, among: ["x"])
    }
  }
}

import Modeling
import Testing

struct GenotypesTests {
  let genotypes = Genotypes(
    donors: ["a", "b", "c"],
    variants: Table(
      names: ["v1", "v2"], columns: [NamedColumn("position", .integers([10, 20]))]),
    dosages: [0, 1, 2, 255, 1, 1])

  @Test func aGenotypeIsFoundByDonorAndVariant() {
    #expect(genotypes[0, 1] == 1)
    #expect(genotypes[1, 0] == 2)
    #expect(genotypes[1, 1] == Genotypes.missing)
  }

  @Test func chosenDonorsAndVariantsKeepTheirGenotypes() {
    let donors = genotypes.selecting(donors: [2, 0])
    #expect(donors.donors == ["c", "a"])
    #expect(donors.dosages == [1, 1, 0, 1])
    let variants = genotypes.selecting(variants: [1])
    #expect(variants.dosages == [1, 255, 1])
    #expect(variants.variants.names == ["v2"])
    #expect(variants.variants["position"] == .integers([20]))
  }
}

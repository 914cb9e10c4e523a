import Foundation
import Modeling
import Storage
import TestSupport
import Testing

struct AncestryFileTests {
  @Test func whatIsWrittenIsRead() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let ancestry = Ancestry(
      donors: ["a", "b"],
      variants: [
        Variant(name: "v", chromosome: "X", position: 10, counted: "A", other: "G"),
        Variant(name: "w"), Variant(name: "x", counted: "T"),
      ], populationCount: 2,
      shares: [0.25, 0.75, 1, 0], frequencies: [0.1, 0.2, 0, 1, 1.0 / 3, 0.5])
    let path = folder.appendingPathComponent("ancestry.tsv").path
    try AncestryFile.write(ancestry, to: path, overwrite: false)
    #expect(try AncestryFile.read(path) == ancestry)
    #expect(throws: StorageError.self) {
      try AncestryFile.write(ancestry, to: path, overwrite: false)
    }
  }

  @Test func tablesWithoutAllelesAreRead() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("ancestry.tsv").path
    try "kind\tname\t1\t2\ndonor\ta\t0.25\t0.75\nvariant\tv\t0.5\t1\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    let ancestry = try AncestryFile.read(path)
    #expect(ancestry.variants == [Variant(name: "v")] && ancestry.frequencies == [0.5, 1])
  }

  @Test func sharesAreDividedByTheirSum() {
    let ancestry = Ancestry(
      donors: ["a"], variants: [], populationCount: 2, shares: [1, 3], frequencies: [])
    #expect(ancestry.shares == [0.25, 0.75])
  }

  @Test func genotypesWrittenForPlinkAreRead() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let genotypes = Genotypes(
      donors: ["a", "b", "c", "d", "e"],
      variants: Table(
        names: ["v", "w"],
        columns: [
          NamedColumn("chromosome", .strings(["1", "X"])),
          NamedColumn("position", .integers([10, 20])),
          NamedColumn("counted_allele", .strings(["A", "G"])),
          NamedColumn("other_allele", .strings(["C", "T"])),
        ]), dosages: [0, 1, 2, 255, 1, 1, 0, 2, 2, 255])
    let name = folder.appendingPathComponent("donors").path
    try PlinkWriter.write(genotypes, to: name, overwrite: false)
    let read = try GenotypeFile.read(name + ".bed").genotypes
    #expect(read.donors == genotypes.donors)
    #expect(read.variants.names == genotypes.variants.names)
    #expect(read.dosages == genotypes.dosages)
    #expect(read.variants["position"] == .integers([10, 20]))
    #expect(read.variants["counted_allele"]?.asCategories?.names == ["A", "G"])
  }
}

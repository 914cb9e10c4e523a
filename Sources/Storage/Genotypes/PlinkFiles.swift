import Foundation
import Modeling

/// A PLINK 1 binary file set: `.bed` with `.bim` and `.fam` beside.
///
///     bed: 6C 1B 01, then for each variant ⌈donors/4⌉ bytes; donor i in bits 2(i mod 4)… of byte ⌊i/4⌋
///     00 both A1 → 2     10 one of each → 1     11 both A2 → 0     01 missing
///     bim: chromosome, identifier, centimorgans, position, A1, A2     fam: family, individual, four more
///
/// The counted allele is A1. Variants of other chromosomes are not read.
/// Source: PLINK 1.9 file format reference, https://www.cog-genomics.org/plink/1.9/formats#bed
struct PlinkFiles {
  private let bed: String
  private let bim: String
  private let fam: String

  init(_ path: String) throws(StorageError) {
    bed = path
    let stem = path.dropLast(4)
    bim = stem + ".bim"
    fam = stem + ".fam"
    for file in [bim, fam] where !FileManager.default.fileExists(atPath: file) {
      throw StorageError(
        file: path,
        problem: "has no \(file) beside it: a PLINK file set is .bed, .bim and .fam")
    }
  }

  func read(
    _ wanted: Chromosome?, in store: (any ByteStore)?
  ) throws(StorageError) -> GenotypeTable {
    let donors = try readDonors()
    let variants = try readVariants()
    var records = try BedRecords(bed, donorCount: donors.count, variantCount: variants.count)
    var table = try GenotypeTable(fam, donors: donors, what: "lines", in: store)
    var values = [UInt8](repeating: 0, count: donors.count)
    var dropped = 0
    for (index, variant) in variants.enumerated() {
      if let wanted, wanted != Chromosome(variant.chromosome) { continue }
      // PLINK's own sign for a variant to be left out.
      guard variant.position >= 0 else {
        dropped += 1
        continue
      }
      let (bytes, start) = try records.record(index)
      for donor in values.indices {
        let byte = Int(bytes[start + donor / 4])
        values[donor] = Self.dosage[(byte >> (2 * (donor % 4))) & 3]
      }
      table.append(variant, values)
    }
    if dropped > 0 {
      table.notes.append("\(bim): \(dropped) variants have a negative position and are left out")
    }
    return table
  }

  /// Donors, and the chromosome of every variant.
  func size() throws(StorageError) -> (donors: [String], chromosomes: [String]) {
    let donors = try readDonors()
    let variants = try readVariants()
    return (donors, variants.lazy.filter { $0.position >= 0 }.map(\.chromosome))
  }

  private static let dosage: [UInt8] = [2, Genotypes.missing, 1, 0]

  private func readDonors() throws(StorageError) -> [String] { try individuals().map(\.name) }

  /// Those who are there with their sex: 1 or 2 in column 5, others are not known.
  ///
  /// They go by their own names; where these come again in other families, by family_individual, as PLINK joins them.
  func individuals() throws(StorageError) -> [(name: String, sex: DonorSex?)] {
    var text = try DelimitedText(fam, .blanks)
    var individuals: [(family: String, name: String, sex: DonorSex?)] = []
    while try text.next() {
      guard text.count >= 6 else {
        throw text.error("has \(text.count) fields, expected 6 (family, individual, …)")
      }
      // Between tabs a name may have blanks, which other readers of the file take for ends of names.
      let tabbed = text.whole.split(separator: "\t", omittingEmptySubsequences: false)
      if tabbed.count >= 6, tabbed.count < text.count,
        tabbed.contains(where: {
          $0.trimmingCharacters(in: .whitespaces).contains(" ")
        })
      {
        throw text.error(
          "has \(tabbed.count) fields between tabs but \(text.count) between blanks: names with blanks cannot be told. Replace the blanks in them, by _ for example"
        )
      }
      individuals.append((text[0], text[1], DonorSex(text[4])))
    }
    guard !individuals.isEmpty else { throw StorageError(file: fam, problem: "has no individuals") }
    let isUnique = Set(individuals.map(\.name)).count == individuals.count
    let hasFamilies = Set(individuals.map(\.family)).count > 1
    return individuals.map {
      (isUnique || !hasFamilies ? $0.name : "\($0.family)_\($0.name)", $0.sex)
    }
  }

  private func readVariants() throws(StorageError) -> [Variant] {
    var text = try DelimitedText(bim, .blanks)
    var variants: [Variant] = []
    while try text.next() {
      guard text.count == 6 else {
        throw text.error(
          "has \(text.count) fields, expected 6 (chromosome, identifier, centimorgans, position, A1, A2)"
        )
      }
      guard let position = Int64(text[3]) else {
        throw text.error("has the position \(text[3]), expected a whole number")
      }
      variants.append(
        Variant(
          name: text[1], chromosome: text[0], position: position, counted: text[4], other: text[5]))
    }
    guard !variants.isEmpty else { throw StorageError(file: bim, problem: "has no variants") }
    return variants
  }
}

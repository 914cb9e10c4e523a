import Foundation
import Modeling

/// A table of dosages, a variant a line, plain or gzip.
///
///     variant  chromosome  position  counted_allele  other_allele  NA18501  NA18502  …
///     rs12025  1           1355433   G               T             0        NA       …
///
/// The columns between the name and the donors may be missing, or stand before the name (`CHROM POS ID REF ALT`, as
/// bcftools query writes it). Between fields stand tabs, commas, semicolons or blanks, as in the header. Dosages are 0…2; others than whole numbers are
/// rounded, with a remark. Missing: empty, `NA`, `NaN`, `.`.
enum DosageTable {
  /// What a column that is no donor says of the variant.
  private enum Fact: Sendable { case name, chromosome, position, counted, other, ignored }

  private static let facts: [String: Fact] = [
    "chromosome": .chromosome, "chr": .chromosome, "chrom": .chromosome, "#chrom": .chromosome,
    "position": .position, "pos": .position, "bp": .position,
    "counted_allele": .counted, "alt": .counted, "a1": .counted,
    "other_allele": .other, "ref": .other, "a2": .other, "a0": .other,
    "effect_allele": .counted, "noneffect_allele": .other, "alt_allele": .counted,
    "ref_allele": .other, "counted": .counted, "other": .other,
  ]

  /// Words for the column of names, and for columns that are neither facts nor donors.
  private static let more: [String: Fact] = [
    "variant": .name, "variant_id": .name, "id": .name, "rsid": .name, "snp": .name,
    "snpid": .name, "snp_id": .name, "name": .name, "marker": .name, "markername": .name,
    "qual": .ignored, "filter": .ignored, "info": .ignored, "cm": .ignored, "(c)m": .ignored,
    "maf": .ignored, "af": .ignored, "r2": .ignored, "build": .ignored,
  ]

  /// What the header says: which fields are donors, and which tell something of the variant.
  private struct Header {
    let fields: [String]
    var facts: [(field: Int, fact: Fact)] = []
    /// The first field of a donor.
    var first: Int { facts.count }

    init(_ text: borrowing DelimitedText) throws(StorageError) {
      var fields = text.all
      while fields.count > 1, fields.last?.isEmpty ?? false { fields.removeLast() }
      self.fields = fields
      // Without a word for it the first column has the names, unless it tells something else.
      for (field, name) in fields.enumerated() {
        let word = name.lowercased()
        let fact = DosageTable.facts[word] ?? DosageTable.more[word]
        guard let fact = fact ?? (field == 0 ? .name : nil) else { break }
        // A name is named once.
        if fact == .name, facts.contains(where: { $0.fact == .name }) { break }
        facts.append((field, fact))
      }
      guard fields.count > first else {
        throw text.error(
          "has no donors, expected a header: variant, then perhaps chromosome, position, counted_allele, other_allele, then donors"
        )
      }
    }

    /// The variant of a line, without its genotypes.
    func variant(_ text: borrowing DelimitedText) throws(StorageError) -> Variant {
      guard text.hasFields(fields.count) else {
        throw text.error("has \(text.count) fields, expected \(fields.count) as in the header")
      }
      var variant = Variant(name: ".")
      for (field, fact) in facts {
        switch fact {
        case .name: variant.name = text[field]
        case .ignored: break
        case .chromosome: variant.chromosome = text[field]
        case .counted: variant.counted = text[field]
        case .other: variant.other = text[field]
        case .position:
          guard let position = Int64(text[field]) else {
            throw text.error("has the position \(text[field]), expected a whole number")
          }
          variant.position = position
        }
      }
      return variant
    }
  }

  /// Reads the variants of a file, or of one chromosome of it.
  ///
  /// Local.
  /// - Parameter store: keeps the genotypes outside of memory; nil: in memory.
  /// - Throws: `StorageError` naming the line that is not as expected.
  static func read(
    _ path: String, _ wanted: Chromosome?, in store: (any ByteStore)?
  ) throws(StorageError) -> GenotypeTable {
    var text = try DelimitedText(path, .told(by: path))
    guard try text.next() else { throw StorageError(file: path, problem: "is empty") }
    let header = try Header(text)
    let first = header.first
    var table = try GenotypeTable(
      path, donors: Array(header.fields[first...]), what: "columns", in: store)
    let told = Set(header.facts.map(\.fact))
    table.hasPlaces = told.isSuperset(of: [.chromosome, .position])
    table.hasAlleles = told.contains(.counted)
    if told.isDisjoint(with: [.name]), !told.isSuperset(of: [.chromosome, .position]) {
      throw StorageError(file: path, problem: "has no column with the names of variants")
    }
    guard wanted == nil || table.hasPlaces else {
      throw StorageError(
        file: path, problem: "has no columns chromosome and position to choose a chromosome by")
    }
    var values = [UInt8](repeating: 0, count: header.fields.count - first)
    var changed = 0
    while try text.next() {
      let variant = try header.variant(text)
      if let wanted, wanted != Chromosome(variant.chromosome) { continue }
      for donor in values.indices {
        let field = first + donor
        let number = text.isMissing(field) ? .nan : text.number(field)
        guard let number, let value = rounded(number) else {
          throw text.error(
            "has the dosage \(text[field]) for \(header.fields[field]), expected 0…2 or NA")
        }
        values[donor] = value
        if !number.isNaN, number != number.rounded() { changed += 1 }
      }
      table.append(variant, values)
    }
    if changed > 0 {
      table.notes.append("\(path): \(changed) dosages were no whole numbers and are rounded")
    }
    return table
  }

  /// The nearest of 0, 1, 2, missing for NaN, nil outside 0…2.
  static func rounded(_ dosage: Double) -> UInt8? {
    if dosage.isNaN { return Genotypes.missing }
    guard dosage >= 0, dosage <= 2 else { return nil }
    return UInt8(dosage.rounded())
  }
}

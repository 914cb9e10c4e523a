public import Modeling

/// Genotypes as they are collected, variant by variant.
struct GenotypeTable {
  let donors: [String]
  /// Whether places and alleles are known.
  var hasPlaces = true
  var hasAlleles = true
  var notes: [String] = []
  private var names: [String] = []
  private var chromosomes: [Int32] = []
  private var chromosomeNames: [String] = []
  private var chromosomeCodes: [String: Int32] = [:]
  private var positions: [Int64?] = []
  private var counted: [String?] = []
  private var other: [String?] = []
  private var counts: [VariantCounts] = []
  /// In memory, unless there is a place outside.
  private var dosages: [UInt8] = []
  private var packed: PackedVariants?

  /// A table without variants.
  ///
  /// - Parameter store: where genotypes are kept; nil: in memory.
  /// - Throws: where a donor stands twice.
  init(
    _ path: String, donors: [String], what: String, in store: (any ByteStore)?
  ) throws(StorageError) {
    self.donors = donors
    packed = store.map { PackedVariants(donorCount: donors.count, in: $0) }
    if let (name, first, second) = Duplicates.first(in: donors) {
      throw StorageError(
        file: path,
        problem: "names the donor \(name) twice (\(what) \(first + 1) and \(second + 1))")
    }
  }

  var variantCount: Int { names.count }

  /// Adds a variant.
  ///
  /// - Precondition: a dosage for each donor.
  mutating func append(_ variant: Variant, _ values: [UInt8]) {
    names.append(
      variant.name == "." || variant.name.isEmpty
        ? "\(variant.chromosome):\(variant.position):\(variant.other):\(variant.counted)"
        : variant.name)
    if let code = chromosomeCodes[variant.chromosome] {
      chromosomes.append(code)
    } else {
      let code = Int32(chromosomeNames.count)
      chromosomeCodes[variant.chromosome] = code
      chromosomeNames.append(variant.chromosome)
      chromosomes.append(code)
    }
    positions.append(variant.position)
    counted.append(variant.counted)
    other.append(variant.other)
    var (observed, copies) = (0, 0)
    for value in values where value != Genotypes.missing {
      observed += 1
      copies += Int(value)
    }
    counts.append(VariantCounts(observed: observed, copies: copies))
    if packed == nil { dosages.append(contentsOf: values) } else { packed?.append(values) }
  }

  /// The genotypes, donor by donor, with remarks on variants that say nothing.
  func finished(_ path: String) throws(StorageError) -> (genotypes: Genotypes, notes: [String]) {
    let (variants, notes) = try described(path)
    return (Genotypes(donors: donors, variants: variants, dosages: transposed()), notes)
  }

  /// The genotypes as they came, variant by variant, where they are kept outside of memory; nil
  /// where they are not.
  mutating func packed(_ path: String) throws(StorageError) -> PackedGenotypes? {
    packed?.flush()
    guard let packed else { return nil }
    let (variants, notes) = try described(path)
    return PackedGenotypes(donors: donors, variants: variants, genotypes: packed, notes: notes)
  }

  /// The variants, with remarks on those that say nothing.
  private func described(_ path: String) throws(StorageError) -> (variants: Table, notes: [String])
  {
    var notes = notes
    remark(path, &notes)
    var columns: [NamedColumn] = []
    if hasPlaces {
      columns.append(
        NamedColumn(
          "chromosome",
          .categories(codes: chromosomes, names: chromosomeNames, isOrdered: false)))
      columns.append(NamedColumn("position", .integers(positions)))
    }
    if hasAlleles {
      columns.append(NamedColumn("counted_allele", .strings(counted)))
      columns.append(NamedColumn("other_allele", .strings(other)))
    }
    return (Table(names: try uniqueNames(path, &notes), columns: columns), notes)
  }

  private func transposed() -> [UInt8] {
    let (donorCount, variantCount) = (donors.count, names.count)
    var result = [UInt8](repeating: 0, count: dosages.count)
    let tile = 64
    for variantStart in stride(from: 0, to: variantCount, by: tile) {
      let variants = variantStart..<min(variantStart + tile, variantCount)
      for donor in 0..<donorCount {
        for variant in variants {
          result[donor * variantCount + variant] = dosages[variant * donorCount + donor]
        }
      }
    }
    return result
  }

  private func remark(_ path: String, _ notes: inout [String]) {
    let missing = counts.reduce(0) { $0 + donors.count - $1.observed }
    let unseen = counts.indices.filter { counts[$0].observed == 0 }
    let constant = counts.indices.filter { counts[$0].observed > 0 && counts[$0].isConstant }
    for (variants, what) in [
      (unseen, "no observed genotype"), (constant, "one allele only in these donors"),
    ] {
      if let first = variants.first {
        notes.append(
          "\(path): \(variants.count) variant\(variants.count == 1 ? " has" : "s have") \(what) (first: \(names[first]))"
        )
      }
    }
    if missing > 0 {
      let share = 100 * Double(missing) / Double(donors.count * names.count)
      let rounded = (share * 1000).rounded() / 1000
      notes.append("\(path): \(missing) genotypes (\(rounded) %) are missing")
    }
  }

  /// Names that stand once: of those that repeat, each with its place and alleles.
  private func uniqueNames(_ path: String, _ notes: inout [String]) throws(StorageError) -> [String]
  {
    guard let (name, _, _) = Duplicates.first(in: names) else { return names }
    var counts: [String: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }
    let unique = names.indices.map { variant in
      guard counts[names[variant], default: 0] > 1 else { return names[variant] }
      let place = positions[variant].map(String.init) ?? ""
      return [names[variant], place, other[variant] ?? "", counted[variant] ?? ""]
        .joined(separator: ":")
    }
    if let (name, first, second) = Duplicates.first(in: unique) {
      throw StorageError(
        file: path,
        problem: "has the variant \(name) twice (variants \(first + 1) and \(second + 1))")
    }
    notes.append(
      "\(path): some names of variants stand twice (first: \(name)); these go by name:position:other:counted allele"
    )
    return unique
  }
}

/// Genotypes of a file that are kept outside of memory, as they came.
public struct PackedGenotypes: Sendable {
  /// Names of the donors.
  public let donors: [String]
  /// The variants, as in `Genotypes`.
  public let variants: Table
  /// Genotypes of all donors, variant by variant, two bits each.
  public let genotypes: PackedVariants
  /// What is odd about them, a line each.
  public let notes: [String]
}

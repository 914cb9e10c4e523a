import Modeling

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
  private var dosages: [UInt8] = []

  /// A table without variants.
  ///
  /// - Throws: where a donor stands twice.
  init(_ path: String, donors: [String], what: String) throws(StorageError) {
    self.donors = donors
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
  mutating func append(_ variant: Variant, _ values: some Sequence<UInt8>) {
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
    dosages.append(contentsOf: values)
  }

  /// The genotypes, donor by donor, with remarks on variants that say nothing.
  func finished(_ path: String) throws(StorageError) -> (genotypes: Genotypes, notes: [String]) {
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
    let genotypes = Genotypes(
      donors: donors,
      variants: Table(names: try uniqueNames(path, &notes), columns: columns),
      dosages: transposed())
    return (genotypes, notes)
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
    var (unseen, constant, missing) = ([Int](), [Int](), 0)
    for variant in names.indices {
      let values = dosages[variant * donors.count..<(variant + 1) * donors.count]
      let seen = values.count { $0 != Genotypes.missing }
      missing += values.count - seen
      if seen == 0 {
        unseen.append(variant)
      } else if let first = values.first(where: { $0 != Genotypes.missing }), first != 1,
        values.allSatisfy({ $0 == first || $0 == Genotypes.missing })
      {
        constant.append(variant)
      }
    }
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
      let share = 100 * Double(missing) / Double(dosages.count)
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

/// What is known of a variant beside its genotypes.
struct Variant {
  var name: String
  var chromosome = ""
  var position: Int64 = 0
  var counted = ""
  var other = ""
}

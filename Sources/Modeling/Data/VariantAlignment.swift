/// Where the variants of a fit are among those of another file, and which alleles are exchanged there.
///
/// A variant is found by its name; by its place where the file has no such name, or other alleles under it. Strands
/// are told apart by letters alone: A/T and C/G cannot be.
public struct VariantAlignment: Sendable {
  /// For each wanted variant its place in the file.
  public let places: [Int]
  /// For each wanted variant whether the file counts its other allele: a dosage becomes 2 − dosage there.
  public let isSwapped: [Bool]
  /// What was done, with counts, a line each.
  public let notes: [String]

  /// How many variants count the other allele.
  public var swappedCount: Int { isSwapped.count(where: \.self) }

  /// Finds variants.
  ///
  /// - Parameters:
  ///   - wanted: those of whoever asks.
  ///   - asker: who that is: `the fit`.
  ///   - variants: those of a file.
  ///   - file: its name, for messages.
  /// - Throws: `ModelError` with counts and the first of them where variants are missing, have other alleles, or cannot
  ///   be told from either strand.
  public init(
    of wanted: [Variant], asker: String, in variants: [Variant], file: String
  ) throws(ModelError) {
    var finder = Finder(variants)
    var found: [(place: Int, coding: Variant.Coding, byPlace: Bool)?] = []
    for variant in wanted { found.append(finder.find(variant)) }
    try Self.requireAll(found, wanted, asker, variants, file)
    let known = found.compactMap { $0 }
    places = known.map(\.place)
    isSwapped = known.map { $0.coding == .swapped || $0.coding == .swappedComplement }
    let isTurned = known.contains {
      $0.coding == .complement || $0.coding == .swappedComplement
    }
    if isTurned {
      let doubtful = known.indices.filter {
        wanted[$0].isPalindromic && known[$0].coding != .untold
      }
      if let first = doubtful.first {
        throw ModelError(
          "\(file): some variants are read from the other strand than in \(asker), and \(doubtful.count) of \(wanted.count) have alleles that look the same from both (first: \(wanted[first].name) \(wanted[first].alleles)). Bring the file to the strand of \(asker) (plink --flip), or leave these variants out of both"
        )
      }
    }
    notes = Self.notes(known, wanted, asker, variants, file)
  }

  private static func requireAll(
    _ found: [(place: Int, coding: Variant.Coding, byPlace: Bool)?], _ wanted: [Variant],
    _ asker: String, _ variants: [Variant], _ file: String
  ) throws(ModelError) {
    let missing = wanted.indices.filter { found[$0] == nil }
    if let first = missing.first {
      throw ModelError(
        "\(file): lacks \(missing.count) of the \(wanted.count) variants of \(asker) (first: \(wanted[first].name))"
      )
    }
    let different = wanted.indices.filter { found[$0]?.coding == .different }
    if let first = different.first, let place = found[first]?.place {
      throw ModelError(
        "\(file): has other alleles than \(asker) at \(different.count) of \(wanted.count) variants (first: \(wanted[first].name) is \(variants[place].alleles), in \(asker) \(wanted[first].alleles)): they are not the same variants"
      )
    }
  }

  private static func notes(
    _ found: [(place: Int, coding: Variant.Coding, byPlace: Bool)], _ wanted: [Variant],
    _ asker: String, _ variants: [Variant], _ file: String
  ) -> [String] {
    func count(_ codings: Variant.Coding...) -> Int {
      found.count { codings.contains($0.coding) }
    }
    var notes: [String] = []
    let total = wanted.count
    let swapped = count(.swapped, .swappedComplement)
    if swapped > 0 {
      notes.append(
        "\(file): \(swapped) of \(total) variants count the other allele than \(asker); their dosages are taken as 2 − dosage"
      )
    }
    let turned = count(.complement, .swappedComplement)
    if turned > 0 {
      notes.append(
        "\(file): \(turned) of \(total) variants are read from the other strand than in \(asker)")
    }
    let untold = count(.untold)
    if untold > 0 {
      notes.append(
        "\(file): the alleles of \(untold) of \(total) variants are not told here or in \(asker); they are taken to count the same"
      )
    }
    let byPlace = found.indices.filter { found[$0].byPlace }
    if let first = byPlace.first {
      notes.append(
        "\(file): \(byPlace.count) of \(total) variants are found by their places (first: \(wanted[first].name) is \(variants[found[first].place].name))"
      )
    }
    return notes
  }

  /// Finds variants by name and place.
  private struct Finder {
    struct Place: Hashable {
      let chromosome: Chromosome
      let position: Int64
    }

    private let variants: [Variant]
    private var names: [String: Int] = [:]
    /// Filled when a name is not there for the first time.
    private var places: [Place: [Int]]?

    init(_ variants: [Variant]) {
      self.variants = variants
      names.reserveCapacity(variants.count)
      for (place, variant) in variants.enumerated() where names[variant.name] == nil {
        names[variant.name] = place
      }
    }

    mutating func find(
      _ wanted: Variant
    ) -> (place: Int, coding: Variant.Coding, byPlace: Bool)? {
      let named = names[wanted.name].map {
        (place: $0, coding: wanted.coding(in: variants[$0]), byPlace: false)
      }
      if let named, named.coding != .different { return named }
      let near = neighbours(wanted).map {
        (place: $0, coding: wanted.coding(in: variants[$0]), byPlace: true)
      }
      let fitting = near.filter { $0.coding != .different && $0.coding != .untold }
      return fitting.count == 1 ? fitting[0] : named
    }

    private mutating func neighbours(_ wanted: Variant) -> [Int] {
      guard let place = Self.place(wanted) else { return [] }
      if let places { return places[place] ?? [] }
      var all: [Place: [Int]] = [:]
      for (index, variant) in variants.enumerated() {
        if let place = Self.place(variant) { all[place, default: []].append(index) }
      }
      places = all
      return all[place] ?? []
    }

    private static func place(_ variant: Variant) -> Place? {
      guard variant.position > 0, let chromosome = Chromosome(variant.chromosome) else {
        return nil
      }
      return Place(chromosome: chromosome.counting, position: variant.position)
    }
  }
}

extension Genotypes {
  /// The wanted variants in their order, each counting the allele that was asked for.
  ///
  /// - Throws: `ModelError` as ``VariantAlignment``.
  public func aligned(
    to wanted: [Variant], asker: String, file: String
  ) throws(ModelError) -> (genotypes: Genotypes, alignment: VariantAlignment) {
    let alignment = try VariantAlignment(
      of: wanted, asker: asker, in: variants.describedVariants, file: file)
    var dosages: [UInt8] = []
    dosages.reserveCapacity(donorCount * wanted.count)
    for donor in donors.indices {
      for (place, isSwapped) in zip(alignment.places, alignment.isSwapped) {
        let dosage = self[donor, place]
        dosages.append(isSwapped && dosage != Self.missing ? 2 - dosage : dosage)
      }
    }
    return (
      Genotypes(donors: donors, variants: wanted.table, dosages: dosages), alignment
    )
  }
}

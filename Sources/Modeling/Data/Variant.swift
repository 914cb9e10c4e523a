/// A variant as a file tells of it, beside its genotypes; what it does not tell is empty or 0.
public struct Variant: Codable, Sendable, Equatable {
  /// Its identifier.
  public var name: String
  /// The chromosome, as written.
  public var chromosome: String
  /// The position in bases.
  public var position: Int64
  /// The allele whose copies a genotype counts.
  public var counted: String
  /// The other allele.
  public var other: String

  /// A variant of this name.
  public init(
    name: String, chromosome: String = "", position: Int64 = 0, counted: String = "",
    other: String = ""
  ) {
    self.name = name
    self.chromosome = chromosome
    self.position = position
    self.counted = counted
    self.other = other
  }

  /// How two files that have the same variant count its alleles.
  public enum Coding: Sendable, Equatable {
    /// The same allele.
    case same
    /// Each the other's other allele.
    case swapped
    /// The same allele, read from the other strand.
    case complement
    /// Each the other's other allele, read from the other strand.
    case swappedComplement
    /// One of them does not tell its alleles.
    case untold
    /// These are other alleles: the variants are not the same.
    case different
  }

  /// How another file counts this variant.
  ///
  /// A letter that a file does not know (PLINK's 0 of a variant that does not vary) fits any.
  public func coding(in file: Variant) -> Coding {
    let own = (Self.letters(counted), Self.letters(other))
    let theirs = (Self.letters(file.counted), Self.letters(file.other))
    guard own.0 != nil || own.1 != nil, theirs.0 != nil || theirs.1 != nil else { return .untold }
    if Self.fit(own, theirs) { return .same }
    if Self.fit(own, (theirs.1, theirs.0)) { return .swapped }
    let complement = (theirs.0.flatMap(Self.complement), theirs.1.flatMap(Self.complement))
    // Without both letters nothing tells one strand from the other.
    guard let first = complement.0, let second = complement.1, own.0 != nil, own.1 != nil else {
      return .different
    }
    if Self.fit(own, (first, second)) { return .complement }
    return Self.fit(own, (second, first)) ? .swappedComplement : .different
  }

  /// Whether the alleles are the same from either strand: A and T, or C and G.
  public var isPalindromic: Bool {
    guard let first = Self.letters(counted), let second = Self.letters(other) else { return false }
    return Self.complement(first) == second
  }

  /// Alleles in words: `A/G (A counted)`.
  public var alleles: String {
    "\(counted.isEmpty ? "?" : counted)/\(other.isEmpty ? "?" : other) (\(counted.isEmpty ? "?" : counted) counted)"
  }

  /// An allele in capitals; nil where a file says that it does not know it.
  private static func letters(_ allele: String) -> String? {
    ["", "0", ".", "N", "n"].contains(allele) ? nil : allele.uppercased()
  }

  private static func fit(_ own: (String?, String?), _ theirs: (String?, String?)) -> Bool {
    func agrees(_ left: String?, _ right: String?) -> Bool {
      left == nil || right == nil || left == right
    }
    // One letter at the least has to be known on both sides.
    let isSeen = own.0 != nil && own.0 == theirs.0 || own.1 != nil && own.1 == theirs.1
    return isSeen && agrees(own.0, theirs.0) && agrees(own.1, theirs.1)
  }

  private static func complement(_ allele: String) -> String? {
    let pairs: [Character: Character] = ["A": "T", "T": "A", "C": "G", "G": "C"]
    let letters = allele.reversed().compactMap { pairs[$0] }
    return letters.count == allele.count ? String(letters) : nil
  }
}

extension Table {
  /// The variants of a table as genotypes have it: columns `chromosome`, `position`, `counted_allele` and
  /// `other_allele`, as far as they are there.
  public var describedVariants: [Variant] {
    func texts(_ name: String) -> [String] {
      guard let (codes, words) = self[name]?.asCategories else { return names.map { _ in "" } }
      return codes.map { $0 < 0 ? "" : words[Int($0)] }
    }
    let (chromosomes, counted, other) = (
      texts("chromosome"), texts("counted_allele"), texts("other_allele")
    )
    var positions = [Int64](repeating: 0, count: count)
    if case .integers(let values)? = self["position"] { positions = values.map { $0 ?? 0 } }
    return names.indices.map {
      Variant(
        name: names[$0], chromosome: chromosomes[$0], position: positions[$0],
        counted: counted[$0], other: other[$0])
    }
  }
}

extension [Variant] {
  /// As genotypes have them (``Genotypes/variants``).
  public var table: Table {
    Table(
      names: map(\.name),
      columns: [
        NamedColumn("chromosome", .strings(map(\.chromosome))),
        NamedColumn("position", .integers(map(\.position))),
        NamedColumn("counted_allele", .strings(map(\.counted))),
        NamedColumn("other_allele", .strings(map(\.other))),
      ])
  }

  /// As a fit file states them: one array for each property.
  public var storedTree: StoredTree {
    .group([
      "variants": .strings(map(\.name)), "chromosome": .strings(map(\.chromosome)),
      "position": .integers(map(\.position), shape: [count]),
      "counted_allele": .strings(map(\.counted)), "other_allele": .strings(map(\.other)),
    ])
  }

  /// The variants that a fit file states, names at the least; nil where it does not.
  public init?(storedTree tree: StoredTree?) {
    guard case .strings(let names)? = tree?["variants"] else { return nil }
    func texts(_ name: String) -> [String] {
      guard case .strings(let values)? = tree?[name], values.count == names.count else {
        return names.map { _ in "" }
      }
      return values
    }
    let (chromosomes, counted, other) = (
      texts("chromosome"), texts("counted_allele"), texts("other_allele")
    )
    var positions = [Int64](repeating: 0, count: names.count)
    if case .integers(let values, _)? = tree?["position"], values.count == names.count {
      positions = values
    }
    self = names.indices.map {
      Variant(
        name: names[$0], chromosome: chromosomes[$0], position: Swift.max(0, positions[$0]),
        counted: counted[$0], other: other[$0])
    }
  }
}

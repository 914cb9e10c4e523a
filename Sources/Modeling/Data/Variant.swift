/// A variant as a file tells of it, beside its genotypes; what it does not tell is empty or 0.
public struct Variant: Codable, Sendable, Equatable {
  /// The identifier of the variant, such as an rs number.
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
    /// Both count one and the same allele.
    case same
    /// Each the other's other allele.
    case swapped
    /// Both count one and the same allele, read from opposite strands.
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
    let (own, theirs) = (Letters(self), Letters(file))
    guard own.isTold, theirs.isTold else { return .untold }
    if own.fit(theirs) { return .same }
    if own.fit(theirs.swapped) { return .swapped }
    // Without both letters nothing tells one strand from the other.
    guard own.isWhole, let complement = theirs.complement else { return .different }
    if own.fit(complement) { return .complement }
    return own.fit(complement.swapped) ? .swappedComplement : .different
  }

  /// Whether the alleles are the same from either strand: A and T, or C and G.
  public var isPalindromic: Bool {
    let own = Letters(self)
    return own.isWhole && own.complement?.swapped == own
  }

  /// Alleles in words: `A/G (A counted)`.
  public var alleles: String {
    "\(counted.isEmpty ? "?" : counted)/\(other.isEmpty ? "?" : other) (\(counted.isEmpty ? "?" : counted) counted)"
  }

  /// Alleles in capitals; nil where a file says that it does not know one.
  private struct Letters: Equatable {
    let counted: String?
    let other: String?

    init(_ variant: Variant) {
      func known(_ allele: String) -> String? {
        ["", "0", ".", "N", "n"].contains(allele) ? nil : allele.uppercased()
      }
      self.init(counted: known(variant.counted), other: known(variant.other))
    }

    private init(counted: String?, other: String?) {
      self.counted = counted
      self.other = other
    }

    var isTold: Bool { counted != nil || other != nil }
    var isWhole: Bool { counted != nil && other != nil }
    var swapped: Letters { Letters(counted: other, other: counted) }

    /// From the other strand; nil where a letter is not known, or is none.
    var complement: Letters? {
      func turned(_ allele: String?) -> String? {
        let pairs: [Character: Character] = ["A": "T", "T": "A", "C": "G", "G": "C"]
        let letters = (allele ?? "").reversed().compactMap { pairs[$0] }
        return letters.count == allele?.count ? String(letters) : nil
      }
      guard let counted = turned(counted), let other = turned(other) else { return nil }
      return Letters(counted: counted, other: other)
    }

    /// Whether these may be the alleles of another file: one letter at the least has to be known on both sides.
    func fit(_ file: Letters) -> Bool {
      let isSeen =
        counted != nil && counted == file.counted || other != nil && other == file.other
      return isSeen && (counted == nil || file.counted == nil || counted == file.counted)
        && (other == nil || file.other == nil || other == file.other)
    }
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

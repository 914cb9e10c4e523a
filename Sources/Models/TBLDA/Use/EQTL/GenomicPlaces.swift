import Modeling

/// Where genes and variants are, to tell tests of neighbours from others.
public struct GenomicPlaces: Sendable {
  /// How a variant lies to a gene.
  public enum Relation: String, Sendable {
    /// On the gene's chromosome, within the window around its start.
    case cis
    /// On another chromosome, or outside the window.
    case trans
    /// The place of one of them is not known.
    case unknown
  }

  /// A place; nil where it is not known.
  public struct Place: Sendable, Equatable {
    /// The chromosome by its one name.
    public let chromosome: String
    /// In bases: a variant's position, a gene's start of transcription.
    public let position: Int

    /// The chromosome that positions are counted on: X for the part that X and Y share.
    let counting: String

    /// A place on a chromosome, under any of its names; nil where the name says that the place is not known.
    public init?(chromosome: String, position: Int) {
      guard let named = Chromosome(chromosome) else { return nil }
      self.chromosome = named.name
      counting = named.counting.name
      self.position = position
    }
  }

  /// Of every gene.
  public let genes: [Place?]
  /// Of every variant.
  public let variants: [Place?]
  /// The largest distance, in bases, that is called cis.
  public let window: Int
  private let geneCodes: [Int32]
  private let variantCodes: [Int32]

  /// The places of genes and variants, nil where one is not known.
  public init(genes: [Place?], variants: [Place?], window: Int = 1_000_000) {
    self.genes = genes
    self.variants = variants
    self.window = window
    var codes: [String: Int32] = [:]
    func code(_ place: Place?) -> Int32 {
      guard let place else { return -1 }
      if let known = codes[place.counting] { return known }
      codes[place.counting] = Int32(codes.count)
      return Int32(codes.count - 1)
    }
    geneCodes = genes.map(code)
    variantCodes = variants.map(code)
  }

  /// Chromosomes of genes and of variants, if they share none.
  ///
  /// Standard names on both sides may be meant so: genes of one chromosome against variants of another.
  package static func strangers(
    genes: [Place?], variants: [Place?]
  ) -> (genes: [String], variants: [String])? {
    let own = Set(genes.compactMap { $0?.counting })
    let theirs = Set(variants.compactMap { $0?.counting })
    guard !own.isEmpty, !theirs.isEmpty, own.isDisjoint(with: theirs) else { return nil }
    return (own.sorted(), theirs.sorted())
  }

  /// How a variant lies to a gene.
  public func relation(gene: Int, variant: Int) -> Relation {
    guard geneCodes[gene] >= 0, variantCodes[variant] >= 0 else { return .unknown }
    guard let distance = distance(gene: gene, variant: variant) else { return .trans }
    return abs(distance) <= window ? .cis : .trans
  }

  /// The variant's position less the gene's; nil on different chromosomes or where one is not known.
  public func distance(gene: Int, variant: Int) -> Int? {
    guard geneCodes[gene] >= 0, geneCodes[gene] == variantCodes[variant],
      let from = genes[gene], let to = variants[variant]
    else { return nil }
    return to.position - from.position
  }
}

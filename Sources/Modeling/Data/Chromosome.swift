/// A chromosome by the one name that all ways of writing it lead to: files of genetics write the same chromosome as
/// `23`, `X`, `chrX` or `NC_000023.11`.
///
/// | Written | Becomes |
/// |---|---|
/// | `chr1`, `01`, `NC_000001.11`, `CM000663.2` | `1` |
/// | `23`, `X`, `chrX` | `X` |
/// | `24`, `Y`, `chrY` | `Y` |
/// | `25`, `XY`, `PAR1`, `PAR2` | `XY`: where X and Y are alike, with positions of X |
/// | `26`, `M`, `MT`, `chrM`, `NC_012920.1` | `MT` |
/// | `0`, `.`, nothing | no chromosome: the place is not known |
///
/// All others keep their name, without `chr`. Accessions are those of man and mouse.
///
/// Source: PLINK 1.9, https://www.cog-genomics.org/plink/1.9/input#allow_extra_chr
public struct Chromosome: Hashable, Sendable {
  /// `1`, `X`, `MT` …
  public let name: String

  /// The chromosome that a text names; nil where it says that none is known.
  public init?(_ text: String) {
    guard let name = Self.name(text) else { return nil }
    self.name = name
  }

  /// The chromosome whose positions this one's are: X for the part that X and Y share.
  public var counting: Chromosome { name == "XY" ? Chromosome(named: "X") : self }

  /// Whether the name is one of the table's own rather than kept as written.
  public var isStandard: Bool {
    Self.words.values.contains(name) || Int(name).map { 1...22 ~= $0 } ?? false
  }

  private init(named name: String) { self.name = name }

  private static let unknown: Set = ["", "0", ".", "na", "nan", "un", "unknown"]

  private static let words: [String: String] = [
    "x": "X", "23": "X", "y": "Y", "24": "Y", "xy": "XY", "25": "XY", "par": "XY", "par1": "XY",
    "par2": "XY", "x_par": "XY", "m": "MT", "mt": "MT", "26": "MT", "mito": "MT",
  ]

  private static func name(_ text: String) -> String? {
    let lowered = text.lowercased()
    var start = 0
    for prefix in ["chromosome", "chr"] where lowered.hasPrefix(prefix) {
      start = prefix.count
      break
    }
    let isBare = start == lowered.count
    let bare = isBare ? lowered : String(lowered.dropFirst(start))
    if unknown.contains(bare) { return nil }
    if let word = words[bare] { return word }
    if bare.utf8.count <= 3, let number = Int(bare), number >= 0 {
      return number == 0 ? nil : words["\(number)"] ?? "\(number)"
    }
    return accession(bare) ?? (isBare ? text : String(text.dropFirst(start)))
  }

  /// RefSeq's and GenBank's numbers of the chromosomes of man (and RefSeq's of mouse).
  private static func accession(_ text: String) -> String? {
    let stem = text.prefix { $0 != "." }
    guard stem.count > 4, let number = Int(stem.dropFirst(stem.hasPrefix("nc_") ? 3 : 2)) else {
      return nil
    }
    if stem.hasPrefix("cm"), 663...686 ~= number { return numbered(number - 662, x: 23) }
    guard stem.hasPrefix("nc_"), stem.count == 9 else { return nil }
    switch number {
    case 1...24: return numbered(number, x: 23)
    case 67...87: return numbered(number - 66, x: 20)
    case 12_920, 1_807, 5_089: return "MT"
    default: return nil
    }
  }

  private static func numbered(_ number: Int, x: Int) -> String {
    number < x ? "\(number)" : number == x ? "X" : "Y"
  }
}

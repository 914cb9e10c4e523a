/// Genotypes of donors outside of memory, for models that read them piece by piece: the same on every rank.
///
/// Variants are cut into tiles; within a tile lies donor after donor, four variants a byte. So some donors'
/// genotypes at a run of variants take a reading a donor and tile.
public struct StoredGenotypes: Companion {
  /// Names of the donors.
  public let donors: [String]
  /// The variants, as in ``Genotypes``.
  public let variants: Table
  /// Where the genotypes are.
  public let store: any ByteStore
  private let tileWidth: Int

  /// What a writer keeps in memory.
  private static let tileSize = 8 << 20
  /// Donors whose codes are spread out together, so that writes stay near one another.
  private static let donorsTogether = 64

  /// Genotypes in a store that ``Writer`` fills with these variants of these donors.
  public init(donors: [String], variants: Table, in store: any ByteStore) {
    self.donors = donors
    self.variants = variants
    self.store = store
    tileWidth = Self.tileWidth(donorCount: donors.count)
  }

  /// Variants of a tile, a multiple of four.
  private static func tileWidth(donorCount: Int) -> Int {
    4 * min(1 << 14, max(1, tileSize / max(1, donorCount)))
  }

  /// Where they are.
  public var byteStore: (any ByteStore)? { store }
  /// How many donors.
  public var donorCount: Int { donors.count }
  /// How many variants.
  public var variantCount: Int { variants.count }

  /// Bytes that so many genotypes take.
  public static func byteCount(donors: Int, variants: Int) -> Int {
    let width = tileWidth(donorCount: donors)
    return (variants + width - 1) / width * (width / 4) * donors
  }

  /// Copies of the counted allele, 3 where missing: a run of variants × some donors.
  ///
  /// Local.
  public func codes(variants wanted: Range<Int>, donors: [Int]) -> [UInt8] {
    var codes = [UInt8](repeating: 3, count: wanted.count * donors.count)
    var first = wanted.lowerBound
    while first < wanted.upperBound {
      let tile = first / tileWidth
      let end = min(wanted.upperBound, (tile + 1) * tileWidth)
      read(first..<end, tile, donors, into: &codes, from: (first - wanted.lowerBound))
      first = end
    }
    return codes
  }

  /// Variants of one tile, from a row of the result on.
  private func read(
    _ variants: Range<Int>, _ tile: Int, _ donors: [Int], into codes: inout [UInt8], from row: Int
  ) {
    let bytesOfDonor = tileWidth / 4
    let (low, high) = (
      variants.lowerBound - tile * tileWidth, variants.upperBound - tile * tileWidth
    )
    let bytes = low / 4..<(high + 3) / 4
    for group in stride(from: 0, to: donors.count, by: Self.donorsTogether) {
      let own = group..<min(group + Self.donorsTogether, donors.count)
      var records: [UInt8] = []
      records.reserveCapacity(own.count * bytes.count)
      for place in own {
        let start = (tile * donorCount + donors[place]) * bytesOfDonor
        records += store.read(start + bytes.lowerBound..<start + bytes.upperBound)
      }
      for variant in low..<high {
        var target = (row + variant - low) * donors.count + own.lowerBound
        var byte = variant / 4 - bytes.lowerBound
        let shift = 2 * UInt8(variant % 4)
        for _ in own {
          codes[target] = records[byte] >> shift & 3
          target += 1
          byte += bytes.count
        }
      }
    }
  }

  /// Takes variants one after the other and fills a store with their tiles.
  public struct Writer {
    private let donorCount: Int
    private let tileWidth: Int
    private let store: any ByteStore
    private var tile: [UInt8] = []
    private var count = 0

    /// A writer.
    ///
    /// - Parameter store: empty, and for nothing else.
    public init(donorCount: Int, into store: any ByteStore) {
      self.donorCount = donorCount
      self.store = store
      tileWidth = StoredGenotypes.tileWidth(donorCount: donorCount)
    }

    /// Adds variants: codes, variants × donors.
    public mutating func append(_ codes: [UInt8]) {
      let bytesOfDonor = tileWidth / 4
      for start in stride(from: 0, to: codes.count, by: max(1, donorCount)) {
        if tile.isEmpty { tile = Array(repeating: 0, count: donorCount * bytesOfDonor) }
        let (byte, shift) = (count / 4, 2 * UInt8(count % 4))
        for donor in 0..<donorCount {
          tile[donor * bytesOfDonor + byte] |= codes[start + donor] << shift
        }
        count += 1
        if count == tileWidth { flush() }
      }
    }

    private mutating func flush() {
      _ = store.append(tile)
      tile = []
      count = 0
    }

    /// Writes what is left.
    public mutating func finish() {
      if count > 0 { flush() }
    }
  }
}

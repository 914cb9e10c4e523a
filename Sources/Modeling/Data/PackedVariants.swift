/// Genotypes outside of memory as they come from a file: one variant after the other, four donors a byte.
///
///     code 0, 1, 2: copies of the counted allele      3: missing
public struct PackedVariants: Sendable {
  /// Donors of the file.
  public let donorCount: Int
  /// Variants so far.
  public private(set) var variantCount = 0
  private let width: Int
  private let store: any ByteStore
  /// Where the blocks of whole variants begin that were handed to the store.
  private var start: Int?
  private var pending: [UInt8] = []

  /// Bytes that are written or read at once.
  private static let blockSize = 4 << 20

  /// No variants yet.
  ///
  /// - Parameter store: gets nothing else.
  public init(donorCount: Int, in store: any ByteStore) {
    self.donorCount = donorCount
    self.store = store
    width = (donorCount + 3) / 4
  }

  /// Adds a variant.
  ///
  /// - Precondition: a byte for each donor: 0, 1, 2 or `Genotypes.missing`.
  public mutating func append(_ dosages: [UInt8]) {
    precondition(dosages.count == donorCount, "\(dosages.count) genotypes of \(donorCount) donors")
    let first = pending.count
    pending.append(contentsOf: repeatElement(0, count: width))
    for donor in 0..<donorCount {
      pending[first + donor / 4] |= min(dosages[donor], 3) << (2 * UInt8(donor % 4))
    }
    variantCount += 1
    if pending.count >= Self.blockSize { flush() }
  }

  /// Hands over what is still in memory; to be called after the last variant.
  public mutating func flush() {
    let place = store.append(pending)
    start = start ?? place
    pending.removeAll(keepingCapacity: true)
  }

  /// The codes of some variants that adjoin: variants × donors.
  public func codes(variants: Range<Int>, donors: [Int]) -> [UInt8] {
    let bytes = store.read(
      (start ?? 0) + variants.lowerBound * width..<(start ?? 0) + variants.upperBound * width)
    var codes: [UInt8] = []
    codes.reserveCapacity(variants.count * donors.count)
    for variant in 0..<variants.count {
      for donor in donors {
        codes.append(bytes[variant * width + donor / 4] >> (2 * UInt8(donor % 4)) & 3)
      }
    }
    return codes
  }

  /// Runs of variants that go through memory at once.
  public static func blocks(donors: Int, variants: Int) -> [Range<Int>] {
    let each = max(1, blockSize / max(1, donors))
    return stride(from: 0, to: variants, by: each).map { $0..<min($0 + each, variants) }
  }

  /// What every variant's genotypes come to in some donors.
  public func variantCounts(donors: [Int]) -> [VariantCounts] {
    Self.blocks(donors: donorCount, variants: variantCount).flatMap { block in
      let codes = codes(variants: block, donors: donors)
      return (0..<block.count).map { variant in
        var (observed, copies) = (0, 0)
        for code in codes[variant * donors.count..<(variant + 1) * donors.count] where code < 3 {
          observed += 1
          copies += Int(code)
        }
        return VariantCounts(observed: observed, copies: copies)
      }
    }
  }
}

/// What a matrix holds, in one number that any change of a value changes and no order of reading does:
///
///     Σ over the entries of h(row, column, value)  mod 2⁴⁶
///
/// with the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) as h. 46 bits, so that 2¹⁷ ranks can add theirs.
public struct ContentSum: Sendable, Equatable {
  private var sum: UInt64 = 0
  private static let mask: UInt64 = (1 << 46) - 1

  /// The sum of nothing.
  public init() {}

  /// What the values of all ranks sum to.
  public init(sumOfRanks sum: Int64) { self.sum = UInt64(bitPattern: sum) & Self.mask }

  /// The sum as a number that ranks can add.
  public var value: Int64 { Int64(sum & Self.mask) }

  /// Adds the counts of a row.
  mutating func add(
    row: Int, columns: UnsafeBufferPointer<Int32>, counts: UnsafeBufferPointer<UInt32>
  ) {
    let key = Self.mixed(UInt64(truncatingIfNeeded: row) &+ 0x9E37_79B9_7F4A_7C15)
    for position in columns.indices {
      let column = UInt64(UInt32(bitPattern: columns[position]))
      sum &+= Self.mixed(key ^ (column << 32 | UInt64(counts[position])))
    }
  }

  /// Adds the values of a row, zeros included.
  public mutating func add(row: Int, values: some Sequence<Double>) {
    var key = Self.mixed(UInt64(truncatingIfNeeded: row) &+ 0x9E37_79B9_7F4A_7C15)
    for value in values {
      key &+= 0x9E37_79B9_7F4A_7C15
      sum &+= Self.mixed(key ^ Self.mixed(value.bitPattern))
    }
  }

  /// Adds what was seen elsewhere.
  public mutating func add(_ other: ContentSum) { sum &+= other.sum }

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    var word = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

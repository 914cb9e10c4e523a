/// Numbers that could not be summed: the first block that has any, and how many.
///
/// Everyone learns of it in the same message that carries the sums, whoever had the numbers. A model lets it
/// through before anything has moved, so that what it leaves behind is its last good state; a fit ends with that.
public struct SumFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// Why a number could not be summed.
  public enum Kind: Sendable, Equatable {
    /// NaN or infinity.
    case notFinite
    /// Finite, but beyond the block's range.
    case outOfRange
  }

  /// What the numbers are: the name of their `SumBlock`, such as `gradient of the output layer`.
  public let block: String
  /// NaN or infinity wins over range.
  public let kind: Kind
  /// How many numbers of that block and kind, over everyone.
  public let count: Int

  /// So many numbers of a block that could not be summed; one, for an objective computed from sums that were good.
  public init(block: String, kind: Kind = .notFinite, count: Int = 1) {
    self.block = block
    self.kind = kind
    self.count = count
  }

  /// One line: `gradient of the output layer: 3 numbers are not finite`.
  public var description: String {
    let what = kind == .notFinite ? "not finite" : "too large to be summed"
    return "\(block): \(count) number\(count == 1 ? " is" : "s are") \(what)"
  }
}

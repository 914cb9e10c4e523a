/// A named run of numbers that are summed over all lanes together, and how they are held.
///
/// A number x is held as integers, so that adding is associative and the order of lanes, threads and ranks
/// cannot change a bit:
///
///     wide:    x ≈ high · 2^e + low · 2^(e−50)      |x| < 2^(e+50), resolution 2^(e−50)
///     scaled:  x ≈ limb · 2^−s                      the scale s is the writer's (per gene in the kernels)
///
/// | Symbol | Meaning | In code |
/// |---|---|---|
/// | e | exponent of the unit of the high limb | `unitExponent` |
/// | s | power of two that the writer multiplied by | outside: the writer's |
public struct SumBlock: Sendable, Equatable {
  /// How the numbers of a block are held.
  public enum Precision: Sendable, Equatable {
    /// Two 64-bit limbs a number: for sums in double precision.
    case wide(unitExponent: Int)
    /// One 64-bit limb a number, in units that the writer chose: for kernels in single precision.
    case scaled
  }

  /// What the numbers are: it stands in error messages.
  public let name: String
  /// How many numbers.
  public let count: Int
  /// How they are held.
  public let precision: Precision

  /// A block of sums in double precision: range 2^(e+50), resolution 2^(e−50), with e = −10 unless told:
  /// 10¹² and 10⁻¹⁸.
  public static func wide(_ name: String, count: Int, unitExponent: Int = -10) -> SumBlock {
    SumBlock(name: name, count: count, precision: .wide(unitExponent: unitExponent))
  }

  /// A block of raw 64-bit limbs whose scale the writer keeps.
  public static func scaled(_ name: String, count: Int) -> SumBlock {
    SumBlock(name: name, count: count, precision: .scaled)
  }

  /// The 64-bit integers that the block takes in the message.
  var limbCount: Int {
    switch precision {
    case .wide: 2 * count
    case .scaled: count
    }
  }
}

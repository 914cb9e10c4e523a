/// The counter-based generator Philox 4×32 with ten rounds.
///
/// A bijection of 128-bit counters, chosen by a 64-bit key. It has no state: the same key and counter
/// give the same four words in any order, on any rank and on any thread.
///
///     (c₀, c₁, c₂, c₃) ← (hi(M₁c₂) ⊕ c₁ ⊕ k₀, lo(M₁c₂), hi(M₀c₀) ⊕ c₃ ⊕ k₁, lo(M₀c₀)),  (k₀, k₁) += (W₀, W₁)
///
/// Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as
/// 1, 2, 3, SC 2011, doi:10.1145/2063384.2063405, section 3.3.
public enum Philox {
  /// The four words that belong to `counter` under `key`.
  ///
  /// - Complexity: twenty 32 × 32-bit products.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let product0 = UInt64(c0) &* 0xD251_1F53
      let product1 = UInt64(c2) &* 0xCD9E_8D57
      let high0 = UInt32(truncatingIfNeeded: product0 >> 32)
      let high1 = UInt32(truncatingIfNeeded: product1 >> 32)
      (c0, c1, c2, c3) = (
        high1 ^ c1 ^ k0, UInt32(truncatingIfNeeded: product1),
        high0 ^ c3 ^ k1, UInt32(truncatingIfNeeded: product0)
      )
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }
}

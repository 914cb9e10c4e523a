internal import CTileInstructions
import TileKernels

/// The instructions of AVX512_BF16.
enum HardwareBFloat16: BFloat16Instructions {
  @inline(__always)
  static func dot(_ sum: Floats, _ a: FloatBits, _ b: FloatBits) -> Floats {
    distfit_dot(sum, a, b)
  }
  @inline(__always)
  static func pack(high: Floats, low: Floats) -> FloatBits { distfit_pack(high, low) }
  @inline(__always)
  static func narrow(_ x: Floats) -> SIMD8<Int32> { distfit_narrow(x) }
  @inline(__always)
  static func nearest(_ x: Floats) -> FloatBits { distfit_nearest(x) }
}

/// Processors with AVX512_BF16, which multiply two pairs of bfloat16 in the time of one pair of floats.
package typealias BFloat16Kernels = CompiledBFloat16

/// What the kernels are made of.
typealias CompiledBFloat16Instructions = HardwareBFloat16

/// As users know it.
let bfloat16InstructionSet = "AVX-512 BF16"

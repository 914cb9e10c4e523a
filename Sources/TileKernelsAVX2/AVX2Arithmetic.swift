internal import CTileInstructions
import TileKernels

/// Processors of x86-64-v3: AVX2 with fused multiply-add.
package typealias AVX2Arithmetic = CompiledArithmetic

/// As users know it.
let instructionSet = "AVX2"

/// Whether there are thirty-two registers.
let isWide = false

/// One instruction each, but for doubles.
enum CompiledInstructions: VectorInstructions {
  @inline(__always)
  static func nearest(_ x: HalfFloats) -> SIMD8<Int32> { distfit_nearest_of_eight(x) }
  @inline(__always)
  static func doubles(_ integers: SIMD8<Int64>) -> SIMD8<Double> { doublesByHalves(integers) }
  @inline(__always)
  static func squareRoot(_ x: HalfFloats) -> HalfFloats { distfit_root_of_eight(x) }
}

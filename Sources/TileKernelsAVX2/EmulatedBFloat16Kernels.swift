import TileKernels

/// The products in bfloat16 on processors without instructions for them: the same bits, more slowly than in single
/// precision.
package typealias EmulatedBFloat16Kernels = CompiledBFloat16

/// What the kernels are made of.
typealias CompiledBFloat16Instructions = EmulatedBFloat16

/// As users know it.
let bfloat16InstructionSet = "emulated BF16"

import TileKernels

/// Any processor: for tests, and where nothing faster can run. Slow: each fused product is a library call.
package typealias PortableArithmetic = CompiledArithmetic

/// None beyond Swift's own.
typealias CompiledInstructions = PortableInstructions

/// As users know it.
let instructionSet = "portable"

/// Whether there are thirty-two registers.
let isWide = false

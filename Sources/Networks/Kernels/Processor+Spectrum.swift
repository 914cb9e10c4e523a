package import TileKernels
import TileKernelsAVX2
import TileKernelsAVX512

extension Processor {
  /// The fastest kernels of sums over pairs of eigenvalues that this processor can run.
  package var spectrumKernels: any SpectrumArithmetic {
    guard Self.avx2.isSubset(of: features) else { return PortableArithmetic() }
    return Self.avx512.isSubset(of: features) ? AVX512Arithmetic() : AVX2Arithmetic()
  }

  /// Those of the processor this runs on, found once.
  package static let spectrumKernelsHere = Processor().spectrumKernels
}

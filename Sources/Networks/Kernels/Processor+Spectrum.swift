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

  /// The fastest kernels of eigenproblems that this processor can run, found once.
  package static let secularKernelsHere: any SecularArithmetic = {
    let processor = Processor()
    guard avx2.isSubset(of: processor.features) else { return PortableArithmetic() }
    return avx512.isSubset(of: processor.features) ? AVX512Arithmetic() : AVX2Arithmetic()
  }()
}

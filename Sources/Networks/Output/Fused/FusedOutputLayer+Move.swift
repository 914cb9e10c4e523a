public import LinearAlgebra
import TileKernels

extension FusedOutputLayer {
  /// Sets the gradient of some weights to zero.
  public func clearGradient(
    ofWeights positions: [Int], in limbs: UnsafeMutableBufferPointer<Int64>
  ) {
    let (H, S) = (specification.inputCount, stride)
    for position in positions { limbs[position / H * S + position % H] = 0 }
  }

  /// One step of Adam along the gradient that limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    precondition(limbs.count == limbCount)
    let (G, S) = (specification.outputCount, stride)
    let numbers = AdamNumbers(step)
    let kernels = kernels
    guard let sums = limbs.baseAddress else { return }
    parameters.withUnsafeMutableBufferPointer { theta in
      firstMoments.withUnsafeMutableBufferPointer { m in
        secondMoments.withUnsafeMutableBufferPointer { v in
          largestGradients.withUnsafeMutableBufferPointer { largest in
            unitExponents.withUnsafeMutableBufferPointer { exponents in
              guard let theta = theta.baseAddress, let m = m.baseAddress, let v = v.baseAddress
              else { return }
              let (largest, exponents) = (largest, exponents)
              let chunk = FusedPass.chunkGenes
              let count = (G + chunk - 1) / chunk
              // Backwards: the last genes' numbers are still in the cache from the products, and the first
              // ones' will be for the next.
              workers.perform(count) { place in
                let piece = count - 1 - place
                for g in piece * chunk..<min((piece + 1) * chunk, G) {
                  let now = kernels.move(
                    numbers, theta + g * S, m + g * S, v + g * S, along: sums + g * S,
                    unit: UnitExponent.unit(exponents[g]), count: S)
                  UnitExponent.follow(now, &largest[g], &exponents[g])
                }
              }
            }
          }
        }
      }
    }
  }
}

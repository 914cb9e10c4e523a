public import LinearAlgebra
import RealModule
import TileKernels

extension FusedOutputLayer {
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    precondition(limbs.count == limbCount)
    let (G, S) = (specification.outputCount, stride)
    let numbers = AdamNumbers(
      size: Float(step.stepSize), factor: Float(step.secondMomentFactor),
      beta1: Float(step.beta1), beta2: Float(step.beta2), epsilon: Float(step.epsilon),
      decay: Float(step.weightDecay))
    let kernels = kernels
    let exponents = unitExponents
    guard let sums = limbs.baseAddress else { return }
    parameters.withUnsafeMutableBufferPointer { theta in
      firstMoments.withUnsafeMutableBufferPointer { m in
        secondMoments.withUnsafeMutableBufferPointer { v in
          largestGradients.withUnsafeMutableBufferPointer { largest in
            guard let theta = theta.baseAddress, let m = m.baseAddress, let v = v.baseAddress
            else { return }
            let chunk = 256
            workers.perform((G + chunk - 1) / chunk) { piece in
              for g in piece * chunk..<min((piece + 1) * chunk, G) {
                let now = kernels.move(
                  numbers, theta + g * S, m + g * S, v + g * S, along: sums + g * S,
                  unit: Double(sign: .plus, exponent: -Int(exponents[g]), significand: 1),
                  count: S)
                largest[g] = max(now, largest[g] * 0.875)
              }
            }
          }
        }
      }
    }
    for g in 0..<G {
      // 2^50 units: 2^16 times the largest gradient, and from 2^24 to 2^80.
      let largest = largestGradients[g]
      let size = largest > 0x1p-60 && largest.isFinite ? Int(largest.exponent) + 1 : -60
      unitExponents[g] = Int32(50 - min(max(size + 16, 24), 80))
    }
  }
}

public import Concurrency
import Kernels
public import Optimization

/// The arithmetic of layers in single precision, by the kernels of the output layer.
///
/// A lane's gradient is one integer a number, in units that follow the gradients of each output: see `RoundingUnits`.
public enum KernelArithmetic: NetworkArithmetic {
  /// One integer holds a number in single precision.
  public static var limbsPerNumber: Int { 1 }

  /// The gradient that summed limbs hold.
  public static func gradient(
    of limbs: UnsafeBufferPointer<Int64>, in parameters: Parameters<Float>
  ) -> [Float] {
    parameters.units.gradient(of: limbs, stride: parameters.stride)
  }

  /// Adds a lane's part of the gradient to limbs.
  public static func add(
    _ part: [Float], of parameters: Parameters<Float>, to limbs: UnsafeMutableBufferPointer<Int64>
  ) -> Int {
    parameters.units.add(part, stride: parameters.stride, to: limbs)
  }

  private static let kernels = Kernels.current.networks

  /// One step of Adam along the gradient that summed limbs hold.
  public static func move(
    _ parameters: inout Parameters<Float>, _ step: AdamStep,
    along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    parameters.moveByKernels(step, along: limbs, kernels, on: workers)
  }
}

extension AdamNumbers {
  /// A step in single precision.
  init(_ step: AdamStep) {
    precondition(step.denominator == .multiplied, "kernels multiply the root of second moments")
    self.init(
      size: Float(step.stepSize), factor: Float(step.secondMomentFactor),
      beta1: Float(step.beta1), beta2: Float(step.beta2), epsilon: Float(step.epsilon),
      decay: Float(step.weightDecay))
  }
}

extension Parameters<Float> {
  /// One step of Adam, some outputs a piece.
  fileprivate mutating func moveByKernels(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, _ kernels: any NetworkKernels,
    on workers: Workers
  ) {
    let (count, stride) = (outputCount, stride)
    let numbers = AdamNumbers(step)
    guard let sums = limbs.baseAddress else { return }
    values.withUnsafeMutableBufferPointer { theta in
      firstMoments.withUnsafeMutableBufferPointer { m in
        secondMoments.withUnsafeMutableBufferPointer { v in
          units.largest.withUnsafeMutableBufferPointer { largest in
            units.exponents.withUnsafeMutableBufferPointer { exponents in
              guard let theta = theta.baseAddress, let m = m.baseAddress, let v = v.baseAddress
              else { return }
              let (largest, exponents) = (largest, exponents)
              let size = FusedPass.chunkGenes
              let pieces = (count + size - 1) / size
              // Backwards: the last outputs' numbers are still in the cache from the products, and the first ones'
              // will be for the next.
              workers.perform(pieces) { place in
                let piece = pieces - 1 - place
                for o in piece * size..<min((piece + 1) * size, count) {
                  let now = kernels.move(
                    numbers, theta + o * stride, m + o * stride, v + o * stride,
                    along: sums + o * stride, unit: UnitExponent.unit(exponents[o]), count: stride)
                  UnitExponent.follow(now, &largest[o], &exponents[o])
                }
              }
            }
          }
        }
      }
    }
  }
}

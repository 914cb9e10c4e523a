/// The units 2^−s in which the gradients of each output's parameters are counted when they are summed as integers,
/// and the largest gradients that the units follow.
///
/// They belong to what is summed, not to what is optimised: a pass at effective parameters has units of its own.
/// The same on every rank, because they follow sums over everyone.
public struct RoundingUnits: Codable, Sendable, Equatable {
  /// s of each output.
  var exponents: [Int32]
  /// The largest |gradient| of each output, fading by an eighth a step.
  var largest: [Float]

  /// Units for so many outputs before any gradient is known.
  public init(outputCount: Int) {
    exponents = Array(repeating: UnitExponent.initial, count: outputCount)
    largest = Array(repeating: 0, count: outputCount)
  }

  /// The gradient that summed limbs hold, `stride` numbers an output.
  ///
  /// - Precondition: as many limbs as outputs × stride.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>, stride: Int) -> [Float] {
    precondition(
      limbs.count == exponents.count * stride,
      "\(limbs.count) limbs for \(exponents.count) outputs of \(stride) numbers")
    return [Float](unsafeUninitializedCapacity: limbs.count) { numbers, count in
      for output in exponents.indices {
        let unit = UnitExponent.unit(exponents[output])
        for place in output * stride..<(output + 1) * stride {
          numbers.initializeElement(at: place, to: Float(Double(limbs[place]) * unit))
        }
      }
      count = limbs.count
    }
  }

  /// Takes notice of a step's gradient, `stride` numbers an output, so that the next is counted in fitting units.
  public mutating func follow(_ gradient: [Float], stride: Int) {
    for output in exponents.indices {
      let now = gradient[output * stride..<(output + 1) * stride].reduce(0) { max($0, abs($1)) }
      UnitExponent.follow(now, &largest[output], &exponents[output])
    }
  }

  /// Adds a lane's part of the gradient, `stride` numbers an output, to limbs.
  ///
  /// - Returns: how many numbers were NaN; they are left out.
  func add(_ part: [Float], stride: Int, to limbs: UnsafeMutableBufferPointer<Int64>) -> Int {
    exponents.indices.reduce(0) { faultCount, output in
      let range = output * stride..<(output + 1) * stride
      return faultCount
        + Self.add(
          part[range], exponent: exponents[output], to: .init(rebasing: limbs[range]))
    }
  }

  /// Adds a lane's part of one output's gradient to limbs, each number rounded to the unit and cut off at ±2^50 units.
  ///
  /// - Returns: how many numbers were NaN; they are left out.
  static func add(
    _ part: ArraySlice<Float>, exponent: Int32, to limbs: UnsafeMutableBufferPointer<Int64>
  ) -> Int {
    let scale = UnitExponent.scale(exponent)
    var faultCount = 0
    for (place, number) in part.enumerated() {
      guard !number.isNaN else {
        faultCount += 1
        continue
      }
      let scaled = min(max(Double(number) * scale, -0x1p50), 0x1p50)
      limbs[place] &+= Int64(scaled.rounded(.toNearestOrEven))
    }
    return faultCount
  }

  /// Lends the exponents and the largest gradients to a kernel.
  func withUnsafeBufferPointers(
    _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Float>) -> Void
  ) {
    exponents.withUnsafeBufferPointer { exponents in
      largest.withUnsafeBufferPointer { body(exponents, $0) }
    }
  }
}

public import Concurrency
public import Optimization

/// The parameters of a layer, one output after the other, with Adam's moments and the units that their gradients
/// are counted in; what they are used for is the layer's business.
///
///     values[o · stride + k],   k < width;   stride = width rounded up to a multiple of eight, zeros between
///
/// | Layer | An output is | Its numbers |
/// |---|---|---|
/// | `Dense` | a unit | weights of the inputs, bias |
/// | `OutputHead` | a gene | weights of the inputs, bias, ρ of each dispersion |
/// | `BatchNormalization` | a unit | γ, β |
/// | `SparseDense` | an input (a gene), and the bias | weights of the units |
///
/// Gradients travel as integers, so that sums over lanes do not depend on their order: `limbCount` of them hold the
/// gradient of all parameters.
public struct Parameters<Scalar: NetworkScalar>: Codable, Sendable {
  /// How many outputs have parameters.
  public let outputCount: Int
  /// Numbers of an output.
  public let width: Int
  /// The numbers, in the layout above.
  public internal(set) var values: [Scalar]
  var firstMoments: [Scalar]
  var secondMoments: [Scalar]
  var units: RoundingUnits

  /// Parameters with zero moments.
  ///
  /// - Parameter value: the number of an output at a place below `width`.
  public init(outputCount: Int, width: Int, _ value: (_ output: Int, _ place: Int) -> Scalar) {
    self.outputCount = outputCount
    self.width = width
    let stride = Self.stride(width)
    var values = [Scalar](repeating: 0, count: outputCount * stride)
    for output in 0..<outputCount {
      for place in 0..<width { values[output * stride + place] = value(output, place) }
    }
    self.values = values
    firstMoments = Array(repeating: 0, count: values.count)
    secondMoments = firstMoments
    units = RoundingUnits(outputCount: outputCount)
  }

  /// Parameters as they were saved.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    outputCount = try container.decode(Int.self, forKey: .outputCount)
    width = try container.decode(Int.self, forKey: .width)
    values = try container.decode([Scalar].self, forKey: .values)
    firstMoments = try container.decode([Scalar].self, forKey: .firstMoments)
    secondMoments = try container.decode([Scalar].self, forKey: .secondMoments)
    units = try container.decode(RoundingUnits.self, forKey: .units)
    let count = outputCount * Self.stride(width)
    guard values.count == count, firstMoments.count == count, secondMoments.count == count,
      units.exponents.count == outputCount, units.largest.count == outputCount
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .values, in: container,
        debugDescription: "\(values.count) parameters, expected \(count)")
    }
  }

  /// Numbers between the beginnings of two outputs.
  public var stride: Int { Self.stride(width) }

  static func stride(_ width: Int) -> Int { (width + 7) & ~7 }

  /// 64-bit integers that hold the gradient of all parameters.
  public var limbCount: Int { values.count * Scalar.Arithmetic.limbsPerNumber }

  /// The number of an output at a place.
  public subscript(output: Int, place: Int) -> Scalar {
    get { values[output * stride + place] }
    set { values[output * stride + place] = newValue }
  }

  /// The gradient that summed limbs hold, in the layout of `values`.
  public func gradient(of limbs: UnsafeBufferPointer<Int64>) -> [Scalar] {
    precondition(limbs.count == limbCount)
    return Scalar.Arithmetic.gradient(of: limbs, in: self)
  }

  /// The gradient of one place of every output that summed limbs hold; one limb a number.
  func gradient(at place: Int, of limbs: UnsafeBufferPointer<Int64>) -> [Double] {
    precondition(Scalar.Arithmetic.limbsPerNumber == 1 && limbs.count == limbCount)
    return (0..<outputCount).map {
      Double(limbs[$0 * stride + place]) * UnitExponent.unit(units.exponents[$0])
    }
  }

  /// Multiplies the first numbers of every output.
  mutating func scale(by factors: [Scalar]) {
    precondition(factors.count <= width)
    for output in 0..<outputCount {
      for (place, factor) in factors.enumerated() { values[output * stride + place] *= factor }
    }
  }

  /// One step of Adam along the gradient that summed limbs hold.
  ///
  /// Local; the same on every rank.
  public mutating func move(
    _ step: AdamStep, along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    precondition(limbs.count == limbCount)
    Scalar.Arithmetic.move(&self, step, along: limbs, on: workers)
  }

  /// One step of Adam along a gradient in the layout of `values`, such as a chain rule gives.
  ///
  /// Local; the same on every rank.
  public mutating func move(_ step: AdamStep, along gradient: [Scalar]) {
    step.move(&values, &firstMoments, &secondMoments, along: gradient)
  }

  /// Numbers in the layout of `values` as weights, the first `width − 1` of each output, and biases, the last.
  func unpacked(_ numbers: [Scalar]) -> DenseWeights<Scalar> {
    DenseWeights(
      weights: (0..<outputCount).flatMap { numbers[$0 * stride..<$0 * stride + width - 1] },
      biases: column(width - 1, of: numbers))
  }

  /// The number at one place of every output.
  func column(_ place: Int, of numbers: [Scalar]) -> [Scalar] {
    (0..<outputCount).map { numbers[$0 * stride + place] }
  }
}

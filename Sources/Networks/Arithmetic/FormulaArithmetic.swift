public import Concurrency
public import Optimization

/// The arithmetic of layers as their formulas are: the oracle of the kernels, and that of checks in double precision.
public enum FormulaArithmetic<Scalar: NetworkScalar>: NetworkArithmetic {
  /// Two integers hold a number in double precision, see `FixedPoint`.
  public static var limbsPerNumber: Int { FixedPoint.limbsPerValue }

  /// The gradient that summed limbs hold.
  public static func gradient(
    of limbs: UnsafeBufferPointer<Int64>, in parameters: Parameters<Scalar>
  ) -> [Scalar] {
    FixedPoint.values(of: limbs)
  }

  /// One step of Adam along the gradient that summed limbs hold.
  public static func move(
    _ parameters: inout Parameters<Scalar>, _ step: AdamStep,
    along limbs: UnsafeBufferPointer<Int64>, on workers: Workers
  ) {
    parameters.move(step, along: gradient(of: limbs, in: parameters))
  }

  /// Adds a lane's part of the gradient to limbs.
  public static func add(
    _ part: [Scalar], of parameters: Parameters<Scalar>,
    to limbs: UnsafeMutableBufferPointer<Int64>
  ) -> Int {
    part.withUnsafeBufferPointer { FixedPoint.add($0, to: limbs) }
  }

  /// y_o = b_o + Σ_i w_oi x_i, i in order.
  public static func forward(
    _ parameters: Parameters<Scalar>, _ inputs: [Scalar], rowCount: Int, _ tools: NetworkTools,
    on workers: Workers
  ) -> [Scalar] {
    let (I, O) = (parameters.width - 1, parameters.outputCount)
    return (0..<rowCount).flatMap { row in
      (0..<O).map { o in
        (0..<I).reduce(parameters[o, I]) { $0 + parameters[o, $1] * inputs[row * I + $1] }
      }
    }
  }

  /// ∂W = Σ δ xᵀ, ∂b = Σ δ, ∂x = Wᵀ δ.
  public static func backward(
    _ parameters: Parameters<Scalar>, _ outputGradient: [Scalar], inputs: [Scalar],
    groups: LaneGroups, into limbs: UnsafeMutableBufferPointer<Int64>?, _ tools: NetworkTools,
    on workers: Workers
  ) -> BackwardResult<Scalar> {
    let (I, O, S) = (parameters.width - 1, parameters.outputCount, parameters.stride)
    var result = BackwardResult(
      inputGradient: [Scalar](repeating: 0, count: inputs.count), faultCount: 0)
    for row in 0..<groups.rowCount {
      for o in 0..<O {
        let delta = outputGradient[row * O + o]
        for i in 0..<I { result.inputGradient[row * I + i] += delta * parameters[o, i] }
      }
    }
    guard let limbs else { return result }
    for group in 0..<groups.count {
      var part = [Scalar](repeating: 0, count: parameters.values.count)
      for row in groups[group] {
        for o in 0..<O {
          let delta = outputGradient[row * O + o]
          for i in 0..<I { part[o * S + i] += delta * inputs[row * I + i] }
          part[o * S + I] += delta
        }
      }
      result.faultCount += add(part, of: parameters, to: limbs)
    }
    return result
  }

  /// y_i = b + Σ t(x_ig) w_g.
  public static func forward(
    _ parameters: Parameters<Scalar>, _ inputs: SparseInputs<Scalar>, _ tools: NetworkTools,
    on workers: Workers
  ) -> [Scalar] {
    let G = parameters.outputCount - 1
    let (counts, transformed) = (inputs.counts, inputs.transformed)
    return (0..<counts.rowCount).flatMap { row in
      (0..<parameters.width).map { unit in
        counts.entries(ofRow: row).reduce(parameters[G, unit]) {
          $0 + transformed[$1] * parameters[Int(counts.columns[$1]), unit]
        }
      }
    }
  }

  /// ∂w_g = Σ t(x_ig) δ_i, ∂b = Σ δ_i.
  public static func backward(
    _ parameters: Parameters<Scalar>, _ inputs: SparseInputs<Scalar>, _ outputGradient: [Scalar],
    into limbs: UnsafeMutableBufferPointer<Int64>, _ tools: NetworkTools, on workers: Workers
  ) -> Int {
    let (counts, transformed, groups) = (inputs.counts, inputs.transformed, inputs.groups)
    let (G, U, S) = (parameters.outputCount - 1, parameters.width, parameters.stride)
    var faultCount = 0
    for group in 0..<groups.count {
      var part = [Scalar](repeating: 0, count: parameters.values.count)
      for row in groups[group] {
        for unit in 0..<U {
          let delta = outputGradient[row * U + unit]
          part[G * S + unit] += delta
          for entry in counts.entries(ofRow: row) {
            part[Int(counts.columns[entry]) * S + unit] += transformed[entry] * delta
          }
        }
      }
      faultCount += add(part, of: parameters, to: limbs)
    }
    return faultCount
  }
}

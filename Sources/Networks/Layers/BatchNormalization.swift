import Sums

/// Batch normalisation: every unit is centred and scaled over the whole minibatch of everyone, whatever the lanes and
/// ranks, then scaled and shifted by learned numbers.
///
///     m = Σ x/n      v = Σ x²/n − m²      x̂ = (x − m)/√(v + ε)      y = γ x̂ + β
///     ∂γ = Σ δ x̂      ∂β = Σ δ      ∂x = γ/√(v + ε) · (δ − Σ δ/n − x̂ Σ δ x̂/n),      δ = ∂ loss/∂ y
///
/// Evaluating, m and v are the running statistics: M ← (1 − μ) M + μ m and V ← (1 − μ) V + μ v n/(n − 1) after every
/// step (`follow`), and ∂x = γ/√(V + ε) δ.
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | γ, β | scale, shift of each unit, starting at 1 and 0 | units | `parameters[u, 0]`, `parameters[u, 1]` |
/// | M, V | running mean and variance, starting at 0 and 1 | units | `runningMeans`, `runningVariances` |
/// | μ, ε | weight of the newest statistics, stabiliser | | `momentum`, `epsilon` |
/// | n | rows of everyone | | `BatchStatistics.count` |
///
/// A minibatch of one row has v = 0, counted as it is in the running variance.
/// Source: Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1; unbiased running variance as in torch.nn.BatchNorm1d.
public struct BatchNormalization<Scalar: NetworkScalar>: Codable, Sendable {
  /// γ and β of each unit.
  public var parameters: Parameters<Scalar>
  /// M, the running means of the units.
  public private(set) var runningMeans: [Double]
  /// V, the running variances of the units.
  public private(set) var runningVariances: [Double]
  /// μ, how fast the running statistics follow.
  public let momentum: Double
  /// ε, which keeps the division finite.
  public let epsilon: Double

  /// A layer of so many units, with γ = 1 and β = 0.
  public init(unitCount: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) {
    parameters = Parameters(outputCount: unitCount, width: 2) { _, place in place == 0 ? 1 : 0 }
    runningMeans = Array(repeating: 0, count: unitCount)
    runningVariances = Array(repeating: 1, count: unitCount)
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// How many units the layer has.
  public var unitCount: Int { parameters.outputCount }

  /// The statistics of a minibatch over everyone.
  ///
  /// Collective.
  func statistics<Everyone: Team & ~Copyable>(
    of inputs: [Scalar], _ groups: LaneGroups, with everyone: borrowing Everyone
  ) throws(SumFault) -> BatchStatistics {
    let width = unitCount
    var partials = PartialSums([.wide("statistics of batch normalisation", count: 2 * width + 1)])
    for group in 0..<groups.count where !groups[group].isEmpty {
      partials.add(laneMoments(of: inputs, groups[group]), to: 0)
    }
    let sums = try everyone.sum(partials).values(of: 0)
    let count = sums[2 * width]
    let means = (0..<width).map { sums[$0] / max(count, 1) }
    let variances = (0..<width).map {
      max(sums[width + $0] / max(count, 1) - means[$0] * means[$0], 0)
    }
    return BatchStatistics(count: count, means: means, variances: variances)
  }

  /// Σ x, Σ x² of each unit over some rows, then their number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func laneMoments(of inputs: [Scalar], _ rows: Range<Int>) -> [Double] {
    let width = unitCount
    var sums = [Double](repeating: 0, count: 2 * width + 1)
    for row in rows {
      for unit in 0..<width {
        let x = Double(inputs[row * width + unit])
        sums[unit] += x
        sums[width + unit] += x * x
      }
    }
    sums[2 * width] = Double(rows.count)
    return sums
  }

  /// m and 1/√(v + ε) of each unit: of the minibatch, or the running ones.
  private func scaling(_ statistics: BatchStatistics?) -> (means: [Scalar], factors: [Scalar]) {
    let variances = statistics?.variances ?? runningVariances
    return (
      (statistics?.means ?? runningMeans).map { Scalar($0) },
      variances.map { Scalar(1 / ($0 + epsilon).squareRoot()) }
    )
  }

  /// y, by the statistics of the minibatch or, without, the running ones.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func forward(_ inputs: [Scalar], _ statistics: BatchStatistics?) -> [Scalar] {
    let width = unitCount
    let (means, factors) = scaling(statistics)
    var outputs = inputs
    for start in stride(from: 0, to: inputs.count, by: width) {
      for unit in 0..<width {
        outputs[start + unit] =
          (inputs[start + unit] - means[unit]) * factors[unit] * parameters[unit, 0]
          + parameters[unit, 1]
      }
    }
    return outputs
  }

  /// Replaces ∂ loss/∂ y by ∂ loss/∂ x, through the statistics of the minibatch if there are some, and adds the
  /// gradient of γ and β to limbs unless nil.
  ///
  /// Collective where the minibatch has statistics; local otherwise.
  /// - Returns: how many gradient entries are missing from the limbs.
  func backward<Everyone: Team & ~Copyable>(
    _ gradient: inout [Scalar], inputs: [Scalar], _ statistics: BatchStatistics?,
    _ groups: LaneGroups, into limbs: UnsafeMutableBufferPointer<Int64>?,
    with everyone: borrowing Everyone
  ) throws(SumFault) -> Int {
    let (means, factors) = scaling(statistics)
    var faultCount = 0
    var partials = PartialSums([
      .wide("gradient through batch normalisation", count: 2 * unitCount)
    ])
    for group in 0..<groups.count where !groups[group].isEmpty {
      // γ's part of each unit, then β's.
      let part = laneGradient(gradient, inputs, means, factors, groups[group])
      partials.add(part, to: 0)
      if let limbs {
        let width = unitCount
        let values = Parameters<Scalar>(outputCount: width, width: 2) { unit, place in
          Scalar(part[place * width + unit])
        }.values
        faultCount += Scalar.Arithmetic.add(values, of: parameters, to: limbs)
      }
    }
    guard let statistics else {
      propagate(&gradient, inputs, means, factors, Array(repeating: 0, count: 2 * unitCount))
      return faultCount
    }
    let sums = try everyone.sum(partials).values(of: 0)
    propagate(&gradient, inputs, means, factors, sums.map { Scalar($0 / statistics.count) })
    return faultCount
  }

  /// Σ δ x̂ of each unit over some rows, then Σ δ.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func laneGradient(
    _ gradient: [Scalar], _ inputs: [Scalar], _ means: [Scalar], _ factors: [Scalar],
    _ rows: Range<Int>
  ) -> [Double] {
    let width = unitCount
    var sums = [Double](repeating: 0, count: 2 * width)
    for row in rows {
      for unit in 0..<width {
        let place = row * width + unit
        let normalised = (inputs[place] - means[unit]) * factors[unit]
        sums[unit] += Double(gradient[place] * normalised)
        sums[width + unit] += Double(gradient[place])
      }
    }
    return sums
  }

  /// δ ← γ/√(v + ε) · (δ − D − x̂ N), with the means over everyone N = Σ δ x̂/n, then D = Σ δ/n.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func propagate(
    _ gradient: inout [Scalar], _ inputs: [Scalar], _ means: [Scalar], _ factors: [Scalar],
    _ averages: [Scalar]
  ) {
    let width = unitCount
    for start in stride(from: 0, to: gradient.count, by: width) {
      for unit in 0..<width {
        let normalised = (inputs[start + unit] - means[unit]) * factors[unit]
        gradient[start + unit] =
          (gradient[start + unit] - averages[width + unit] - normalised * averages[unit])
          * parameters[unit, 0] * factors[unit]
      }
    }
  }

  /// Moves the running statistics towards those of a minibatch.
  ///
  /// Local; the same on every rank.
  mutating func follow(_ statistics: BatchStatistics) {
    statistics.follow(&runningMeans, &runningVariances, momentum: momentum)
  }
}

/// Mean and variance of every unit over the minibatch of everyone.
public struct BatchStatistics: Sendable, Equatable {
  /// n, rows of everyone.
  public let count: Double
  /// m of each unit.
  public let means: [Double]
  /// v of each unit, Σ (x − m)²/n.
  public let variances: [Double]

  /// Moves running statistics towards these, the variance unbiased.
  func follow(_ runningMeans: inout [Double], _ runningVariances: inout [Double], momentum: Double)
  {
    guard count > 0 else { return }
    let unbiased = count / max(count - 1, 1)
    for unit in means.indices {
      runningMeans[unit] += momentum * (means[unit] - runningMeans[unit])
      runningVariances[unit] += momentum * (variances[unit] * unbiased - runningVariances[unit])
    }
  }
}

import Modeling
import Sums

/// Losses of held-out rows beside those of a model without latents: the mean difference with its standard error.
///
///     d_i = ℓ_i − ℓ⁰_i      d̄ = Σ d_i / n      se = √(Σ (d_i − d̄)² / (n (n − 1)))
package struct NullComparison: Sendable {
  /// One row's losses, and how many values they are of.
  struct Pair: Sendable {
    var loss: Double
    var null: Double
    var values: Double
  }

  /// n, the number of rows.
  var count: Double
  /// Mean loss a row.
  package var loss: Double
  /// Mean loss a row of the model without latents, NaN without one.
  package var null: Double
  /// Standard error of the mean difference.
  package var standardError: Double
  /// Values of a row, on average.
  var values: Double

  /// Of rows that are all here.
  package init?(losses: [Double], null: [Double], values: Double) {
    var sums = Parts()
    sums.add(
      zip(losses, null).map { Pair(loss: $0, null: $1, values: values) }
        .filter { DGDEmbedding.isSummable($0.loss) })
    self.init(sums.totals)
  }

  /// From Σ 1, Σ ℓ, Σ ℓ⁰, Σ d², Σ values, and rows without ℓ⁰.
  private init?(_ totals: [Double]) {
    count = totals[0]
    guard count > 0 else { return nil }
    loss = totals[1] / count
    values = totals[4] / count
    null = totals[5] > 0 ? .nan : totals[2] / count
    let spread = totals[3] / count - (loss - null) * (loss - null)
    standardError = count > 1 ? (max(spread, 0) / (count - 1)).squareRoot() : .nan
  }

  /// Whether the fit is better than the model without latents by more than its error; nil without one.
  package var isBetter: Bool? { null.isNaN ? nil : loss < null - standardError }

  /// The loss as a part of that of the model without latents; nil without one.
  var ratio: Double? { null.isFinite && null > 0 ? loss / null : nil }

  /// One line, a value.
  var description: String {
    let own = "loss \(loss / values) a value"
    guard let isBetter else { return own }
    let difference = Self.rounded((loss - null) / values)
    let error = Self.rounded(standardError / values)
    return own
      + ", without latents \(Self.rounded(null / values)) (difference \(difference) ± \(error))"
      + (isBetter ? "" : ": the fit is NOT better than the mean profile")
  }

  private static func rounded(_ x: Double) -> Double {
    x.isFinite ? (x * 1e5).rounded() / 1e5 : x
  }

  /// The figures of some rows, by their name.
  func figures(_ name: String) -> [Figure] {
    var figures = [
      Figure("\(name) NLL per cell", loss), Figure("\(name) NLL per count", loss / values),
    ]
    guard let isBetter else { return figures }
    figures += [
      Figure("\(name) null NLL per count", null / values),
      Figure(
        "\(name) NLL minus null per count", (loss - null) / values,
        remark: isBetter ? nil : "NOT better than the mean profile without latents"),
      Figure("\(name) standard error of that", standardError / values),
    ]
    return figures
  }

  /// What the figures are made of, summed over lanes.
  struct Parts: Sendable {
    /// Σ 1, Σ ℓ, Σ ℓ⁰, Σ d², Σ values, and rows without ℓ⁰, of each lane.
    private var lanes: [[Double]] = []

    init() {}

    /// Adds a lane's rows.
    mutating func add(_ pairs: [Pair]) {
      var sums = [Double](repeating: 0, count: 6)
      for pair in pairs {
        let isKnown = pair.null.isFinite
        let difference = isKnown ? pair.loss - pair.null : 0
        sums[0] += 1
        sums[1] += pair.loss
        sums[2] += isKnown ? pair.null : 0
        sums[3] += difference * difference
        sums[4] += pair.values
        sums[5] += isKnown ? 0 : 1
      }
      lanes.append(sums)
    }

    /// Of the lanes that are here.
    fileprivate var totals: [Double] {
      lanes.reduce([Double](repeating: 0, count: 6)) { zip($0, $1).map { $0 + $1 } }
    }

    /// Over everyone; nil without rows.
    ///
    /// Collective.
    func summed<Everyone: Team & ~Copyable>(
      with everyone: borrowing Everyone
    ) throws(SumFault) -> NullComparison? {
      var partials = PartialSums([
        .wide("losses of the held-out rows", count: 6, unitExponent: 10)
      ])
      for lane in lanes { partials.add(lane, to: 0) }
      return NullComparison(try everyone.sum(consume partials).values(of: 0))
    }
  }
}

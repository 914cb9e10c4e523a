/// The squared error (μ − x)², μ = s y(a), with a link of one gene.
public enum SquaredErrorTerms<Link: SeparateLink>: OutputTerms {
  /// Derivatives and losses of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    for g in 0..<tile.geneCount {
      let y = Link.activation(tile.logits[g])
      let mean = s * y.value
      tile.derivatives[g] = 2 * mean * s * y.slope
      loss = loss.addingProduct(mean, mean)
    }
    return loss
  }

  /// Values: ∂ loss/∂ a = 2 (μ − x) s y′.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiate(_ entries: EntryArrays, _ j: Int) {
    let x = entries.values[j]
    let s = entries.scales[j]
    let y = Link.activation(entries.logits[j])
    let mean = s * y.value
    entries.logits[j] = 2 * (mean - x) * s * y.slope
    entries.scales[j] = x * (x - 2 * mean)
  }
}

/// The cross entropy log(1 + eᵃ) − x a on logits, for values in 0…1.
public enum CrossEntropyTerms: OutputTerms {
  /// Means are probabilities.
  public typealias Link = SigmoidLink

  /// Derivatives and losses of zeros.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiateZeros<D: TileDispersions>(
    _ tile: OutputTile, _ dispersions: D, scale s: Floats, logSum: Floats
  ) -> Floats {
    var loss = Floats(repeating: 0)
    for g in 0..<tile.geneCount {
      let y = SoftplusLink.activation(tile.logits[g])
      tile.derivatives[g] = y.slope
      loss = loss + y.value
    }
    return loss
  }

  /// Values: ∂ loss/∂ a = σ(a) − x.
  @_alwaysEmitIntoClient @inline(__always)
  public static func differentiate(_ entries: EntryArrays, _ j: Int) {
    let (a, x) = (entries.logits[j], entries.values[j])
    entries.logits[j] = SigmoidLink.activation(a).value - x
    entries.scales[j] = -(x * a)
  }
}

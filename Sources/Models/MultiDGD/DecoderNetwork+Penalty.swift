import Networks
import Sums

extension DecoderNetwork {
  /// Adds the gradient of λ Σ |w| over all weights of the decoder to summed gradients, before a step along them.
  ///
  /// Local; the same on every rank.
  func addAbsolutePenalty(_ weight: Double, to sums: inout Sums) {
    guard weight > 0 else { return }
    for (index, head) in heads.enumerated() {
      sums.withLimbs(of: 2 * index) { head.output.addAbsolutePenalty(weight, to: $0) }
      sums.withLimbs(of: 2 * index + 1) { head.hidden.addAbsolutePenalty(weight, to: $0) }
    }
    guard !trunk.layers.isEmpty else { return }
    sums.withLimbs(of: 2 * heads.count) { trunk.addAbsolutePenalty(weight, to: $0) }
  }
}

import Foundation
package import Modeling
import Networks
import Optimization
import Probability

/// What silencing a gene changes in every feature of every modality, by the decoder of a fit:
///
///     ℓ(z) = −Σ_i log NB(0 | s_i y_g(z_i), r_g)      z_i′ = z_i moved downhill      Δ_i = y(z_i′) − y(z_i)
///
/// | Symbol | Meaning |
/// |---|---|
/// | g | the silenced gene, s_i the cell's total in its modality |
/// | y | softmax profiles of each modality: shares of the modality's total |
/// | Δ | perturbed minus original: negative where a feature goes down with the gene |
///
/// Two ways to move. The published one is the first step of Adam, of the size of the learning rate times the gradient's
/// sign in every coordinate. The exact one is the derivative of the profiles along −∂ℓ/∂z at length 1: the ranking of
/// features does not depend on any rate. Covariates stand still.
///
/// Source: Schuster et al. 2024, doi:10.1038/s41467-024-53340-z, section "gene perturbation"; code
/// Center-for-Health-Data-Science/multiDGD@3887a98 (`functions/_gene2peak.py`), whose loss is of the gene alone.
package struct GeneSilencing: Sendable {
  /// How representations move.
  package enum Step: String, CaseIterable, Sendable {
    /// The derivative along the gradient.
    case gradient
    /// One step of Adam at rate 0.01 with decay 10⁻⁴, as published.
    case adam
  }

  /// The fitted decoder.
  package let decoder: ProfileDecoder
  /// The modality of the genes.
  let head: Int
  /// The columns of z among the decoder's inputs: covariates are the others.
  let moved: Range<Int>
  let step: Step

  /// What silences genes of a modality.
  package init(decoder: ProfileDecoder, head: Int, moved: Range<Int>, step: Step) {
    self.decoder = decoder
    self.head = head
    self.moved = moved
    self.step = step
  }

  /// Mean Δ over some cells, for every feature of every modality.
  ///
  /// - Parameters:
  ///   - gene: its column in the modality of the genes.
  ///   - inputs: representations of the cells, all spaces side by side.
  ///   - scales: s of the cells.
  package func meanChange(ofGene gene: Int, _ inputs: [[Double]], scales: [Double]) -> [[Double]] {
    var sums = decoder.heads.map { [Double](repeating: 0, count: $0.dispersions.count) }
    for (input, scale) in zip(inputs, scales) {
      let gradient = gradient(ofGene: gene, at: input, scale: scale)
      let changes: [[Double]]
      switch step {
      case .gradient:
        let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { continue }
        changes = decoder.slopes(at: input, along: gradient.map { -$0 / length })
      case .adam:
        let after = decoder.profiles(at: published(input, gradient))
        changes = zip(after, decoder.profiles(at: input)).map { zip($0, $1).map { $0 - $1 } }
      }
      for m in sums.indices {
        for f in sums[m].indices { sums[m][f] += changes[m][f] / Double(inputs.count) }
      }
    }
    return sums
  }

  /// ∂ℓ_i/∂z, zero for the inputs that stand still.
  ///
  ///     ∂ℓ/∂a_h = r m/(r + m) (δ_gh − y_h),  m = s y_g
  private func gradient(ofGene gene: Int, at input: [Double], scale: Double) -> [Double] {
    let mean = scale * decoder.profile(ofHead: head, at: input)[gene]
    let r = decoder.heads[head].dispersions[gene]
    var gradient = decoder.logGradient(ofHead: head, column: gene, at: input)
    for index in gradient.indices {
      gradient[index] = moved.contains(index) ? gradient[index] * r * mean / (r + mean) : 0
    }
    return gradient
  }

  /// z after the first step of Adam, as published.
  private func published(_ input: [Double], _ gradient: [Double]) -> [Double] {
    var point = Array(input[moved])
    var first = [Double](repeating: 0, count: point.count)
    var second = first
    AdamSettings(rate: 0.01, beta1: 0.5, beta2: 0.7, weightDecay: 1e-4).step(1).move(
      &point, &first, &second, along: Array(gradient[moved]))
    var result = input
    result.replaceSubrange(moved, with: point)
    return result
  }
}

/// A fit as perturbations need it.
package struct PerturbableFit {
  private let file: MultiDGDFitFile

  /// - Throws: `ModelError` or `StoredTreeError` where it is no fit of multiDGD, or damaged.
  package init(_ fit: StoredTree) throws {
    file = try MultiDGDFitFile(fit)
  }

  /// The `obsm` matrices that are the decoder's inputs side by side.
  package var representationNames: [String] { file.representationNames }
  /// Mean total of the cells in each modality.
  package var meanTotals: [Double] { file.decoder.meanTotals }

  /// What silences genes of a modality.
  package func silencing(ofHead head: Int, step: GeneSilencing.Step) -> GeneSilencing {
    GeneSilencing(
      decoder: ProfileDecoder(file.network()), head: head, moved: file.columns[0], step: step)
  }
}

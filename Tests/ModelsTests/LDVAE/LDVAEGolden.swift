import Foundation
import LinearAlgebra
import Models
import Networks
import Optimization
import Probability
import Sums
import TestSupport

/// A configuration of scvi-tools' LDVAE on 48 cells with 80 genes of two batches: see Generators/ldvae_step.py.
struct LDVAEGolden {
  static let names = [
    "nb-ln-bn", "zinb-ln-bn", "poisson-ln-nobn", "nb-normal-bn-genebatch",
    "nb-normal-bn-observedlib", "nb-normal-nobn-twolayers",
  ]

  let name: String
  let arrays: ReferenceArrays
  let noiseArrays: ReferenceArrays
  let batch: CellBatch<Double>

  init(_ name: String) throws {
    self.name = name
    arrays = try ReferenceArrays("ldvae-step/steps-\(name).json")
    noiseArrays = try ReferenceArrays("ldvae-step/noise.json")
    let rows = try Reference.numbers("ldvae-step/counts.tsv")
    let batches = try Reference.numbers("ldvae-step/batch.tsv").map { Int32($0[0]) }
    var counts = SparseBatch<Double>(columnCount: 80)
    for row in rows {
      let columns = row.indices.filter { row[$0] != 0 }
      counts.appendRow(columns: columns, values: columns.map { row[$0] })
    }
    batch = CellBatch(
      counts: counts, totals: rows.map { $0.reduce(0, +) }, batches: batches,
      dispersionGroups: batches, groups: LaneGroups(sizes: [16, 16, 16]), rows: Array(0..<48))
  }

  var likelihood: Likelihood {
    name.hasPrefix("nb")
      ? .negativeBinomial
      : name.hasPrefix("zinb") ? .zeroInflatedNegativeBinomial : .poisson
  }
  var isNormalized: Bool { !name.contains("nobn") }
  var hasLibrary: Bool { !name.hasSuffix("observedlib") }
  /// How well numbers can agree: the tool adds 10⁻⁸ inside the logarithms of the negative binomial, where the smallest
  /// means of counts are 10⁻⁵.
  var agreement: Double { likelihood == .poisson ? 1e-8 : 1e-4 }

  var objective: AutoencoderObjective {
    let (means, variances) = (arrays["library_log_mean"], arrays["library_log_var"])
    return AutoencoderObjective(
      divergenceWeight: arrays["terms/kl_weight"].first ?? .nan,
      libraryPriors: zip(means, variances).map { NormalPrior(mean: $0, variance: $1) }, epoch: 0,
      random: RandomSource(seed: 1))
  }

  /// ε of a step.
  func noise(_ step: Int) -> CellNoise<Double> {
    let (latents, library) = (noiseArrays["eps_z"], noiseArrays["eps_l"])
    return CellNoise(
      latents: Array(latents[step * 240..<(step + 1) * 240]),
      library: Array(library[step * 48..<(step + 1) * 48]))
  }

  /// One of torch's Adam's steps with the tool's settings.
  func step(_ number: Int) -> AdamStep {
    AdamStep(number, learningRate: 1e-3, epsilon: 0.01, weightDecay: 1e-6)
  }
}

extension LDVAEGolden {
  private func dense(_ place: String) -> DenseWeights<Double> {
    DenseWeights(weights: arrays["\(place).weight"], biases: arrays["\(place).bias"])
  }

  private func encoder(_ stage: String, _ name: String, layers: Int) -> CountEncoder<Double> {
    let place = "\(stage)/\(name)"
    func layer(_ index: Int) -> String { "\(place).encoder.fc_layers.Layer \(index)" }
    let (mean, variance) = (dense("\(place).mean_encoder"), dense("\(place).var_encoder"))
    var result = CountEncoder(
      first: SparseDense(dense("\(layer(0)).0")),
      rest: CountEncoder.rest(
        hidden: (1..<layers).map { dense("\(layer($0)).0") },
        heads: DenseWeights(
          weights: mean.weights + variance.weights, biases: mean.biases + variance.biases),
        dropout: 0, key: 0))
    var number = 0
    result.rest.withEachParameters { parameters in
      // Normalisation, dense, normalisation, …, heads.
      if number % 2 == 0, number / 2 < layers {
        let (gamma, beta) = (
          arrays["\(layer(number / 2)).1.weight"], arrays["\(layer(number / 2)).1.bias"]
        )
        parameters = Parameters(outputCount: 12, width: 2) { u, k in k == 0 ? gamma[u] : beta[u] }
      }
      number += 1
    }
    return result
  }

  private func head(_ stage: String, _ name: String) -> FoldedLinear<Double> {
    let layer = "\(stage)/decoder.\(name).fc_layers.Layer 0"
    let weights = arrays["\(layer).0.weight"]
    var head = FoldedLinear(inputCount: 7, weights: weights, isNormalized: isNormalized)
    guard isNormalized else { return head }
    let (gamma, beta) = (arrays["\(layer).1.weight"], arrays["\(layer).1.bias"])
    head.parameters = Parameters(outputCount: 80, width: 9) { g, k in
      k < 7 ? weights[g * 7 + k] : k == 7 ? gamma[g] : beta[g]
    }
    return head
  }

  /// The networks with the numbers of a stage: `init`, `grad`, `after_3_steps`.
  func network(_ stage: String) -> AutoencoderNetwork<Double> {
    let specification = OutputSpecification(likelihood, .softmax, outputCount: 80, inputCount: 7)
      .with(Dispersion(.exponential, groupCount: name.hasSuffix("genebatch") ? 2 : 1))
    return AutoencoderNetwork(
      batchCount: 2, isLogisticNormal: name.contains("-ln-"),
      encoder: encoder(stage, "z_encoder", layers: name.hasSuffix("twolayers") ? 2 : 1),
      libraryEncoder: hasLibrary ? encoder(stage, "l_encoder", layers: 1) : nil,
      hidden: Network(inputCount: 7, []),
      output: FoldedOutput(
        specification, mean: head(stage, "factor_regressor"),
        inflation: likelihood.isInflated ? head(stage, "px_dropout_decoder") : nil,
        logDispersions: arrays["\(stage)/px_r"]))
  }
}

import Concurrency
import Foundation
import Networks
import Probability
import Sums
import TestSupport
import Testing

private let alone = Workers(threadCount: 1)

/// The first pass of scvi-tools' LDVAE on 48 cells with 80 genes: see Generators/ldvae_step.py.
private struct LDVAEGolden {
  let arrays: ReferenceArrays
  let likelihood: Likelihood
  let isNormalized: Bool
  let counts: [[Double]]
  let batches: [Int]
  let groups = LaneGroups(sizes: [16, 16, 16])

  /// How well the decoder can agree: the tool adds 10⁻⁸ inside the logarithms of the negative binomial, where the
  /// smallest means of counts are 10⁻⁵.
  var agreement: Double { likelihood == .poisson ? 1e-9 : 1e-4 }

  init(_ name: String) throws {
    arrays = try ReferenceArrays("ldvae-step/\(name).json")
    likelihood = name.hasPrefix("poisson") ? .poisson : .zeroInflatedNegativeBinomial
    isNormalized = name.hasSuffix("-bn")
    counts = try Reference.numbers("ldvae-step/counts.tsv")
    batches = try Reference.numbers("ldvae-step/batch.tsv").map { Int($0[0]) }
  }

  var values: SparseBatch<Double> {
    var batch = SparseBatch<Double>(columnCount: 80)
    for row in counts {
      let columns = row.indices.filter { row[$0] != 0 }
      batch.appendRow(columns: columns, values: columns.map { row[$0] })
    }
    return batch
  }

  /// A folded head of the decoder as it was initialised.
  func head(_ name: String) -> FoldedLinear<Double> {
    let layer = "init/decoder.\(name).fc_layers.Layer 0"
    let weights = arrays["\(layer).0.weight"]
    var head = FoldedLinear(inputCount: 7, weights: weights, isNormalized: isNormalized)
    if isNormalized {
      let (gamma, beta) = (arrays["\(layer).1.weight"], arrays["\(layer).1.bias"])
      head.parameters = Parameters(outputCount: 80, width: 9) { g, k in
        k < 7 ? weights[g * 7 + k] : k == 7 ? gamma[g] : beta[g]
      }
    }
    return head
  }

  /// An encoder: counts, batch normalisation, max(·, 0), mean and variance.
  func encoder(_ name: String) throws -> (means: [Double], variances: [Double], running: [Double]) {
    func dense(_ layer: String) -> DenseWeights<Double> {
      DenseWeights(
        weights: arrays["init/\(name).\(layer).weight"],
        biases: arrays["init/\(name).\(layer).bias"])
    }
    var normalization = BatchNormalization<Double>(unitCount: 12, momentum: 0.01, epsilon: 1e-3)
    let layer = "encoder.fc_layers.Layer 0"
    let gamma = arrays["init/\(name).\(layer).1.weight"]
    let beta = arrays["init/\(name).\(layer).1.bias"]
    normalization.parameters = Parameters(outputCount: 12, width: 2) { u, k in
      k == 0 ? gamma[u] : beta[u]
    }
    let first = SparseDense(dense("\(layer).0")).forward(values, on: alone)
    var trunk = Network(
      inputCount: 12, [.normalization(normalization), .activation(.relu)])
    let pass = TrainingPass(
      groups: groups, rows: Array(0..<48), epoch: 0, random: RandomSource(seed: 1))
    let activations = try trunk.forward(first, pass, with: Alone(), on: alone)
    trunk.follow(activations)
    func head(_ layer: String) -> [Double] {
      Network(inputCount: 12, [.dense(Dense(dense(layer)))])
        .forward(activations.output, rowCount: 48, on: alone).output
    }
    guard case .normalization(let moved) = trunk.layers[0] else { return ([], [], []) }
    return (
      head("mean_encoder"), head("var_encoder").map { exp($0) + 1e-4 },
      moved.runningMeans + moved.runningVariances
    )
  }
}

/// Layers, likelihoods and the folded decoder against another program's numbers.
struct LDVAEGoldenTests {
  @Test(arguments: ["z", "l"])
  func encodersAreThoseOfThePublishedTool(name: String) throws {
    let golden = try LDVAEGolden("zinb-normal-bn")
    let encoded = try golden.encoder("\(name)_encoder")
    #expect(encoded.means.areClose(to: golden.arrays["activations/q\(name)_mean"], .golden))
    #expect(encoded.variances.areClose(to: golden.arrays["activations/q\(name)_var"], .golden))
    let running = "running_after_first_forward/\(name)_encoder.encoder.fc_layers.Layer 0.1.running"
    #expect(
      encoded.running.areClose(
        to: golden.arrays["\(running)_mean"] + golden.arrays["\(running)_var"], .golden))
  }

  @Test(arguments: ["zinb-normal-bn", "zinb-normal-nobn", "poisson-normal-bn"])
  func lossAndGradientsOfTheDecoderAreThoseOfThePublishedTool(name: String) throws {
    let golden = try LDVAEGolden(name)
    let latents = golden.arrays["activations/z"]
    var inputs: [Double] = []
    for row in 0..<48 {
      inputs += latents[row * 5..<row * 5 + 5]
      inputs += golden.batches[row] == 0 ? [1, 0] : [0, 1]
    }
    let heads = ["factor_regressor", "px_dropout_decoder"].prefix(
      golden.likelihood.isInflated ? 2 : 1)
    let layers = heads.map(golden.head)
    let moments = try InputMoments(of: inputs, width: 7, groups: golden.groups, with: Alone())
    let statistics = layers.map { $0.statistics(for: moments) }
    var effective: [DenseWeights<Double>] = []
    for (layer, statistics) in zip(layers, statistics) {
      var numbers = [Double](repeating: 0, count: 80 * 8)
      layer.fold(by: statistics, into: &numbers, stride: 8)
      effective.append(part(of: numbers, stride: 8))
    }
    let output = PlainOutput<Double>(
      OutputSpecification(golden.likelihood, .softmax, outputCount: 80, inputCount: 7)
        .with(Dispersion(.exponential)),
      OutputParameters(
        weights: effective[0].weights, biases: effective[0].biases,
        logDispersions: golden.arrays["init/px_r"],
        inflation: effective.count > 1 ? effective[1] : nil))
    let batch = OutputBatch(
      hidden: inputs, scales: golden.arrays["activations/library"].map { exp($0) },
      values: golden.values, groups: golden.groups)
    var limbs = [Int64](repeating: 0, count: output.limbCount)
    let result = limbs.withUnsafeMutableBufferPointer { output.train(batch, into: $0, on: alone) }
    #expect(
      result.losses.areClose(
        to: golden.arrays["terms/reconstruction_loss"], Tolerance(relative: golden.agreement)))
    let gradient = limbs.withUnsafeBufferPointer { output.gradient(of: $0) }
    func expectEqual(_ gradient: [Double], _ published: [Double], _ name: String) {
      // Of the summed loss, and of its mean over cells.
      #expect(gradient.count == published.count && !published.isEmpty, "\(name)")
      let largest = published.reduce(0) { max($0, abs($1)) }
      for (mine, theirs) in zip(gradient, published) {
        #expect(
          abs(mine / 48 - theirs) <= golden.agreement * largest, "\(name): \(mine / 48), \(theirs)")
      }
    }
    if golden.likelihood.hasDispersion {
      expectEqual(gradient.logDispersions, golden.arrays["grad/px_r"], "dispersions")
    }
    var parts = [DenseWeights<Double>(weights: gradient.weights, biases: gradient.biases)]
    if let inflation = gradient.inflation { parts.append(inflation) }
    for (index, head) in heads.enumerated() {
      let place = "decoder.\(head).fc_layers.Layer 0"
      var byEffective: [Double] = []
      for g in 0..<80 {
        byEffective += parts[index].weights[g * 7..<g * 7 + 7]
        byEffective.append(parts[index].biases[g])
      }
      let unfolded = layers[index].unfold(
        byEffective, stride: 8, by: statistics[index], moments)
      let stride = layers[index].parameters.stride
      func column(_ k: Int) -> [Double] { (0..<80).map { unfolded.parameters[$0 * stride + k] } }
      let weights = part(of: unfolded.parameters, stride: stride).weights
      expectEqual(weights, golden.arrays["grad/\(place).0.weight"], "weights of \(head)")
      guard golden.isNormalized else { continue }
      expectEqual(column(7), golden.arrays["grad/\(place).1.weight"], "γ of \(head)")
      expectEqual(column(8), golden.arrays["grad/\(place).1.bias"], "β of \(head)")
      var moved = layers[index]
      moved.follow(statistics[index])
      let running = "running_after_first_forward/\(place).1.running"
      #expect(moved.runningMeans.areClose(to: golden.arrays["\(running)_mean"], .golden))
      #expect(moved.runningVariances.areClose(to: golden.arrays["\(running)_var"], .golden))
    }
  }

  /// The weights of seven inputs, and what follows them, of each of eighty genes.
  private func part(of numbers: [Double], stride: Int) -> DenseWeights<Double> {
    var weights: [Double] = []
    for g in 0..<80 { weights += numbers[g * stride..<g * stride + 7] }
    return DenseWeights(weights: weights, biases: (0..<80).map { numbers[$0 * stride + 7] })
  }

  @Test func logProbabilitiesOfTheSpecification() {
    // log ZINB(3; 2.5, 2) and (0; 2.5, 2) at logit 0.3, log NB(3; 2.5, 2).
    for (likelihood, count, expected) in [
      (Likelihood.zeroInflatedNegativeBinomial, 3.0, -2.853_281_299_6),
      (.zeroInflatedNegativeBinomial, 0, -0.417_785_815_2),
      (.negativeBinomial, 3, -1.998_926_055_1),
    ] {
      let output = PlainOutput<Double>(
        OutputSpecification(likelihood, .softmax, outputCount: 1, inputCount: 1)
          .with(Dispersion(.exponential)),
        OutputParameters(
          weights: [0], biases: [0], logDispersions: [log(2)],
          inflation: likelihood.isInflated ? DenseWeights(weights: [0], biases: [0.3]) : nil))
      var values = SparseBatch<Double>(columnCount: 1)
      values.appendRow(columns: count > 0 ? [0] : [], values: count > 0 ? [count] : [])
      let batch = OutputBatch(
        hidden: [0], scales: [2.5], values: values, groups: LaneGroups(sizes: [1]))
      // The table has 10⁻⁸ inside logarithms.
      #expect(
        (-output.losses(batch, on: alone)[0]).isClose(
          to: expected, Tolerance(relative: 0, absolute: 3e-8)))
    }
  }
}

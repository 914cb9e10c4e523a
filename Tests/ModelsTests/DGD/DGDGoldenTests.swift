import Foundation
import LinearAlgebra
import Modeling
import Models
import Networks
import Probability
import Sums
import TestSupport
import Testing

/// The published scDGD in double precision: terms, gradients, three epochs of its training loop.
struct DGDGoldenTests {
  /// Both programs round at about 1e-16; sums of 7 200 terms.
  private let terms = Tolerance(relative: 1e-10)
  private let workers = Workers(threadCount: 1)

  /// 1e-9 relative, or 1e-11 of the largest entry: entries that nearly cancel.
  private func gradient(_ expected: [Double]) -> Tolerance {
    let largest = expected.reduce(0) { max($0, abs($1)) }
    return Tolerance(relative: 1e-9, absolute: 1e-11 * largest)
  }

  /// Adam divides by the size of the gradient: absolute, as the fixture advises.
  private let state = Tolerance(relative: 0, absolute: 1e-7)

  @Test(arguments: DGDGolden.names)
  func lossesAndDensitiesAreThePublishedOnes(_ name: String) throws {
    let golden = try DGDGolden(name)
    let model = try golden.model(minibatches: 1)
    let lane = try golden.lane(model)
    let shared = golden.shared(model)
    let N = DGDGolden.trainCount
    let L = DGDGolden.latent
    let z = golden.arrays["init/z_train"]
    let scales = Array(lane.scales[..<N])
    #expect(scales.areClose(to: golden.arrays["terms/scaling"], terms))
    let hidden = shared.hidden.forward(z, rowCount: N, on: workers)
    let losses = shared.output.losses(golden.batch(lane, hidden: hidden.output), on: workers)
    #expect(losses.areClose(to: golden.arrays["terms/reconstruction_per_cell"], terms))
    let mixture = try #require(shared.mixture)
    let logPrior = golden.prior.logDensity(mixture)
    #expect([logPrior].areClose(to: golden.arrays["terms/log_prior_phi"], terms))
    let rows = (0..<N).map { Array(z[$0 * L..<($0 + 1) * L]) }
    // The reference counts the prior with every cell.
    let mixtureLosses = rows.map { row in
      var one = GaussianMixtureGradient(of: mixture)
      return one.add(row, of: mixture).loss - logPrior
    }
    #expect(mixtureLosses.areClose(to: golden.arrays["terms/mixture_per_cell"], terms))
    // exp(x) of x ≈ −60 loses as many digits as x has before the point.
    let densities = rows.flatMap { mixture.logComponents($0).map { exp($0) } }
    #expect(
      densities.areClose(
        to: golden.arrays["terms/component_density"],
        Tolerance(relative: 1e-10, absolute: .leastNormalMagnitude)))
  }

  @Test(arguments: DGDGolden.names)
  func gradientsAreThePublishedOnes(_ name: String) throws {
    let golden = try DGDGolden(name)
    let model = try golden.model(minibatches: 1)
    let lane = try golden.lane(model)
    let shared = golden.shared(model)
    let (N, L) = (DGDGolden.trainCount, DGDGolden.latent)
    let z = golden.arrays["init/z_train"]
    let hidden = shared.hidden.forward(z, rowCount: N, on: workers)
    var outer = [Int64](repeating: 0, count: shared.output.limbCount)
    var inner = [Int64](repeating: 0, count: shared.hidden.limbCount)
    let result = outer.withUnsafeMutableBufferPointer {
      shared.output.train(golden.batch(lane, hidden: hidden.output), into: $0, on: workers)
    }
    let back = inner.withUnsafeMutableBufferPointer {
      shared.hidden.backward(
        hidden, result.hiddenGradient, groups: LaneGroups(sizes: [N]), into: $0, on: workers)
    }
    #expect(result.faultCount == 0 && back.faultCount == 0)
    let mixture = try #require(shared.mixture)
    var mixtureGradient = GaussianMixtureGradient(of: mixture)
    let byRow = (0..<N).flatMap {
      mixtureGradient.add(Array(z[$0 * L..<($0 + 1) * L]), of: mixture).byRow
    }
    let prior = golden.prior.negativeGradient(mixture)
    let byMixture = zip(mixtureGradient.parameters, prior).map { $0 + Double(N) * $1 }
    let layers = inner.withUnsafeBufferPointer { shared.hidden.gradient(of: $0) }
    let output = outer.withUnsafeBufferPointer { shared.output.gradient(of: $0) }
    func compare(_ values: [Double], _ place: String) {
      let expected = golden.arrays["grad/\(place)"]
      #expect(
        !expected.isEmpty && values.areClose(to: expected, gradient(expected)),
        "\(place): \(values.difference(from: expected))")
    }
    for (index, layer) in layers.enumerated() {
      compare(layer.weights, "decoder/main.\(2 * index).weight")
      compare(layer.biases, "decoder/main.\(2 * index).bias")
    }
    compare(output.weights, "decoder/main.6.weight")
    compare(output.biases, "decoder/main.6.bias")
    compare(output.logDispersions, "decoder/nb.log_r")
    compare(zip(back.inputGradient, byRow).map { $0 + $1 }, "z_train")
    let (M, V) = (mixture.means.count, mixture.logPrecisions.count)
    compare(Array(byMixture[..<M]), "mixture/mean")
    compare(Array(byMixture[M..<M + V]), "mixture/logbeta")
    compare(Array(byMixture[(M + V)...]), "mixture/weight")
  }

  @Test(arguments: DGDGolden.names, [1, 2])
  func threeEpochsEndWhereThePublishedLoopDoes(_ name: String, _ minibatches: Int) throws {
    let golden = try DGDGolden(name)
    let model = try golden.model(minibatches: minibatches)
    var lanes = [try golden.lane(model)]
    var shared = golden.shared(model)
    let (N, L) = (DGDGolden.trainCount, DGDGolden.latent)
    let place = "after_3_epochs/" + (minibatches == 1 ? "fullbatch" : "two_minibatches")
    let batches: [ArraySlice<Int>] =
      minibatches == 1 ? [Array(0..<N)[...]] : [Array(0..<35)[...], Array(35..<N)[...]]
    for epoch in 0..<3 {
      var priorLoss = 0.0
      for positions in batches {
        priorLoss -= Double(positions.count) * golden.prior.logDensity(try #require(shared.mixture))
        _ = try model.trainingStep(
          &shared, &lanes, minibatch: [positions], with: Alone(), on: workers)
      }
      let report = try model.step(&shared, &lanes, with: Alone(), on: workers)
      #expect(report.endsEpoch)
      func compare(_ measure: String, plus rest: Double = 0, times factor: Double, _ name: String)
        throws
      {
        let value = try #require(report.measures.first { $0.name == measure }).value
        let expected = golden.arrays["\(place)/history/\(name)"]
        #expect(expected.count == 3)
        // The history of later epochs carries what Adam makes of rounding.
        #expect((value * factor + rest).isClose(to: expected[epoch], .golden), "\(name)")
      }
      try compare("train", times: 1, "train_recon_loss")
      try compare("validation", times: 1, "test_recon_loss")
      try compare(
        "mixture", plus: priorLoss / Double(N * L), times: 1 / Double(L), "train_gmm_loss")
    }
    func compare(_ values: [Double], _ part: String) {
      let expected = golden.arrays["\(place)/\(part)"]
      #expect(!expected.isEmpty && values.areClose(to: expected, state), "\(part)")
    }
    for (index, layer) in shared.hidden.dense.enumerated() {
      compare(layer.weights, "decoder/main.\(2 * index).weight")
      compare(layer.biases, "decoder/main.\(2 * index).bias")
    }
    compare(shared.output.weights, "decoder/main.6.weight")
    compare(shared.output.biases, "decoder/main.6.bias")
    compare(shared.output.logDispersions, "decoder/nb.log_r")
    let mixture = try #require(shared.mixture)
    compare(mixture.means, "mixture/mean")
    compare(mixture.logPrecisions, "mixture/logbeta")
    compare(mixture.weightLogits, "mixture/weight")
    compare(Array(lanes[0].saved.representations[..<(N * L)]), "z_train")
    compare(Array(lanes[0].saved.representations[(N * L)...]), "z_validation")
  }

  @Test(arguments: [
    "diagonal-1-per-class", "diagonal-1-per-class-alpha2", "isotropic-1-per-class",
  ])
  func supervisedDensityIsThePublishedOne(_ variant: String) throws {
    let arrays = try ReferenceArrays("dgd-step/supervised.json")
    let (N, L) = (DGDGolden.trainCount, DGDGolden.latent)
    let z = arrays["z"]
    let edge = arrays["\(variant)/radius_hardness"]
    let prior = GaussianMixturePrior(
      radius: edge[0], hardness: edge[1], sigma: arrays["\(variant)/sigma0"][0], spread: 1,
      concentration: arrays["\(variant)/alpha"][0])
    let classes = 8
    let mixture = GaussianMixture(
      dimension: L, isIsotropic: variant.hasPrefix("isotropic"),
      means: arrays["\(variant)/init/mean"], logPrecisions: arrays["\(variant)/init/logbeta"],
      weightLogits: arrays["\(variant)/init/weight"], classes: Array(0..<classes))
    let logPrior = prior.logDensity(mixture)
    #expect([logPrior].areClose(to: arrays["\(variant)/log_prior_phi"], terms))
    var gradient = GaussianMixtureGradient(of: mixture)
    var rest = GaussianMixtureGradient(of: mixture)
    var (labelled, unlabelled, byRow): ([Double], [Double], [Double]) = ([], [], [])
    for (row, label) in arrays["labels"].enumerated() {
      let representation = Array(z[row * L..<(row + 1) * L])
      let term = gradient.add(
        representation, of: mixture, label: Int(label), factor: Double(classes))
      labelled.append(term.loss - logPrior)
      byRow += term.byRow
      unlabelled.append(rest.add(representation, of: mixture).loss - logPrior)
    }
    #expect(labelled.areClose(to: arrays["\(variant)/loss_per_cell"], terms))
    #expect(unlabelled.areClose(to: arrays["\(variant)/unsupervised_loss_per_cell"], terms))
    let total = zip(gradient.parameters, prior.negativeGradient(mixture)).map {
      $0 + Double(N) * $1
    }
    let expected = ["mean", "logbeta", "weight"].flatMap { arrays["\(variant)/grad/\($0)"] }
    #expect(total.areClose(to: expected, self.gradient(expected)))
    #expect(
      byRow.areClose(to: arrays["\(variant)/grad/z"], self.gradient(arrays["\(variant)/grad/z"])))
  }
}

import Concurrency
import Foundation
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
    let head = try golden.decoder().heads[0]
    let N = DGDGolden.trainCount
    let L = DGDGolden.latent
    let z = golden.arrays["init/z_train"]
    let scales = try golden.scales()[..<N]
    #expect(scales.areClose(to: golden.arrays["terms/scaling"], terms))
    let hidden = head.hidden.forward(z, rowCount: N, on: workers)
    let losses = head.output.losses(
      try golden.batch(0..<N, hidden: hidden.output), on: workers)
    #expect(losses.areClose(to: golden.arrays["terms/reconstruction_per_cell"], terms))
    let mixture = golden.mixture("init/mixture")
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
    let (N, L) = (DGDGolden.trainCount, DGDGolden.latent)
    let z = golden.arrays["init/z_train"]
    let found = try PlainFit(golden).gradient(Array(0..<N))
    let mixture = golden.mixture("init/mixture")
    var mixtureGradient = GaussianMixtureGradient(of: mixture)
    let byRow = (0..<N).flatMap {
      mixtureGradient.add(Array(z[$0 * L..<($0 + 1) * L]), of: mixture).byRow
    }
    let prior = golden.prior.negativeGradient(mixture)
    let byMixture = zip(mixtureGradient.parameters, prior).map { $0 + Double(N) * $1 }
    func compare(_ values: [Double], _ place: String) {
      let expected = golden.arrays["grad/\(place)"]
      #expect(
        !expected.isEmpty && values.areClose(to: expected, gradient(expected)),
        "\(place): \(values.difference(from: expected))")
    }
    for (index, layer) in found.hidden.enumerated() {
      compare(layer.weights, "decoder/main.\(2 * index).weight")
      compare(layer.biases, "decoder/main.\(2 * index).bias")
    }
    compare(found.output.weights, "decoder/main.6.weight")
    compare(found.output.biases, "decoder/main.6.bias")
    compare(found.output.logDispersions, "decoder/nb.log_r")
    compare(zip(found.inputs, byRow).map { $0 + $1 }, "z_train")
    let (M, V) = (mixture.means.count, mixture.logPrecisions.count)
    compare(Array(byMixture[..<M]), "mixture/mean")
    compare(Array(byMixture[M..<M + V]), "mixture/logbeta")
    compare(Array(byMixture[(M + V)...]), "mixture/weight")
  }

  @Test(arguments: DGDGolden.names, [1, 2])
  func threeEpochsEndWhereThePublishedLoopDoes(_ name: String, _ minibatches: Int) throws {
    let golden = try DGDGolden(name)
    var fit = try PlainFit(golden)
    let (N, L) = (DGDGolden.trainCount, DGDGolden.latent)
    let place = "after_3_epochs/" + (minibatches == 1 ? "fullbatch" : "two_minibatches")
    for epoch in 0..<3 {
      let losses = try fit.epoch(DGDGolden.minibatches(minibatches))
      func compare(_ value: Double, _ name: String) {
        let expected = golden.arrays["\(place)/history/\(name)"]
        #expect(expected.count == 3)
        // The history of later epochs carries what Adam makes of rounding.
        #expect(value.isClose(to: expected[epoch], .golden), "\(name)")
      }
      compare(losses.train / Double(N * DGDGolden.geneCount), "train_recon_loss")
      compare(
        losses.validation / Double(DGDGolden.validationCount * DGDGolden.geneCount),
        "test_recon_loss")
      // The reference counts the prior with every cell.
      compare((losses.mixture + losses.prior) / Double(N * L), "train_gmm_loss")
    }
    func compare(_ values: [Double], _ part: String) {
      let expected = golden.arrays["\(place)/\(part)"]
      #expect(!expected.isEmpty && values.areClose(to: expected, state), "\(part)")
    }
    let head = fit.decoder.heads[0]
    for (index, layer) in head.hidden.dense.enumerated() {
      compare(layer.weights, "decoder/main.\(2 * index).weight")
      compare(layer.biases, "decoder/main.\(2 * index).bias")
    }
    compare(head.output.weights, "decoder/main.6.weight")
    compare(head.output.biases, "decoder/main.6.bias")
    compare(head.output.logDispersions, "decoder/nb.log_r")
    let mixture = try #require(fit.space.mixture)
    compare(mixture.means, "mixture/mean")
    compare(mixture.logPrecisions, "mixture/logbeta")
    compare(mixture.weightLogits, "mixture/weight")
    compare(Array(fit.z[..<(N * L)]), "z_train")
    compare(Array(fit.z[(N * L)...]), "z_validation")
  }

  /// The production model goes the way of the plain one, which is the published one's to nine digits.
  @Test(arguments: DGDGolden.names, [1, 2])
  func theModelInSinglePrecisionFollowsThePlainFit(_ name: String, _ minibatches: Int) throws {
    let golden = try DGDGolden(name)
    var plain = try PlainFit(golden)
    var (model, shared, lane) = try golden.production(minibatches: minibatches)
    var lanes = [lane]
    for _ in 0..<3 {
      let expected = try plain.epoch(DGDGolden.minibatches(minibatches))
      for positions in DGDGolden.minibatches(minibatches) {
        _ = try model.trainingStep(
          &shared, &lanes, minibatch: [positions[...]], with: Alone(), on: workers)
      }
      let report = try model.step(&shared, &lanes, with: Alone(), on: workers)
      #expect(report.endsEpoch)
      func compare(_ measure: String, _ expected: Double) throws {
        let value = try #require(report.measures.first { $0.name == measure }).value
        #expect(value.isClose(to: expected, .singlePrecisionFit), "\(measure)")
      }
      let (N, V, G) = (DGDGolden.trainCount, DGDGolden.validationCount, DGDGolden.geneCount)
      try compare("train", expected.train / Double(N * G))
      try compare("validation", expected.validation / Double(V * G))
      try compare("mixture", expected.mixture / Double(N))
    }
    func compare(_ values: [Float], _ expected: [Double], _ part: String) {
      let far = zip(values, expected).count {
        !Double($0).isClose(to: $1, .singlePrecisionFit)
      }
      // Where a gradient is as small as its rounding, Adam goes another way.
      #expect(values.count == expected.count && far <= expected.count / 100, "\(part): \(far)")
    }
    let (head, exact) = (shared.decoder.heads[0], plain.decoder.heads[0])
    for (index, layer) in exact.hidden.dense.enumerated() {
      compare(head.hidden.dense[index].weights, layer.weights, "weights \(index)")
      compare(head.hidden.dense[index].biases, layer.biases, "biases \(index)")
    }
    compare(head.output.weights, exact.output.weights, "output weights")
    compare(head.output.biases, exact.output.biases, "output biases")
    compare(head.output.logDispersions, exact.output.logDispersions, "dispersions")
    compare(lanes[0].saved.spaces[0].values, plain.z, "representations")
    let mixture = try #require(shared.spaces[0].mixture?.parameters)
    let wanted = try #require(plain.space.mixture?.parameters)
    #expect(mixture.areClose(to: wanted, .singlePrecisionFit))
  }

  @Test(arguments: [
    "diagonal-1-per-class", "diagonal-1-per-class-alpha2", "isotropic-1-per-class",
  ])
  func supervisedDensityIsThePublishedOne(_ variant: String) throws {
    let arrays = try TestSupport.ReferenceArrays("dgd-step/supervised.json")
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

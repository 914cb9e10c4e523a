import LinearAlgebra
import Modeling
import Models
import Networks
import Probability
import Sums
import TestSupport
import Testing

/// The published multiDGD in double precision: terms, gradients, three epochs of its training loop, and the model in
/// single precision beside it.
struct MultiDGDGoldenTests {
  private let terms = Tolerance(relative: 1e-10)
  /// Adam divides by the size of the gradient: absolute, as the fixture advises.
  private let state = Tolerance(relative: 0, absolute: 1e-7)
  private let all = Array(0..<MultiDGDGolden.trainCount)

  /// 1e-9 relative, or 1e-11 of the largest entry: entries that nearly cancel.
  private func gradient(_ expected: [Double]) -> Tolerance {
    Tolerance(relative: 1e-9, absolute: 1e-11 * expected.reduce(0) { max($0, abs($1)) })
  }

  @Test func lossesOfBothModalitiesAndOfTheCovariateAreThePublishedOnes() throws {
    let golden = try MultiDGDGolden("covariate-l1")
    let found = try PlainMultiFit(golden).losses(all, isLabelled: true)
    let data = zip(
      golden.arrays["terms/reconstruction_rna_per_cell"],
      golden.arrays["terms/reconstruction_atac_per_cell"]
    ).map { $0 + $1 }
    #expect(found.data.areClose(to: data, terms))
    #expect(found.spaces[0].areClose(to: golden.arrays["terms/mixture_per_cell"], terms))
    #expect(
      found.spaces[1].areClose(to: golden.arrays["terms/covariate_supervised_per_cell"], terms))
    let without = try PlainMultiFit(golden).losses(all, isLabelled: false)
    #expect(
      without.spaces[1].areClose(
        to: golden.arrays["terms/covariate_unsupervised_per_cell"], terms))
  }

  @Test(arguments: ["covariate-l1", "rna-only-nocovariate-nol1"])
  func gradientsAreThePublishedOnes(_ name: String) throws {
    let golden = try MultiDGDGolden(name)
    let fit = try PlainMultiFit(golden)
    let found = fit.losses(all, isLabelled: true)
    func compare(_ values: [Double], _ place: String) {
      let expected = golden.arrays["grad/\(place)"]
      #expect(
        !expected.isEmpty && values.areClose(to: expected, gradient(expected)),
        "\(place): \(values.difference(from: expected))")
    }
    for (name, values) in found.decoder { compare(values, "decoder/\(name)") }
    for (s, mixture) in found.mixtures.enumerated() {
      compare(found.rows[s], s == 0 ? "z_train" : "c_train")
      let space = fit.spaces[s]
      let before = try #require(space.mixture)
      let prior = space.prior.negativeGradient(before)
      let total = zip(mixture, prior).map { $0 + Double(all.count) * $1 }
      let (M, V) = (before.means.count, before.logPrecisions.count)
      let place = s == 0 ? "mixture" : "covariate_mixture"
      compare(Array(total[..<M]), "\(place)/mean")
      compare(Array(total[M..<M + V]), "\(place)/neglogvar")
      compare(Array(total[(M + V)...]), "\(place)/weight")
    }
  }

  @Test(arguments: ["rna_only", "atac_only"])
  func aMissingModalityCountsNothing(_ kind: String) throws {
    let golden = try MultiDGDGolden("covariate-l1")
    let found = try PlainMultiFit(golden, only: [kind == "rna_only" ? 0 : 1])
      .losses(all, isLabelled: false)
    let place = "missing_modality/\(kind)"
    let total = found.data.reduce(0, +) + found.spaces.reduce(0) { $0 + $1.reduce(0, +) }
    #expect([total].areClose(to: golden.arrays["\(place)/loss"], terms))
    for (rows, name) in zip(found.rows, ["grad_z", "grad_c"]) {
      let expected = golden.arrays["\(place)/\(name)"]
      #expect(!expected.isEmpty && rows.areClose(to: expected, gradient(expected)), "\(name)")
    }
  }

  @Test(arguments: ["covariate-l1", "rna-only-nocovariate-nol1"])
  func threeEpochsEndWhereThePublishedLoopDoes(_ name: String) throws {
    let golden = try MultiDGDGolden(name)
    var fit = try PlainMultiFit(golden)
    let isSplit = name == "covariate-l1"
    let place = "after_3_epochs/\(isSplit ? "two_minibatches" : "fullbatch")"
    let features = Double(MultiDGDGolden.columnCounts[..<golden.modalityCount].reduce(0, +))
    for epoch in 0..<3 {
      let losses = fit.epoch(isSplit ? MultiDGDGolden.minibatches : [all])
      let train = golden.arrays["\(place)/history/train_reconstruction_loss"]
      try #require(train.count == 3)
      #expect((losses.train / (50 * features)).isClose(to: train[epoch], .golden))
      let validation = golden.arrays["\(place)/history/validation_reconstruction_loss"]
      #expect((losses.validation / (15 * features)).isClose(to: validation[epoch], .golden))
    }
    func compare(_ values: [Double], _ part: String) {
      let expected = golden.arrays["\(place)/\(part)"]
      #expect(!expected.isEmpty && values.areClose(to: expected, state), "\(part)")
    }
    for (name, values) in fit.decoder { compare(values, "decoder/\(name)") }
    for (s, space) in fit.spaces.enumerated() {
      let mixture = try #require(space.mixture)
      let name = s == 0 ? "mixture" : "covariate_mixture"
      compare(mixture.means, "\(name)/mean")
      compare(mixture.logPrecisions, "\(name)/neglogvar")
      compare(mixture.weightLogits, "\(name)/weight")
      let cut = MultiDGDGolden.trainCount * space.dimension
      compare(Array(fit.points[s][..<cut]), s == 0 ? "z_train" : "c_train")
      compare(Array(fit.points[s][cut...]), s == 0 ? "z_validation" : "c_validation")
    }
  }

  /// The model goes the way of the published loop, in single precision, its penalty included.
  @Test func theModelFollowsThePublishedLoop() throws {
    let golden = try MultiDGDGolden("covariate-l1")
    let model = try MultiDGD(golden.configuration, for: golden.summary)
    var lanes = [try golden.lane(of: model)]
    var shared = model.start()
    shared.spaces = [0, 1].map { golden.space($0, of: model, "init") }
    shared.decoder = golden.singleDecoder(like: shared.decoder)
    let workers = Workers(threadCount: 1)
    for _ in 0..<3 {
      for cells in MultiDGDGolden.minibatches {
        _ = try model.machine.trainingStep(
          &shared, &lanes, minibatch: [cells[...]], with: Alone(), on: workers)
      }
      #expect(try model.step(&shared, &lanes, with: Alone(), on: workers).endsEpoch)
    }
    func compare(_ values: [Float], _ part: String) {
      let expected = golden.arrays["after_3_epochs/two_minibatches/\(part)"]
      let far = zip(values, expected).count {
        !Double($0).isClose(to: $1, .singlePrecisionFit)
      }
      // Where a gradient is as small as its rounding, Adam goes another way.
      #expect(values.count == expected.count && far <= expected.count / 50, "\(part): \(far)")
    }
    let layers =
      shared.decoder.trunk.dense
      + shared.decoder.heads.flatMap { head in
        head.hidden.dense + [DenseWeights(weights: head.output.weights, biases: head.output.biases)]
      }
    for (name, layer) in zip(golden.layerNames, layers) {
      compare(layer.weights, "decoder/\(name).weight")
      compare(layer.biases, "decoder/\(name).bias")
    }
    for (index, name) in ["z", "c"].enumerated() {
      let table = lanes[0].saved.spaces[index]
      let cut = MultiDGDGolden.trainCount * table.dimension
      compare(Array(table.values[..<cut]), "\(name)_train")
      compare(Array(table.values[cut...]), "\(name)_validation")
    }
  }
}

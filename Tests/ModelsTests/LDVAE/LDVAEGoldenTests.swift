import LinearAlgebra
import Models
import Networks
import Sums
import TestSupport
import Testing

private let alone = Workers(threadCount: 1)

/// The layers and the step of LDVAE against those of scvi-tools, in double precision.
struct LDVAEGoldenTests {
  /// Every part's numbers, by name.
  private func parts(
    _ network: AutoencoderNetwork<Double>
  ) -> [(name: String, values: [Double])] {
    var network = network
    var parts: [(name: String, values: [Double])] = []
    network.withEachParameters { name, parameters in
      parts.append((name: name, values: parameters.values))
    }
    return parts
  }

  private func expectEqual(
    _ found: [Double], _ published: [Double], within share: Double, _ name: String
  ) {
    #expect(found.count == published.count && !published.isEmpty, "\(name)")
    let largest = published.reduce(0) { max($0, abs($1)) }
    let worst = zip(found, published).map { abs($0 - $1) }.max() ?? .nan
    #expect(worst <= share * largest + 1e-12, "\(name): \(worst) of \(largest)")
  }

  @Test(arguments: LDVAEGolden.names)
  func lossAndAllGradientsAreThoseOfThePublishedTool(name: String) throws {
    let golden = try LDVAEGolden(name)
    let network = golden.network("init")
    let gradient = try network.gradient(
      golden.batch, golden.noise(0), golden.objective, AutoencoderPools(), with: Alone(), on: alone)
    let losses = gradient.losses
    for (found, published) in [
      (losses.reconstruction, golden.arrays["terms/reconstruction_loss"]),
      (losses.divergence, golden.arrays["terms/kl_z"]),
      (losses.libraryDivergence, golden.arrays["terms/kl_l"]),
    ] {
      #expect(
        found.isClose(
          to: published.reduce(0, +),
          Tolerance(relative: golden.agreement, absolute: 1e-9)))
    }
    let expected = parts(golden.network("grad"))
    let found = network.byParts(gradient)
    #expect(found.count == expected.count)
    // A bias before a normalisation has no gradient: what there is of it is rounding of the largest ones.
    let largest = expected.flatMap(\.values).reduce(0) { max($0, abs($1)) }
    for (part, gradient) in zip(expected, found) {
      #expect(gradient.count == part.values.count, "\(part.name)")
      for (mine, theirs) in zip(gradient, part.values) {
        #expect(
          abs(mine - theirs) <= golden.agreement * (abs(theirs) + 1e-2 * largest),
          "\(part.name): \(mine), \(theirs)")
      }
    }
  }

  @Test(arguments: LDVAEGolden.names)
  func threeStepsLeadWhereTheyLeadThePublishedTool(name: String) throws {
    let golden = try LDVAEGolden(name)
    var network = golden.network("init")
    let pools = AutoencoderPools()
    var losses: [Double] = []
    for step in 1...3 {
      let gradient = try network.gradient(
        golden.batch, golden.noise(step - 1), golden.objective, pools, with: Alone(), on: alone)
      let sums = gradient.losses
      losses.append(
        (sums.reconstruction + golden.objective.divergenceWeight * sums.divergence
          + sums.libraryDivergence) / sums.count)
      network.move(
        golden.step(step), dispersions: golden.step(step), along: gradient, pools, on: alone)
    }
    expectEqual(
      losses, golden.arrays["losses_3_steps"], within: golden.agreement, "losses of three steps")
    for (found, expected) in zip(parts(network), parts(golden.network("after_3_steps"))) {
      expectEqual(found.values, expected.values, within: golden.agreement, found.name)
    }
    for (found, place) in [
      (network.encoder, "z_encoder"), (network.libraryEncoder, "l_encoder"),
    ] {
      guard let found else { continue }
      guard case .normalization(let layer) = found.rest.layers[0] else {
        Issue.record("no normalisation behind the first layer")
        continue
      }
      let running = "after_3_steps/\(place).encoder.fc_layers.Layer 0.1.running"
      expectEqual(
        layer.runningMeans, golden.arrays["\(running)_mean"], within: golden.agreement, place)
      expectEqual(
        layer.runningVariances, golden.arrays["\(running)_var"], within: golden.agreement, place)
    }
    guard golden.isNormalized else { return }
    let running = "after_3_steps/decoder.factor_regressor.fc_layers.Layer 0.1.running"
    let output = network.output.mean
    expectEqual(
      output.runningMeans, golden.arrays["\(running)_mean"], within: golden.agreement, "means")
    expectEqual(
      output.runningVariances, golden.arrays["\(running)_var"], within: golden.agreement,
      "variances")
  }
}

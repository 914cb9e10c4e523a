import Concurrency
import Modeling
import Models
import Networks
import Probability
import TestSupport
import Testing

/// What each setting of DGD does that no other test sets.
struct DGDSettingTests {
  private let workers = Workers(threadCount: 1)

  /// The state after some steps of a small fit from the published start, without validation.
  private func state(
    _ settings: [String: String] = [:], steps: Int = 6, data: BatteryData? = nil
  ) throws -> BatteryState<DGD> {
    let plain = ["validation-fraction": "0", "test-fraction": "0", "epochs": "3"]
    let fit = try BatteryFit<DGD>(
      try data ?? BatteryData(), settings: plain.merging(settings) { $1 })
    return try fit.run(steps: steps)[0]
  }

  private func mixture(_ state: BatteryState<DGD>) throws -> GaussianMixture {
    try #require(state.shared.spaces[0].mixture)
  }

  private func norms(_ mixture: GaussianMixture) -> [Double] {
    let L = mixture.dimension
    return (0..<mixture.componentCount).map { k in
      mixture.means[k * L..<(k + 1) * L].reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }

  @Test func theSoftballsRadiusSaysHowFarMeansStart() throws {
    let near = norms(try mixture(state(["softball-radius": "1"], steps: 0)))
    let far = norms(try mixture(state(["softball-radius": "10"], steps: 0)))
    #expect(near.allSatisfy { $0 <= 1 })
    // The same draws, ten times as far.
    #expect(zip(far, near).allSatisfy { $0.isClose(to: 10 * $1, .specialFunction) })
  }

  @Test func aHarderSoftballPullsMeansBeyondItsRadiusHarder() throws {
    func slope(_ hardness: String) throws -> Double {
      let space = try state(["softball-hardness": hardness, "sigma": "1"], steps: 0).shared.spaces[
        0]
      var mixture = try #require(space.mixture)
      mixture.means = mixture.means.map { _ in 3 }
      return space.prior.negativeGradient(mixture)[0]
    }
    #expect(try slope("5") > 4 * slope("1"))
  }

  @Test func aWiderPriorOfTheWidthsLetsThemMoveFarther() throws {
    func deviation(_ spread: String) throws -> Double {
      let start = try mixture(state(["sigma-spread": spread], steps: 0)).logPrecisions
      let end = try mixture(state(["sigma-spread": spread])).logPrecisions
      return zip(start, end).reduce(0) { $0 + abs($1.0 - $1.1) }
    }
    #expect(try deviation("5") > 1.5 * deviation("0.01"))
  }

  @Test func aPriorForEverySampleHoldsWeightsCloserThanOneForTheDataSet() throws {
    // A concentration that wants even weights; the data do not.
    func unevenness(_ weight: String) throws -> Double {
      let weights = try mixture(
        state(["prior-weight": weight, "dirichlet": "50", "mixture-rate": "0.05"])
      ).weights
      return weights.reduce(0) { max($0, $1) } - weights.reduce(1) { min($0, $1) }
    }
    #expect(try unevenness("per-sample") < unevenness("per-data-set"))
  }

  @Test func eachRateMovesItsOwnPartAlone() throws {
    func parts(_ settings: [String: String]) throws -> [[UInt64]] {
      let still = ["decoder-rate": "0", "representation-rate": "0", "mixture-rate": "0"]
      let state = try state(still.merging(settings) { $1 })
      let head = state.shared.decoder.heads[0]
      return [
        head.output.weights.map { UInt64($0.bitPattern) },
        state.saved.flatMap { $0.spaces[0].values.map { UInt64($0.bitPattern) } },
        try mixture(state).means.map(\.bitPattern),
      ]
    }
    let still = try parts([:])
    for (moving, name) in ["decoder-rate", "representation-rate", "mixture-rate"].enumerated() {
      let moved = try parts([name: "0.01"])
      for part in 0..<3 { #expect((moved[part] != still[part]) == (part == moving), "\(name)") }
    }
  }

  @Test func theDecodersRateChangesAtItsEpochsAndOnlyThere() throws {
    let rates = ["rate-epochs": "1", "rate-factor": "0"]
    // Three minibatches and the epoch's end.
    let constant = try state(steps: 4).shared.decoder.heads[0].output.weights
    let one = try state(rates, steps: 4).shared.decoder.heads[0].output.weights
    let two = try state(rates, steps: 8).shared.decoder.heads[0].output.weights
    #expect(one == constant)
    #expect(two == one, "a factor of 0 stops the decoder")
    #expect(try state(steps: 8).shared.decoder.heads[0].output.weights != two)
  }

  @Test func momentumMovesRepresentationsAlongTheSumOfTheirGradients() throws {
    let settings = [
      "representation-momentum": "0.5", "representation-rate": "0.01", "weight-decay": "0",
      "batch": "60", "epochs": "1", "start": "published",
    ]
    // One minibatch: the first step is −rate × gradient, from zero.
    let saved = try state(settings, steps: 1).saved.map { $0.spaces[0] }
    for table in saved {
      #expect(table.values == table.gradients.map { 0 - Float(0.01) * $0 })
      #expect(table.values.contains { $0 != 0 })
    }
  }

  @Test func supervisedComponentsGatherTheCellsOfTheirClass() throws {
    let data = try BatteryData(rowCount: 240, columnCount: 60, components: 3, seed: 4)
    for each in [1, 2] {
      // Every fifth cell has no label.
      let labels = data.trueComponents.enumerated().map { row, component -> String? in
        row % 5 == 4 ? nil : "type \(component)"
      }
      let labelled = data.with(column: NamedColumn("type", .strings(labels)))
      let fit = try BatteryFit<DGD>(
        labelled,
        settings: [
          "labels": "type", "supervised": "true", "components-per-class": "\(each)",
          "start": "spectral", "latent": "4", "hidden": "12", "batch": "60", "epochs": "20",
          "frozen-epochs": "4", "embedding-steps": "10",
        ])
      let end = try fit.run(steps: 10_000)[0]
      let mixture = try mixture(end)
      let classes = mixture.classes
      #expect(mixture.componentCount == classes.count && Set(classes).count * each == classes.count)
      var agreeing = 0
      for (output, range) in zip(try fit.output(end), fit.lanes) {
        guard
          case .categories(let codes, let names, _)? = output.columns.first(where: {
            $0.name == "dgd_component"
          })?.column
        else { continue }
        for (row, code) in zip(range, codes) {
          let name = each == 1 ? names[Int(code)] : String(names[Int(code)].dropLast(2))
          if name == "type \(data.trueComponents[row])" { agreeing += 1 }
        }
      }
      #expect(agreeing > 216, "\(agreeing) of 240 with \(each) a class")
    }
  }

  @Test func embeddingStartsAtTheProjectionOrAtTheBestComponent() throws {
    let data = try BatteryData(rowCount: 120, columnCount: 40)
    let fit = try BatteryFit<DGD>(
      data, settings: ["start": "spectral", "epochs": "3", "frozen-epochs": "1"])
    let end = try fit.run(steps: 10_000)[0]
    let mixture = try mixture(end)
    let L = mixture.dimension
    let means = (0..<mixture.componentCount).map { k in
      mixture.means[k * L..<(k + 1) * L].map { Float($0) }
    }
    func places(_ start: String) throws -> [[Float]] {
      var settings = fit.model.configuration
      try DGDConfiguration.setting(named: "embedding-start").set(start, in: &settings)
      guard case .group(var stored) = fit.storedFit(end.shared) else { return [] }
      stored["settings"] = settings.storedTree
      let embedding = try DGD.embedding(of: .group(stored), for: data.summary, steps: 0)
      var lanes = [try embedding.lane(from: data.rows(0..<120))]
      embedding.represent(&lanes, on: workers) { _ in }
      return (0..<120).map { Array(lanes[0].saved.spaces[0][$0]) }
    }
    #expect(try places("component").allSatisfy { means.contains($0) })
    // Cells with the same profile are at the same place: of 120 some share theirs.
    #expect(try Set(places("projection")).count > 20 * means.count)
  }
}

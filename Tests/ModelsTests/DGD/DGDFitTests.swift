import Concurrency
import Metrics
import Modeling
import Models
import Networks
import Optimization
import Probability
import TestSupport
import Testing

/// Whole fits of DGD: what it recovers, when it moves and when it stops.
struct DGDFitTests {
  private func components(_ outputs: [RowOutput]) -> [Int] {
    outputs.flatMap { output in
      guard
        case .categories(let codes, _, _)? = output.columns.first(where: {
          $0.name == "dgd_component"
        })?.column
      else { return [Int]() }
      return codes.map(Int.init)
    }
  }

  @Test func simulatedComponentsAreRecoveredAndFoundAgain() throws {
    let data = try BatteryData(rowCount: 600, columnCount: 200, components: 5, seed: 1)
    let fit = try BatteryFit<DGD>(
      data,
      settings: [
        "components": "5", "latent": "8", "hidden": "20,20", "batch": "128", "epochs": "40",
        "frozen-epochs": "10", "embedding-steps": "10", "start": "spectral",
      ])
    let end = try fit.run(steps: 10_000, threads: 2)[0]
    #expect(end.reports.last?.termination == .planCompleted)
    let found = components(try fit.output(end))
    let table = ContingencyTable(truth: data.trueComponents, prediction: found)
    #expect(adjustedRandIndex(table) > 0.9)

    // The fit alone, without the training data, puts the same cells into the same components.
    let embedding = try DGD.embedding(
      of: fit.storedFit(end.shared), for: data.summary, steps: nil)
    var lanes = [try embedding.lane(from: data.rows(0..<600))]
    embedding.represent(&lanes, on: Workers(threadCount: 2)) { _ in }
    let again = components(lanes.map(embedding.output))
    #expect(zip(again, found).count { $0 == $1 } >= 570)
  }

  @Test func theSpectralStartHasTheSameBitsForEverySplit() throws {
    let fit = try BatteryFit<DGD>(BatteryData(), settings: ["start": "spectral"])
    let end = try fit.run(steps: 10_000)[0]
    #expect(end.reports.last?.termination == .planCompleted)
    let expected = try end.fingerprint()
    for split in [[0..<4, 4..<8], [0..<1, 1..<3, 3..<8], [0..<0, 0..<7, 7..<8]] {
      let members = try fit.run(steps: 10_000, split: split, threads: 2)
      #expect(try fit.joined(members).fingerprint() == expected, "\(split)")
    }
    // Interrupted within the start.
    let half = fit.joined(try fit.run(steps: 5, split: [0..<3, 3..<8]))
    let rest = try fit.run(steps: 10_000, split: [0..<6, 6..<8], from: half)
    #expect(try fit.joined(rest).fingerprint() == expected)
  }

  @Test func representationsStandStillWithinAnEpochAndMoveAtItsEnd() throws {
    let fit = try BatteryFit<DGD>(
      BatteryData(), settings: ["start": "published", "validation-fraction": "0", "epochs": "2"])
    // 54 training cells, minibatches of 24: three steps an epoch.
    let one = try fit.run(steps: 1)[0].saved.flatMap(\.spaces[0].values)
    let two = try fit.run(steps: 2)[0].saved.flatMap(\.spaces[0].values)
    let three = try fit.run(steps: 3)[0].saved.flatMap(\.spaces[0].values)
    #expect(one.allSatisfy { $0 == 0 })
    #expect(two == one)
    #expect(three != one)
  }

  @Test func theFitStopsEarlyWhenValidationNoLongerImproves() throws {
    // Rates so large that the validation loss cannot keep improving.
    let fit = try BatteryFit<DGD>(
      BatteryData(),
      settings: ["epochs": "200", "patience": "3", "frozen-epochs": "0", "decoder-rate": "0.3"])
    let reports = try fit.run(steps: 100_000)[0].reports
    #expect(reports.last?.termination == .earlyStopping)
    #expect(reports.count { $0.endsEpoch } < 200)
    let remark = reports.compactMap(\.remark).first { $0.contains("stopping early") }
    #expect(remark != nil)
  }

  @Test func permutedRowsGiveTheSameFitButForRounding() throws {
    // One minibatch of all cells, no split, no random start of the cells: only the order differs.
    let settings = [
      "start": "published", "validation-fraction": "0", "test-fraction": "0", "batch": "60",
      "epochs": "3",
    ]
    let order = (0..<60).map { ($0 * 7 + 3) % 60 }
    let plain = try BatteryFit<DGD>(BatteryData(), settings: settings)
    let permuted = try BatteryFit<DGD>(BatteryData(order: order), settings: settings)
    let expected = try plain.run(steps: 6)[0]
    let found = try permuted.run(steps: 6)[0]
    let tolerance = Tolerance.singlePrecisionFit
    func weights(_ state: BatteryState<DGD>) -> [Double] {
      state.shared.decoder.heads[0].output.weights.map { Double($0) }
    }
    #expect(weights(found).areClose(to: weights(expected), tolerance))
    let mixture = found.shared.spaces[0].mixture?.parameters ?? []
    let wantedMixture = expected.shared.spaces[0].mixture?.parameters ?? [.nan]
    #expect(mixture.areClose(to: wantedMixture, tolerance))
    let rows = expected.saved.flatMap { $0.spaces[0].values.map { Double($0) } }
    let permutedRows = found.saved.flatMap { $0.spaces[0].values.map { Double($0) } }
    let wanted = order.flatMap { rows[$0 * 3..<($0 + 1) * 3] }
    #expect(permutedRows.areClose(to: wanted, tolerance))
  }

  @Test func settingsThatDoNotGoTogetherAreRefusedByName() {
    func refused(_ settings: [String: String]) -> String? {
      do {
        _ = try BatteryFit<DGD>.configuration(settings)
        return nil
      } catch {
        return (error as? SettingError)?.name
      }
    }
    #expect(refused([:]) == nil)
    #expect(refused(["supervised": "true"]) == "supervised")
    #expect(
      refused(["validation-fraction": "0.5", "test-fraction": "0.5"]) == "validation-fraction")
    #expect(refused(["activation": "relu"]) == "activation")
    #expect(refused(["activation": "softmax", "likelihood": "gaussian"]) == "activation")
    #expect(refused(["activation": "softplus", "likelihood": "bernoulli"]) == "activation")
    #expect(refused(["mask": "regulons", "hidden": "none", "start": "spectral"]) == "mask")
  }

  @Test func aLabelColumnThatIsNotThereIsNamedWithTheNearestOne() throws {
    var summary = try BatteryData().summary
    summary.rows.columns = [
      NamedColumn("cell_type", .strings(Array(repeating: "B", count: 60)))
    ]
    var settings = DGDConfiguration()
    settings.labels = "cell_typ"
    let error = #expect(throws: ModelError.self) { try DGD(settings, for: summary) }
    #expect(error?.description.contains("cell_type") == true)
  }
}

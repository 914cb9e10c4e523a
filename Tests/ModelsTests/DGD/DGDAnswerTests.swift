import Concurrency
import Metrics
import Modeling
import Models
import Networks
import Optimization
import Probability
import Sums
import TestSupport
import Testing

/// Fits whose answers hold: against a model without latents, at twice the length, for the cells of the training
/// themselves.
struct DGDAnswerTests {
  private static let settings = [
    "components": "5", "latent": "6", "hidden": "20,20", "batch": "64", "start": "spectral",
    "frozen-epochs": "none", "embedding-start": "best", "embedding-steps": "300",
    "epochs": "none",
  ]

  private func fit(_ data: BatteryData, _ settings: [String: String] = [:]) throws -> BatteryFit<
    DGD
  > {
    try BatteryFit<DGD>(data, settings: Self.settings.merging(settings) { $1 })
  }

  private func numbers(_ name: String, _ outputs: [RowOutput]) -> [Double] {
    outputs.flatMap { output -> [Double] in
      guard
        case .numbers(let values)? = output.columns.first(where: { $0.name == name })?.column
      else { return [] }
      return values
    }
  }

  private func codes(_ name: String, _ outputs: [RowOutput]) -> [Int] {
    outputs.flatMap { output -> [Int] in
      guard
        case .categories(let codes, _, _)? = output.columns.first(where: { $0.name == name })?
          .column
      else { return [] }
      return codes.map { Int($0) }
    }
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test func aFitToConvergenceIsCalibratedAndBetterThanTheMeanProfile() throws {
    let data = try BatteryData(rowCount: 600, columnCount: 150, components: 5, seed: 1)
    let fit = try fit(data)
    let end = try fit.run(steps: 100_000, threads: 2)[0]
    #expect(end.reports.last?.termination == .earlyStopping)
    let output = try fit.output(end)
    let split = codes("distfit_split", output)
    let losses = numbers("dgd_negative_log_likelihood", output)
    let null = numbers("dgd_null_negative_log_likelihood", output)
    for use in 1...2 {
      let rows = split.indices.filter { split[$0] == use }
      let found = try #require(
        NullComparison(losses: rows.map { losses[$0] }, null: rows.map { null[$0] }, values: 150))
      #expect(found.loss < found.null - 4 * found.standardError, "use \(use)")
      let zeros = mean(rows.map { numbers("dgd_zeros", output)[$0] })
      let expected = mean(rows.map { numbers("dgd_expected_zeros", output)[$0] })
      #expect(abs(zeros - expected) < 0.01, "use \(use): \(zeros), \(expected)")
      let residuals = mean(rows.map { numbers("dgd_squared_residual", output)[$0] })
      #expect(abs(residuals - 1) < 0.1, "use \(use): \(residuals)")
    }
    let table = ContingencyTable(
      truth: data.trueComponents, prediction: codes("dgd_component", output))
    #expect(adjustedRandIndex(table) > 0.9)
    let shares = output.flatMap { output in
      output.matrices.first { $0.name == "X_dgd_responsibilities" }?.elements ?? []
    }
    #expect(shares.count == 600 * 5)
    #expect(
      stride(from: 0, to: shares.count, by: 5).allSatisfy {
        abs(shares[$0..<$0 + 5].reduce(0, +) - 1) < 1e-4
      })
  }

  @Test func embeddingTrainingCellsGivesTheirOwnLoss() throws {
    let data = try BatteryData(rowCount: 400, columnCount: 120, components: 5, seed: 2)
    let fit = try fit(data, ["epochs": "200", "patience": "0"])
    let end = try fit.run(steps: 100_000, threads: 2)[0]
    let embedding = try DGD.embedding(
      of: fit.storedFit(end.shared), for: data.summary, steps: nil)
    var lanes = [try embedding.lane(from: data.rows(0..<400))]
    embedding.represent(&lanes, on: Workers(threadCount: 2)) { _ in }
    let output = try fit.output(end)
    let split = codes("distfit_split", output)
    let own = numbers("dgd_negative_log_likelihood", output)
    let again = numbers("dgd_negative_log_likelihood", lanes.map(embedding.output))
    let train = split.indices.filter { split[$0] == 0 }
    let (wanted, found) = (mean(train.map { own[$0] }), mean(train.map { again[$0] }))
    #expect(abs(found - wanted) < 0.005 * wanted, "\(found), in the fit \(wanted)")
  }

  @Test func componentsAndScalesStayHoweverLongTheTraining() throws {
    let data = try BatteryData(rowCount: 400, columnCount: 120, components: 5, seed: 3)
    func run(_ epochs: Int) throws -> (BatteryState<DGD>, [Int]) {
      let fit = try fit(data, ["epochs": "\(epochs)", "patience": "0", "frozen-epochs": "10"])
      let end = try fit.run(steps: 100_000, threads: 2)[0]
      return (end, codes("dgd_component", try fit.output(end)))
    }
    let (short, long) = (try run(40), try run(600))
    #expect(Set(short.1).count == 5)
    #expect(Set(long.1).count == 5)
    let truth = data.trueComponents
    #expect(adjustedRandIndex(ContingencyTable(truth: truth, prediction: long.1)) > 0.9)
    // Scales are what the start made them: the same for any length.
    #expect(!long.0.shared.spaces[0].scales.isEmpty)
    #expect(long.0.shared.spaces[0].scales == short.0.shared.spaces[0].scales)
  }

  @Test func patienceCountsFromWhereRepresentationsMoveAndTheBestStateIsKept() throws {
    let data = try BatteryData(rowCount: 200, columnCount: 60, components: 3)
    let patient = try fit(data, ["epochs": "100", "patience": "1", "frozen-epochs": "60"])
    let reports = try patient.run(steps: 100_000)[0].reports
    #expect(reports.count { $0.endsEpoch } > 60)
    // Steps so large that the last state is not the best.
    let hasty = try fit(
      data, ["epochs": "100", "patience": "4", "frozen-epochs": "5", "decoder-rate": "0.1"])
    let end = try hasty.run(steps: 100_000)[0]
    let losses = end.reports.filter(\.endsEpoch).dropFirst(5).compactMap { report in
      report.measures.first { $0.name == "validation" }?.value
    }
    #expect(end.reports.contains { $0.remark?.contains("is kept") == true })
    let output = try hasty.output(end)
    let split = codes("distfit_split", output)
    let own = numbers("dgd_negative_log_likelihood", output)
    let validation = mean(split.indices.filter { split[$0] == 1 }.map { own[$0] }) / 60
    let (best, last) = (try #require(losses.min()), try #require(losses.last))
    // Validation cells took one more step after the best loss was measured.
    #expect(abs(validation - best) < abs(validation - last))
  }

  @Test func aCellWithoutCountsHasNoComponent() throws {
    let data = try BatteryData(rowCount: 120, columnCount: 40, zeroRows: [7, 60])
    let fit = try fit(data, ["epochs": "20", "components": "labels", "labels": "class"])
    let end = try fit.run(steps: 100_000)[0]
    let output = try fit.output(end)
    let found = codes("dgd_component", output)
    #expect(found[7] == -1 && found[60] == -1)
    #expect(found.indices.allSatisfy { $0 == 7 || $0 == 60 || found[$0] >= 0 })
    let probabilities = numbers("dgd_component_probability", output)
    #expect(probabilities[7].isNaN && probabilities[60].isNaN)
    let classes = data.summary.rows["class"]?.asCategories?.names.count
    #expect(end.shared.spaces[0].mixture?.componentCount == classes)
  }
}

/// A point's way downhill.
struct QuasiNewtonDescentTests {
  private func minimum(
    from start: [Double], limit: Int = 500, _ f: ([Double]) -> (Double, [Double])
  ) -> QuasiNewtonDescent {
    var descent = QuasiNewtonDescent(from: start)
    while !descent.isDone {
      let (value, gradient) = f(descent.trial)
      descent.evaluated(value, gradient: gradient, limit: limit)
    }
    return descent
  }

  @Test func itGoesRoundTheBendOfRosenbrocksValley() {
    let found = minimum(from: [-1.2, 1]) { z in
      let (a, b) = (1 - z[0], z[1] - z[0] * z[0])
      return (10 + a * a + 100 * b * b, [-2 * a - 400 * z[0] * b, 200 * b])
    }
    #expect(found.isConverged)
    #expect(found.value < 10.001)
    #expect(found.evaluationCount < 200)
  }

  @Test func aLossThatIsNotFiniteMovesNothing() {
    let bad = minimum(from: [3, 4]) { _ in (.infinity, [1, 1]) }
    #expect(bad.point == [3, 4] && !bad.isConverged)
    // A wall beyond 1: the point stays before it.
    let wall = minimum(from: [0]) { z in (z[0] > 1 ? .nan : -z[0], [-1]) }
    #expect(wall.point[0] > 0.99 && wall.point[0] <= 1)
    let few = minimum(from: [0], limit: 3) { z in ((z[0] - 50) * (z[0] - 50), [2 * (z[0] - 50)]) }
    #expect(few.evaluationCount == 3 && !few.isConverged)
  }
}

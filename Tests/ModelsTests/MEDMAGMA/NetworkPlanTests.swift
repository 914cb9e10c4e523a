import Concurrency
import Modeling
import Models
import Probability
import TestSupport
import Testing

/// What a plan says of fits of networks, and input that the methods themselves must stand.
@Suite struct NetworkPlanTests {
  let workers = Workers(threadCount: 1)

  @Test func memoryGrowsWithTheSquareOfTheCellsAndNotWithAllGenes() {
    let settings = MEDMAGMAConfiguration()
    func bytes(_ cells: Int, _ genes: Int) -> Int {
      let shape = DataShape(rowCount: cells, columnCount: genes, nonZeroCount: cells * 100)
      return MEDMAGMA.plan(settings, shape, ranks: 1).memory
        .first { $0.name == "ten matrices an axis" }?.bytes ?? 0
    }
    #expect(bytes(100, 20_000) == 10 * 8 * 2 * 100 * 100)
    #expect(bytes(200, 20_000) == 4 * bytes(100, 20_000))
    #expect(bytes(100, 30_000) == bytes(100, 20_000))
    #expect(bytes(5000, 30_000) == 10 * 8 * (5000 * 5000 + 2000 * 2000))
  }

  @Test func aPlanHasTheIterationsOfTheSettingsAndATime() throws {
    var settings = MEDMAGMAConfiguration()
    settings.iterations = 7
    let shape = DataShape(rowCount: 12, columnCount: 15, nonZeroCount: 150)
    #expect(MEDMAGMA.plan(settings, shape, ranks: 3).epochs == 7)
    let times = try MEDMAGMA.measuredEpochs(settings, shape, ranks: [1, 4], on: workers)
    #expect(times.count == 2 && times[0] > 0 && times[0] == times[1])
    let tiny = DataShape(rowCount: 2, columnCount: 15, nonZeroCount: 20)
    #expect(throws: ModelError.self) {
      _ = try MEDMAGMA.measuredEpochs(settings, tiny, ranks: [1], on: workers)
    }
    let plan = GmGM.plan(GmGMConfiguration(), shape, ranks: 1)
    #expect(plan.openingMessages == 2 && plan.openingBytes > 8 * 12 * 12)
    #expect(plan.messagesPerStep == 1)
    let forecast = try GmGM.measuredEpochs(GmGMConfiguration(), shape, ranks: [1], on: workers)
    #expect(forecast.count == 1 && forecast[0] > 0)
    #expect(throws: ModelError.self) {
      _ = try GmGM.measuredEpochs(GmGMConfiguration(), tiny, ranks: [1], on: workers)
    }
  }

  @Test func ranksHandRoundTheBlocksOfLargeMatricesOnly() {
    let settings = MEDMAGMAConfiguration()
    func plan(_ cells: Int, ranks: Int) -> FitPlan {
      MEDMAGMA.plan(
        settings, DataShape(rowCount: cells, columnCount: 2000, nonZeroCount: cells * 100),
        ranks: ranks)
    }
    #expect(plan(1000, ranks: 1).bytesPerStep == FitPlan.loopBytes)
    #expect(plan(100, ranks: 4).bytesPerStep == FitPlan.loopBytes)
    #expect(plan(1000, ranks: 4).messagesPerStep == 15)
    #expect(plan(1000, ranks: 4).bytesPerStep > 8 * 1000 * 1000)
    #expect(plan(100, ranks: 1).openingBytes == 8 * (6 * 2000 + 100 * 100))
  }

  @Test func eigenvaluesThatAreAllNegativeGiveFiniteNetworks() throws {
    let (e1, e2) = ([-5.0, -3, -1], [-4.0, -2, -1, -0.5])
    let solution = EigenvalueKernel().solve(e1, e2, on: workers)
    #expect((solution.lambda + solution.mu).allSatisfy { $0.isFinite && $0 > 0 && $0 <= 1e6 })
    let penalized = try PenalizedEigenvalues(penalty: 0.01).solve(e1, e2, on: workers)
    #expect((penalized.lambda + penalized.mu).allSatisfy { $0.isFinite })
  }

  @Test func oneClassIsNothingToCompareNetworksWith() throws {
    let rows = Table(
      names: ["a", "b", "c"],
      columns: [
        NamedColumn("kind", .categories(codes: [0, 0, 0], names: ["only"], isOrdered: false))
      ])
    let error = #expect(throws: ModelError.self) {
      _ = try NetworkClasses("kind", of: rows, in: "cells.h5ad: obs")
    }
    #expect(error?.description.contains("kind has one class") == true)
  }

  /// A vertex joins the others with chances proportional to their degrees plus one.
  @Test func treesGrowByDegreePlusOne() {
    var joinedCentre = 0
    let trials = 4000
    for seed in 0..<trials {
      let tree = PreferentialTree(
        vertexCount: 4, random: RandomSource(seed: UInt64(seed)), purpose: "tree")
      // Vertex 2 makes a path whose middle, the vertex it joined, has two neighbours: 3 of 7 chances.
      if tree.parents[2] == tree.parents[1] { joinedCentre += 1 }
    }
    let share = Double(joinedCentre) / Double(trials)
    #expect(share.isClose(to: 3.0 / 7, .frequencyOf4000))
  }
}

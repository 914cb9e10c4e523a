import LinearAlgebra
import Modeling
import Models
import Optimization
import Sums
import TestSupport
import Testing

/// Fits of LDVAE and VAE to small data, and what is made of them.
struct LDVAEFitTests {
  private let batches = ["batch-key": "donor"]

  private func fit<Kind: AutoencoderKind>(
    _ settings: [String: String], _ data: BatteryData, _ type: Autoencoder<Kind>.Type
  ) throws -> (fit: BatteryFit<Autoencoder<Kind>>, end: BatteryState<Autoencoder<Kind>>) {
    let fit = try BatteryFit<Autoencoder<Kind>>(data, settings: settings)
    return (fit, try fit.run(steps: 1000)[0])
  }

  @Test func weightOfTheDivergenceGrowsAsPlannedAndAsPublished() throws {
    var settings = AutoencoderSettings()
    func weight(epoch: Int, step: Int) -> Double {
      settings.divergenceWeight(epoch: epoch, step: step, plannedSteps: 400)
    }
    #expect(weight(epoch: 0, step: 0) == 0.01)
    #expect(weight(epoch: 9, step: 99) == 1 && weight(epoch: 30, step: 399) == 1)
    settings.warmupEpochs = 400
    #expect(weight(epoch: 0, step: 0) == 0 && weight(epoch: 100, step: 7) == 0.25)
    settings.warmupEpochs = 0
    #expect(weight(epoch: 0, step: 0) == 1)
  }

  /// The encoder alone gives the cells of the fit what the fit says of them.
  @Test func embeddedCellsOfTheFitAreWhereTheFitHasThem() throws {
    let data = try BatteryData()
    let (fit, end) = try fit(batches, data, LDVAE.self)
    let embedding = try LDVAE.embedding(
      of: fit.storedFit(end.shared), for: data.summary, steps: nil)
    var lanes = [try embedding.lane(from: data.rows(0..<60))]
    embedding.represent(&lanes, on: Workers(threadCount: 1)) { _ in }
    let found = embedding.output(lanes[0]).matrices.filter { $0.name == "X_ldvae" }
      .flatMap(\.elements)
    let expected = try fit.output(end).flatMap { output in
      output.matrices.filter { $0.name == "X_ldvae" }.flatMap(\.elements)
    }
    #expect(found.count == 180 && found == expected)
    #expect(throws: ModelError.self) {
      try LDVAE.embedding(of: fit.storedFit(end.shared), for: data.summary, steps: 3)
    }
  }

  @Test func cellsOfAnUnknownBatchAreRefusedOrDecodedByTheMean() throws {
    let data = try BatteryData()
    let (fit, end) = try fit(batches, data, LDVAE.self)
    let stored = fit.storedFit(end.shared)
    var others = data.summary
    others.rows = Table(
      names: others.rows.names,
      columns: [NamedColumn("donor", .strings(others.rows.names.map { _ in "nobody" }))])
    let error = #expect(throws: ModelError.self) {
      try LDVAE.embedding(of: stored, for: others, steps: nil)
    }
    #expect(error?.description.contains("--unseen-batch average") == true)
    let (lenient, lenientEnd) = try self.fit(
      batches.merging(["unseen-batch": "average"]) { $1 }, data, LDVAE.self)
    let embedding = try LDVAE.embedding(
      of: lenient.storedFit(lenientEnd.shared), for: others, steps: nil)
    var lanes = [try embedding.lane(from: data.rows(0..<60))]
    embedding.represent(&lanes, on: Workers(threadCount: 1)) { _ in }
    let losses = embedding.losses(lanes[0])
    #expect(losses.count == 60 && losses.allSatisfy { $0.isFinite })
  }

  /// As another batch, expected counts are others; they add up to the scale whatever the batch.
  @Test func decodingAsAnotherBatchChangesExpectedCounts() throws {
    let data = try BatteryData()
    let (fit, end) = try fit(batches, data, VAE.self)
    let decoder = try VAE.decoder(of: fit.storedFit(end.shared))
    let latents: [Float] = [0.5, -1, 0.25]
    let rows = data.summary.rows.selecting([0])
    let own = try decoder.preparing(for: rows, asBatch: nil).expectedValues(
      ofRows: 0..<1, representations: latents, scales: [100])
    let other = try decoder.preparing(for: rows, asBatch: "donor5").expectedValues(
      ofRows: 0..<1, representations: latents, scales: [100])
    #expect(own.count == 24 && own != other)
    for values in [own, other] {
      #expect(Double(values.reduce(0, +)).isClose(to: 100, Tolerance(relative: 1e-4)))
    }
    #expect(throws: ModelError.self) { try decoder.preparing(for: rows, asBatch: "donor99") }
  }

  @Test func factorsComeByStrengthAndWithTheSignOfTheirCubes() throws {
    let (fit, end) = try fit(["epochs": "40"], BatteryData(), LDVAE.self)
    let output = fit.model.sharedOutput(end.shared)
    let loadings = try #require(output.matrices.first { $0.name == "ldvae_loadings" })
    for factor in 0..<3 {
      let cubes = stride(from: factor, to: loadings.elements.count, by: 3).reduce(0.0) {
        let w = Double(loadings.elements[$1])
        return $0 + w * w * w
      }
      #expect(cubes >= 0, "factor \(factor + 1)")
    }
    guard case .doubles(let strengths, _)? = output.parameters["strengths"] else {
      Issue.record("no strengths")
      return
    }
    let sorted = strengths.sorted(by: >)
    #expect(strengths.count == 3 && strengths == sorted)
  }

  /// A batch of a single cell has no variance of its own.
  @Test func aBatchOfOneCellCanBeFitted() throws {
    let data = try BatteryData().with(
      column: NamedColumn("plate", .strings((0..<60).map { $0 == 17 ? "alone" : "other" })))
    let (_, end) = try fit(
      ["batch-key": "plate", "library": "latent", "validation-fraction": "0"], data, LDVAE.self)
    #expect(end.reports.last?.termination != .objectiveNotFinite)
    #expect(LDVAE.damage(in: end.shared) == nil)
  }

  @Test func samplesHaveTheGenesAndBatchesOfTheFit() throws {
    for likelihood in ["zero-inflated", "poisson"] {
      let data = try BatteryData()
      let (fit, end) = try fit(
        batches.merging(["likelihood": likelihood]) { $1 }, data, LDVAE.self)
      let sampler = try LDVAE.sampler(
        of: fit.storedFit(end.shared), columns: data.summary.columns, scales: [50, 100], seed: 3)
      let (all, part) = (sampler.rows(0..<20), sampler.rows(5..<9))
      #expect(part.counts == Array(all.counts[5..<9]), "rows depend on their numbers only")
      #expect(all.counts.flatMap(\.self).reduce(0, +) > 200)
    }
  }
}

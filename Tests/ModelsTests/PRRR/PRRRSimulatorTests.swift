import LinearAlgebra
import Modeling
import Models
import Optimization
import TestSupport
import Testing

@Suite struct PRRRSimulatorTests {
  /// Rows of a simulation as tests of models take them.
  static func data(_ simulator: some Simulator) -> TestCounts {
    let rows = simulator.rows(0..<simulator.rowCount)
    let width = rows.matrices[0].width
    return TestCounts(
      counts: zip(rows.columnIndices, rows.counts).map { columns, counts in
        var row = Array(repeating: 0.0, count: simulator.columns.count)
        for (column, count) in zip(columns, counts) { row[Int(column)] = Double(count) }
        return row
      },
      design: (0..<simulator.rowCount).map { row in
        rows.matrices[0].elements[row * width..<(row + 1) * width].map { Double($0) }
      },
      covariates: (0..<width).map { "x\($0 + 1)" })
  }

  static func matrix(_ tree: StoredTree?) throws -> Matrix<Double> {
    guard case .doubles(let elements, let shape)? = tree else {
      throw ModelError("no matrix of the truth")
    }
    return Matrix(rowCount: shape[0], columnCount: shape[1], elements: elements)
  }

  @Test func rowsAreTheSameWhereverTheyAreMade() throws {
    func check(_ simulator: some Simulator) {
      let whole = simulator.rows(0..<30)
      let part = simulator.rows(11..<20)
      #expect(part.table == whole.table.selecting(11..<20))
      #expect(part.columnIndices == Array(whole.columnIndices[11..<20]))
      #expect(part.counts == Array(whole.counts[11..<20]))
    }
    check(try PRRRSimulator(.init()))
    check(try NonnegativePRRRSimulator(.init()))
    check(try SplatterSimulator(.init()))
  }

  @Test func aFitRecoversTheCoefficientsOfTheSimulation() throws {
    var errors: [Double] = []
    for cells in [100, 1600] {
      var settings = PRRRSimulator.Configuration()
      settings.common.cells = cells
      settings.common.covariates = 6
      settings.common.covariateScale = 1
      settings.effectDeviation = 0.7
      settings.common.rank = 2
      settings.baseMean = 1
      let simulator = try PRRRSimulator(settings)
      let data = Self.data(simulator)
      let model = try PRRRFitTests.model(data, rank: 2) { $0.sizeFactor = .none }
      let fit = try model.fitted(data).state.coefficients
      let truth = matrixProduct(
        try Self.matrix(simulator.truth["covariate_loadings"]),
        try Self.matrix(simulator.truth["gene_loadings"]), transposing: .second)
      let found = matrixProduct(fit.covariateLoadings, fit.geneLoadings, transposing: .second)
      errors.append(
        zip(found.elements, truth.elements).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
    }
    #expect(errors[1] < errors[0] / 4, "\(errors)")
    #expect(errors[1] / 120 < 0.01, "\(errors)")
  }

  @Test func meanCountsAreTheModelsRates() throws {
    var settings = NonnegativePRRRSimulator.Configuration()
    settings.common.cells = 4000
    settings.common.covariates = 3
    settings.common.genes = 5
    settings.common.rank = 2
    settings.common.design = .levels
    settings.shape = 2
    let simulator = try NonnegativePRRRSimulator(settings)
    let data = Self.data(simulator)
    let rates = matrixProduct(
      try Self.matrix(simulator.truth["covariate_loadings"]),
      try Self.matrix(simulator.truth["gene_loadings"]), transposing: .second)
    for level in 0..<3 {
      let rows = data.design.indices.filter { data.design[$0][level] == 1 }
      #expect(rows.count > 1000)
      for gene in 0..<5 {
        let mean = rows.reduce(0) { $0 + data.counts[$1][gene] } / Double(rows.count)
        let error = (rates[level, gene] / Double(rows.count)).squareRoot()
        // Five standard errors: a false alarm once in 100 000 runs of these fifteen means.
        #expect((mean - rates[level, gene]).magnitude < 5 * error)
      }
    }
  }

  @Test func splatterCountsHaveTheLibrariesAndTheVariationAskedFor() throws {
    var settings = SplatterSimulator.Configuration()
    settings.common.cells = 400
    settings.groups = 1
    settings.common.genes = 300
    settings.differing = 0
    let data = Self.data(try SplatterSimulator(settings))
    let totals = data.counts.map { $0.reduce(0, +) }
    let mean = totals.reduce(0, +) / 400
    // exp(11 + 0.2² / 2).
    #expect(mean.isClose(to: 61_083, .estimatedMean), "\(mean)")
    // Far above a Poisson distribution's, which would be 1: a tenth of the mean squared and more.
    let high = (0..<300).map { gene in data.counts.map { $0[gene] } }.filter {
      $0.reduce(0, +) / 400 > 100
    }
    #expect(high.count > 20)
    for counts in high {
      let mean = counts.reduce(0, +) / 400
      let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399
      #expect(variance / mean > 1.5)
    }
  }

  @Test func aRankThatReducesNothingIsRefused() {
    var settings = PRRRSimulator.Configuration()
    settings.common.rank = 21
    #expect(throws: SettingError.self) { try settings.validate() }
    var other = NonnegativePRRRSimulator.Configuration()
    other.common.rank = 21
    #expect(throws: SettingError.self) { try other.validate() }
  }
}

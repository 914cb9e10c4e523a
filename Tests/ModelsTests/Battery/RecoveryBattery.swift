import Concurrency
import LinearAlgebra
import Modeling
import Models
import Sums
import TestSupport
import Testing

/// Every model finds again what data were simulated from, the better the more rows there are.
struct RecoveryBattery {
  @Test(arguments: ListedModel.firsts)
  func simulatedParametersAreFoundAndMoreRowsHelp(_ model: ListedModel) throws {
    func check<Fitted: CheckableModel>(_ type: Fitted.Type) throws {
      let recovery = Fitted.recovery
      let few = try error(of: recovery, rows: recovery.rows.few, by: type)
      let many = try error(of: recovery, rows: recovery.rows.many, by: type)
      // A quarter of the limit is found by chance from few rows, too.
      #expect(
        many < few || many < recovery.limit / 4, "\(many) with many rows, \(few) with few")
      #expect(many < recovery.limit, "\(many)")
    }
    try check(model.type)
  }

  private func error<Fitted: CheckableModel>(
    of recovery: ModelRecovery, rows: Int, by type: Fitted.Type
  ) throws -> Double {
    func simulated<Made: Simulator>(_ simulator: Made.Type) throws -> Double {
      var configuration = Made.Configuration()
      for (name, value) in recovery.simulation.merging(
        [recovery.rows.setting: "\(rows)"], uniquingKeysWith: { $1 })
      {
        try Made.Configuration.setting(named: name).set(value, in: &configuration)
      }
      return try error(of: recovery, try Made(configuration), by: type)
    }
    return try simulated(recovery.simulator)
  }

  private func error<Fitted: CheckableModel, Made: Simulator>(
    of recovery: ModelRecovery, _ simulator: Made, by type: Fitted.Type
  ) throws -> Double {
    let made = simulator.rows(0..<simulator.rowCount)
    var configuration = Fitted.Configuration()
    for (name, value) in recovery.settings {
      try Fitted.Configuration.setting(named: name).set(value, in: &configuration)
    }
    let model = try Fitted(configuration, for: summary(simulator, made))
    var lanes = [try model.lane(from: rows(made, columnCount: simulator.columns.count))]
    var shared = model.start()
    let workers = Workers(threadCount: 2)
    while true {
      let report = try model.step(&shared, &lanes, with: Alone(), on: workers)
      if let failure = report.failure { throw failure }
      if report.termination != nil { break }
    }
    let output = model.sharedOutput(shared)
    func values(
      _ place: ModelRecovery.Place, rows: [NamedMatrix], columns: [NamedMatrix],
      pairs: [NamedMatrix], tree: StoredTree
    ) throws -> Matrix<Double> {
      func matrix(_ matrices: [NamedMatrix], _ name: String) throws -> Matrix<Double> {
        let found = try #require(matrices.first { $0.name == name }, "\(name)")
        return Matrix(
          rowCount: found.elements.count / found.width, columnCount: found.width,
          elements: found.elements.map(Double.init))
      }
      func parameter(_ name: String) throws -> Matrix<Double> {
        guard case .group(let members) = tree, case .doubles(let values, let shape)? = members[name]
        else { throw ModelError("no parameter \(name)") }
        return Matrix(rowCount: shape[0], columnCount: shape[1], elements: values)
      }
      switch place {
      case .rows(let name): return try matrix(rows, name)
      case .columns(let name): return try matrix(columns, name)
      case .parameter(let name): return try parameter(name)
      case .transposedParameter(let name): return try parameter(name).transposed()
      case .columnPairs(let name):
        let order = simulator.columns.count
        if case .group(let members) = tree, case .integers(let ends, _)? = members[name] {
          return pairValues(edges: ends.map { Int($0) }, order: order)
        }
        return pairValues(of: try matrix(pairs, name))
      }
    }
    let truth = try values(
      recovery.truth, rows: made.matrices, columns: simulator.columnMatrices, pairs: [],
      tree: simulator.truth)
    let estimate = try values(
      recovery.estimate, rows: model.rowOutput(shared, lanes[0]).matrices,
      columns: output.matrices, pairs: output.networks?.columnMatrices ?? [],
      tree: output.parameters)
    return try unexplainedShare(of: truth, by: estimate)
  }

  /// What is joined, 1, and what is not, 0, for every pair.
  private func pairValues(edges: [Int], order: Int) -> Matrix<Double> {
    var adjacency = Matrix<Double>(rowCount: order, columnCount: order)
    for edge in stride(from: 0, to: edges.count, by: 2) {
      let (a, b) = (max(edges[edge], edges[edge + 1]), min(edges[edge], edges[edge + 1]))
      adjacency[a, b] = 1
    }
    return pairValues(of: adjacency)
  }

  private func pairValues(of matrix: Matrix<Double>) -> Matrix<Double> {
    let values = (0..<matrix.rowCount).flatMap { row in
      (0..<row).map { abs(matrix[row, $0]) }
    }
    return Matrix(rowCount: values.count, columnCount: 1, elements: values)
  }

  /// ‖T − E A‖² / ‖T − 1 t̄‖².
  private func unexplainedShare(
    of truth: Matrix<Double>, by estimate: Matrix<Double>
  ) throws -> Double {
    #expect(truth.rowCount == estimate.rowCount)
    func centred(_ matrix: Matrix<Double>) -> Matrix<Double> {
      let ones = [Double](repeating: 1, count: matrix.rowCount)
      let means = matrix.product(ones, .transposed).map { $0 / Double(matrix.rowCount) }
      var result = matrix
      for row in 0..<matrix.rowCount {
        for column in means.indices { result[row, column] -= means[column] }
      }
      return result
    }
    let (t, e) = (centred(truth), centred(estimate))
    var gram = e.gram(.transposed)
    for index in 0..<gram.rowCount { gram[index, index] += 1e-9 * (gram[index, index] + 1e-300) }
    let cross = matrixProduct(e, t, transposing: .first)
    let explained = zip(matrixProduct(try Cholesky(gram).inverse(), cross).elements, cross.elements)
      .reduce(0) { $0 + $1.0 * $1.1 }
    return 1 - explained / t.elements.reduce(0) { $0 + $1 * $1 }
  }

  private func summary<Made: Simulator>(_ simulator: Made, _ made: SimulatedRows) -> DataSummary {
    let count = simulator.columns.count
    var totals = [Double](repeating: 0, count: count)
    var nonZeros = [Int](repeating: 0, count: count)
    for (columns, values) in zip(made.columnIndices, made.counts) {
      for (column, value) in zip(columns, values) {
        totals[Int(column)] += Double(value)
        nonZeros[Int(column)] += 1
      }
    }
    var summary = DataSummary(
      rows: made.table, columns: simulator.columns, columnTotals: totals, columnMaxima: totals,
      columnNonZeros: nonZeros, fingerprint: "simulated")
    for matrix in made.matrices { summary.rowMatrices[matrix.name] = matrix }
    if let simulator = simulator as? any GenotypeSimulator {
      summary.companions[Genotypes.self] = simulator.genotypes.genotypes
      summary.companions[Ancestry.self] = simulator.genotypes.ancestry
    }
    return summary
  }

  private func rows(_ made: SimulatedRows, columnCount: Int) throws -> RowData {
    let rows = 0..<made.table.count
    guard made.reals.isEmpty else {
      return RowData(
        rows: rows,
        matrix: .reals(
          Matrix(
            rowCount: rows.count, columnCount: columnCount, elements: made.reals.map(Double.init))))
    }
    var builder = CompressedCounts.Builder(columnCount: columnCount)
    for row in rows {
      try builder.appendRow(columns: made.columnIndices[row], values: made.counts[row])
    }
    return RowData(rows: rows, matrix: .counts(builder.build()))
  }
}

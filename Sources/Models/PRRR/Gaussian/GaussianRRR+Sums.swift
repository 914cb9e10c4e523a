import Concurrency
import LinearAlgebra
public import Modeling
import RealModule
import Sums

extension GaussianRRR {
  /// The sums over the training rows.
  ///
  /// Collective.
  func sums<Everyone: Team & ~Copyable>(
    of lanes: [Lane], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> LeastSquaresSums? {
    let (p, q) = (regression.covariateCount, regression.geneCount)
    let empty = PartialSums([
      .wide("rows and squares", count: 2), .wide("covariates", count: p),
      .wide("log counts", count: q), .wide("covariates by covariates", count: p * p),
      .wide("covariates by log counts", count: p * q),
    ])
    let parts = workers.map(lanes.count) { lane in
      var part = empty
      add(lanes[lane], to: &part)
      return part
    }
    var partials = empty
    for part in parts { partials.add(part) }
    let sums = try everyone.sum(consume partials)
    let counts = sums.values(of: 0)
    let n = counts[0]
    guard n > 0 else { return nil }
    var gram = Matrix(rowCount: p, columnCount: p, elements: sums.values(of: 3))
    var cross = Matrix(rowCount: p, columnCount: q, elements: sums.values(of: 4))
    var total = counts[1]
    var covariateMeans = Array(repeating: 0.0, count: p)
    var geneMeans = Array(repeating: 0.0, count: q)
    if configuration.intercept {
      covariateMeans = sums.values(of: 1).map { $0 / n }
      geneMeans = sums.values(of: 2).map { $0 / n }
      for row in 0..<p {
        for column in 0..<p {
          gram[row, column] -= n * covariateMeans[row] * covariateMeans[column]
        }
        for column in 0..<q { cross[row, column] -= n * covariateMeans[row] * geneMeans[column] }
      }
      for mean in geneMeans { total -= n * mean * mean }
    }
    return LeastSquaresSums(
      rowCount: n, covariateMeans: covariateMeans, geneMeans: geneMeans, gram: gram, cross: cross,
      total: total)
  }

  private func add(_ lane: Lane, to part: inout PartialSums) {
    let (p, q) = (regression.covariateCount, regression.geneCount)
    let rows = training(lane)
    let design = Matrix(
      rowCount: rows.count, columnCount: p,
      elements: rows.flatMap { regression.matrix.values.row($0) })
    guard !rows.isEmpty else { return }
    var squares = 0.0
    var genes = Array(repeating: 0.0, count: q)
    var cross = Array(repeating: 0.0, count: p * q)
    for (position, row) in rows.enumerated() {
      let covariates = Array(design.row(position))
      for place in lane.counts.places(row - lane.rows.lowerBound) {
        let gene = Int(lane.counts.columns[place])
        let value = Double.log(onePlus: Double(lane.counts.values[place]))
        squares += value * value
        genes[gene] += value
        for covariate in 0..<p where covariates[covariate] != 0 {
          cross[covariate * q + gene] += covariates[covariate] * value
        }
      }
    }
    let ones = Matrix(rowCount: rows.count, columnCount: 1, repeating: 1.0)
    part.add([Double(rows.count), squares], to: 0)
    part.add(matrixProduct(ones, design, transposing: .first).elements, to: 1)
    part.add(genes, to: 2)
    part.add(design.gram(.transposed).elements, to: 3)
    part.add(cross, to: 4)
  }

  private func training(_ lane: Lane) -> [Int] {
    lane.rows.filter { !regression.matrix.isIncomplete[$0] && regression.split.uses[$0] == .train }
  }

  /// R² of every gene on the held-out rows; nil without any.
  ///
  /// Collective.
  func heldOut<Everyone: Team & ~Copyable>(
    _ coefficients: Matrix<Double>, _ intercepts: [Double], _ lanes: [Lane],
    with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> HeldOut? {
    let q = regression.geneCount
    let empty = PartialSums([
      .wide("held-out rows", count: 1), .wide("held-out logarithms", count: 3 * q),
      .wide("held-out counts", count: 3 * q, unitExponent: 10),
    ])
    let parts = workers.map(lanes.count) { index in
      let lane = lanes[index]
      var part = empty
      var sums = Array(repeating: 0.0, count: 3 * q)
      var countSums = sums
      var values = Array(repeating: 0.0, count: q)
      var count = 0.0
      for row in lane.rows
      where !regression.matrix.isIncomplete[row] && regression.split.uses[row] != .train {
        count += 1
        let fitted = matrixProduct(regression.covariates(of: row..<row + 1), coefficients).elements
        for gene in 0..<q { values[gene] = 0 }
        for place in lane.counts.places(row - lane.rows.lowerBound) {
          values[Int(lane.counts.columns[place])] = .log(
            onePlus: Double(lane.counts.values[place]))
        }
        for gene in 0..<q {
          let predicted = fitted[gene] + intercepts[gene]
          let error = values[gene] - predicted
          let counted = Double.expMinusOne(values[gene])
          let miss =
            counted - .expMinusOne(min(predicted, PoissonLimits.largestPredictor))
          countSums[3 * gene] += counted
          countSums[3 * gene + 1] += counted * counted
          countSums[3 * gene + 2] += miss * miss
          sums[3 * gene] += values[gene]
          sums[3 * gene + 1] += values[gene] * values[gene]
          sums[3 * gene + 2] += error * error
        }
      }
      part.add(count, to: 0)
      part.add(sums, to: 1)
      part.add(countSums, to: 2)
      return part
    }
    var partials = empty
    for part in parts { partials.add(part) }
    let sums = try everyone.sum(consume partials)
    guard sums.value(of: 0) > 0 else { return nil }
    let count = sums.value(of: 0)
    func rSquared(_ genes: [Double]) -> [Double] {
      (0..<q).map { gene in
        let total = genes[3 * gene + 1] - genes[3 * gene] * genes[3 * gene] / count
        return total > 1e-9 * max(genes[3 * gene + 1], 1e-300)
          ? 1 - genes[3 * gene + 2] / total : .nan
      }
    }
    return HeldOut(
      logarithms: rSquared(sums.values(of: 1)), counts: rSquared(sums.values(of: 2)))
  }

  /// Scores X U of the rows; none at full rank.
  public func rowOutput(_ shared: State, _ lane: Lane) -> RowOutput {
    guard let fit = shared.fit, let genes = fit.genes else { return RowOutput() }
    let scores = matrixProduct(regression.covariates(of: lane.rows), fit.covariates)
    return RowOutput(
      matrices: [
        NamedMatrix("X_rrr", width: genes.columnCount, elements: scores.elements.map { Float($0) })
      ])
  }

  /// Loadings, intercepts and what is needed to use the fit.
  public func sharedOutput(_ shared: State) -> SharedOutput {
    guard let fit = shared.fit else { return SharedOutput(parameters: .group([:])) }
    let p = regression.covariateCount
    var members: [String: StoredTree] = [
      "covariates": .strings(regression.design.names),
      "design": regression.design.storedTree, "objective": .number(fit.objective),
      "covariate_loadings": .doubles(
        fit.covariates.elements, shape: [p, fit.covariates.columnCount]),
      "intercepts": .doubles(shared.intercepts, shape: [shared.intercepts.count]),
    ]
    var matrices: [NamedMatrix] = []
    if let genes = fit.genes {
      members["gene_loadings"] = .doubles(
        genes.elements, shape: [genes.rowCount, genes.columnCount])
      matrices.append(
        NamedMatrix(
          "rrr_loadings", width: genes.columnCount, elements: genes.elements.map { Float($0) }))
    }
    if configuration.coefficients || fit.genes == nil {
      matrices.append(
        NamedMatrix(
          "rrr_coefficients", width: p,
          elements: fit.coefficients.transposed().elements.map { Float($0) }))
    }
    var columns = [NamedColumn("rrr_intercept", .numbers(shared.intercepts))]
    if let heldOut = shared.heldOut {
      members["held_out"] = .group([
        "r_squared_log": .number(HeldOut.mean(heldOut.logarithms)),
        "r_squared": .number(HeldOut.mean(heldOut.counts)),
      ])
      columns.append(NamedColumn("rrr_r_squared_log", .numbers(heldOut.logarithms)))
    }
    return SharedOutput(columns: columns, matrices: matrices, parameters: .group(members))
  }
}

import LinearAlgebra
import Modeling
import Optimization
import Probability
import Sums

extension NonnegativePRRR {
  /// Parameters before the first sum: ones.
  public func start() -> NonnegativePRRRState {
    let k = configuration.rank
    return NonnegativePRRRState(
      covariates: Matrix(rowCount: regression.covariateCount, columnCount: k, repeating: 1),
      genes: Matrix(rowCount: regression.geneCount, columnCount: k, repeating: 1))
  }

  /// A random start with each gene's rate, each factor near the counts of some rows:
  ///
  ///     u_pk = ½ + uniform
  ///     v_jk = (½ rate_j + ½ Σ_n y_nj / Σ_n s_n) / Σ_k x̄ u_·k,   n: rows with the covariates of a random row
  ///
  /// Factors that differ by noise alone stay together for long where there are many covariates: the law of large
  /// numbers makes every row's scores on them nearly equal. The published methods, and factors for which no
  /// further row is found, have rate_j (½ + uniform) instead.
  ///
  /// Collective.
  func begin<Everyone: Team & ~Copyable>(
    _ shared: inout NonnegativePRRRState, _ lanes: [CountRegressionLane], _ totals: CountTotals,
    with everyone: borrowing Everyone
  ) throws(SumFault) {
    let k = configuration.rank
    var covariates = regression.random.stream("nn-PRRR covariates", step: shared.restart)
    var genes = regression.random.stream("nn-PRRR genes", step: shared.restart)
    for row in 0..<shared.covariates.rowCount {
      for factor in 0..<k { shared.covariates[row, factor] = 0.5 + covariates.uniform() }
    }
    var mean = 0.0
    for (row, weight) in totals.covariates.enumerated() {
      mean += weight / max(totals.exposure, 1e-300) * shared.covariates.row(row).reduce(0, +)
    }
    let isPublished = configuration.inference == .adam || configuration.inference == .lognormal
    let seeds = isPublished ? [] : seeds(restart: shared.restart)
    let profiles = try profiles(of: seeds, lanes, with: everyone)
    let rates = totals.rates
    for gene in 0..<shared.genes.rowCount {
      for factor in 0..<k {
        var rate = rates[gene] * (0.5 + genes.uniform())
        if factor < seeds.count, let profile = profiles[factor] {
          rate = 0.5 * (rates[gene] + profile[gene])
        }
        shared.genes[gene, factor] = rate / max(mean, 1e-300)
      }
    }
    shared.ascent = nil
    shared.mixing = AndersonMixing()
    shared.fallback = nil
    shared.free = []
    shared.adam = nil
    shared.window = WindowedMean()
    shared.iteration = 0
    shared.objective = nil
  }

  /// The covariates of random rows that the model is fitted to, no two alike: one for each factor, or fewer where
  /// so many are not found.
  private func seeds(restart: Int) -> [ArraySlice<Double>] {
    var stream = regression.random.stream("nn-PRRR rows", step: restart)
    let uses = regression.split.uses
    var seeds: [ArraySlice<Double>] = []
    for _ in 0..<20 * configuration.rank where seeds.count < configuration.rank {
      let row = stream.integer(below: uses.count)
      guard uses[row] == .train, !regression.matrix.isIncomplete[row] else { continue }
      let covariates = regression.matrix.values.row(row)
      if !seeds.contains(covariates) { seeds.append(covariates) }
    }
    return seeds
  }

  /// The counts of all rows with each seed's covariates, per unit of exposure; nil where they have none.
  ///
  /// Collective.
  private func profiles<Everyone: Team & ~Copyable>(
    of seeds: [ArraySlice<Double>], _ lanes: [CountRegressionLane],
    with everyone: borrowing Everyone
  ) throws(SumFault) -> [[Double]?] {
    guard !seeds.isEmpty else { return [] }
    let q = regression.geneCount
    var partials = PartialSums([
      .wide("exposure of rows to start from", count: seeds.count, unitExponent: 10),
      .wide("counts of rows to start from", count: seeds.count * q, unitExponent: 10),
    ])
    for lane in lanes {
      var exposures = Array(repeating: 0.0, count: seeds.count)
      var counts = Array(repeating: 0.0, count: seeds.count * q)
      for block in lane.training {
        var seedOfRow = Array(repeating: -1, count: block.rowCount)
        for row in 0..<block.rowCount {
          guard let seed = seeds.firstIndex(of: block.design.row(row)) else { continue }
          seedOfRow[row] = seed
          exposures[seed] += block.exposure[row]
        }
        guard seedOfRow.contains(where: { $0 >= 0 }) else { continue }
        for gene in 0..<q {
          for place in Int(block.geneStarts[gene])..<Int(block.geneStarts[gene + 1]) {
            let seed = seedOfRow[Int(block.entryRows[place])]
            if seed >= 0 { counts[seed * q + gene] += Double(block.entryCounts[place]) }
          }
        }
      }
      partials.add(exposures, to: 0)
      partials.add(counts, to: 1)
    }
    let sums = try everyone.sum(consume partials)
    let (exposures, counts) = (sums.values(of: 0), sums.values(of: 1))
    return exposures.enumerated().map { seed, exposure in
      guard exposure > 0 else { return nil }
      return counts[seed * q..<(seed + 1) * q].map { $0 / exposure }
    }
  }
}

public import Concurrency
import LinearAlgebra
public import Modeling
import Optimization
public import Sums

extension TBLDA {
  /// One iteration of the inference chosen, or one step of the refinement after it.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let isFirst = shared.restart == 0 && shared.iteration == 0
    var report: StepReport
    do throws(SumFault) {
      if configuration.inference == .stochastic {
        report = try stochasticStep(&shared, &lanes, with: everyone, on: workers)
      } else if shared.refinement != nil {
        report = try refinementStep(&shared, &lanes, with: everyone, on: workers)
      } else {
        report = try coordinateStep(&shared, &lanes, with: everyone, on: workers)
      }
    } catch {
      // What has been reached is gathered, for the fit to end with.
      _ = try finish(&shared, lanes, with: everyone, on: workers)
      throw error
    }
    if isFirst {
      let remarks = cohort.remarks + (report.remark.map { [$0] } ?? [])
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    return report
  }

  /// One iteration of coordinate ascent.
  private func coordinateStep<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    let endsWindow =
      shared.iteration % window == 0 || shared.iteration + 1 == configuration.iterationLimit
    var bound: Double?
    if shared.iteration == 0, shared.restart == 0 {
      shared.genes = try distinctGenes(lanes, with: everyone, on: workers)
    }
    if let batchCount, !endsWindow {
      try batchIteration(&shared, &lanes, batchCount: batchCount, with: everyone, on: workers)
    } else if batchCount != nil {
      bound = try coordinateIteration(
        &shared, &lanes, wantsBound: true, with: everyone, on: workers)
    } else {
      let reached = try acceleratedIteration(&shared, &lanes, with: everyone, on: workers)
      bound = endsWindow ? reached : nil
    }
    shared.iteration += 1
    var ending: Termination?
    if let bound {
      if let last = shared.bound, hasSettled(&shared, bound, since: last) {
        ending = .objectiveTolerance
      }
      shared.bound = bound
    }
    if ending == nil, shared.iteration >= configuration.iterationLimit { ending = .stepLimit }
    var report = StepReport(
      stage: configuration.restarts > 1
        ? "start \(shared.restart + 1) of \(configuration.restarts), iteration \(shared.iteration)"
        : "iteration \(shared.iteration)",
      progress: (Double(shared.restart)
        + min(Double(shared.iteration) / Double(configuration.iterationLimit), 1))
        / Double(configuration.restarts),
      rowsProcessed: cohort.uses.count, endsEpoch: endsWindow,
      measures: bound.map { [.init("bound", $0), .init("alpha", shared.alpha)] } ?? [])
    if let ending {
      let remarks = try endStart(
        &shared, &lanes, ending, report: &report, with: everyone, on: workers)
      report.remark = remarks.isEmpty ? nil : remarks.joined(separator: "\n")
    }
    return report
  }

  /// Coordinate ascent never lowers the bound; minibatches may. Where momentum has just begun anew a small gain
  /// says little: the next window has to agree.
  private func hasSettled(_ shared: inout TBLDAState, _ bound: Double, since last: Double) -> Bool {
    let gain = batchCount == nil ? bound - last : abs(bound - last)
    let isSmall = gain <= configuration.tolerance * abs(bound)
    let isSlow = (shared.momentum?.count ?? window) < window
    defer { shared.hasSettled = isSmall }
    return isSmall && (!isSlow || shared.hasSettled)
  }

  /// Keeps the best start and begins the next, or ends the fit.
  private func endStart<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: inout [TBLDALane], _ ending: Termination,
    report: inout StepReport, with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> [String] {
    guard let bound = shared.bound else {
      preconditionFailure("a start that ends has a bound: the last iteration looks at it")
    }
    loseMomentum(&shared, &lanes)
    var remarks: [String] = []
    if configuration.restarts > 1 {
      remarks.append(
        "start \(shared.restart + 1) of \(configuration.restarts) ended after \(shared.iteration) iterations; bound \(bound)"
      )
    }
    if shared.best.map({ bound > $0.bound }) ?? true {
      shared.best = TBLDAState.Best(
        genes: shared.genes, alpha: shared.alpha, bound: bound, restart: shared.restart,
        isConverged: ending.isSuccess)
      if configuration.restarts > 1 {
        for index in lanes.indices {
          lanes[index].saved.best = TBLDALane.Point(
            samples: lanes[index].saved.samples, alleles: lanes[index].saved.alleles)
        }
      }
    }
    shared.restart += 1
    guard shared.restart >= configuration.restarts else {
      shared.genes = startingGenes(restart: shared.restart)
      shared.alpha = startingAlpha
      shared.iteration = 0
      shared.bound = nil
      for index in lanes.indices {
        let best = lanes[index].saved.best
        lanes[index].saved = startingLane(
          rows: lanes[index].rows, variants: lanes[index].variants, totals: lanes[index].totals,
          restart: shared.restart)
        lanes[index].saved.best = best
      }
      return remarks
    }
    if let best = shared.best {
      (shared.genes, shared.alpha, shared.bound) = (best.genes, best.alpha, best.bound)
      for index in lanes.indices {
        guard let best = lanes[index].saved.best else { continue }
        (lanes[index].saved.samples, lanes[index].saved.alleles) = (best.samples, best.alleles)
      }
      if refinementSteps > 0 {
        shared.refinement = 0
        return remarks
      }
      report.termination = best.isConverged ? .objectiveTolerance : ending
    }
    remarks += try finish(&shared, lanes, with: everyone, on: workers)
    return remarks
  }

  /// Gathers what the lanes know about variants and says which topics nobody uses.
  ///
  /// Collective.
  func finish<Everyone: Team & ~Copyable>(
    _ shared: inout TBLDAState, _ lanes: [TBLDALane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> [String] {
    let counted = try gathered(
      lanes.map { ($0.variants, $0.saved.alleles.counted) }, with: everyone)
    let other = try gathered(lanes.map { ($0.variants, $0.saved.alleles.other) }, with: everyone)
    shared.alleles = AllelePair(counted: counted, other: other)
    shared.heldOut = try heldOutScore(shared, lanes, with: everyone, on: workers)
    if configuration.evidenceDraws > 0 {
      shared.evidence = try evidence(
        shared, lanes, drawCount: configuration.evidenceDraws, with: everyone, on: workers)
    }
    let unused = unusedTopics(shared)
    guard !unused.isEmpty else { return [] }
    let numbers = unused.map { String($0 + 1) }.joined(separator: ", ")
    return ["\(unused.count) of \(topicCount) topics have no reads: \(numbers)"]
  }

  /// Topics to which less than one read is ascribed beyond the prior.
  func unusedTopics(_ shared: TBLDAState) -> [Int] {
    (0..<topicCount).filter { topic in
      shared.genes.row(topic).reduce(0) { $0 + $1 - configuration.genePrior } < 1
    }
  }

  private func gathered<Everyone: Team & ~Copyable>(
    _ parts: [(variants: Range<Int>, values: Matrix<Double>)], with everyone: borrowing Everyone
  ) throws(SumFault) -> Matrix<Double> {
    let K = topicCount
    let S = cohort.variants.count
    var partials = PartialSums([.wide("allele concentrations", count: S * K)])
    for part in parts {
      part.values.withUnsafeElements { partials.add($0, to: 0, at: part.variants.lowerBound * K) }
    }
    let sums = try everyone.sum(consume partials)
    return Matrix(rowCount: S, columnCount: K, elements: sums.values(of: 0))
  }
}

import Concurrency
import Modeling
import Networks
import Probability
import Sums

extension DGD {
  /// The model without latents: where dispersions that are estimated start, and what fits are compared with.
  func profilingStep<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    shared.profiles = try meanProfiles(lanes, with: everyone, on: workers)
    for (h, profile) in shared.profiles.enumerated()
    where architecture.heads[h].estimatesDispersions {
      shared.decoder.heads[h].output.logDispersions = profile.logDispersions.map { Float($0) }
      shared.decoder.heads[h].dispersions = DispersionSteps(weights: profile.weights)
    }
    shared.phase = .training
    return StepReport(
      stage: "start: dispersions", progress: 0, rowsProcessed: 0, endsEpoch: false)
  }

  /// The mean profile of the training cells for every head of counts.
  ///
  /// Collective.
  func meanProfiles<Everyone: Team & ~Copyable>(
    _ lanes: [DGDLane], with everyone: borrowing Everyone, on workers: Workers
  ) throws(SumFault) -> [MeanProfile] {
    var profiles: [MeanProfile] = []
    for (h, head) in architecture.heads.enumerated() {
      guard head.likelihood.hasDispersion else {
        profiles.append(MeanProfile())
        continue
      }
      let rows = lanes.compactMap { $0.countRows(ofHead: h, at: $0.uses.train) }
      profiles.append(
        try MeanProfile(of: rows, geneCount: head.columnCount, with: everyone, on: workers))
    }
    return profiles
  }
}

extension DGDLane {
  /// The counts of some cells, of those that have this kind of data; nil where it is real values.
  func countRows(ofHead head: Int, at positions: [Int]) -> CountRows? {
    guard case .counts(let counts) = values[head].matrix else { return nil }
    return CountRows(counts, rows: positions.map(values[head].place).filter { $0 >= 0 })
  }

  /// −log p of every cell by the model without latents; NaN where it lacks the data.
  func profileLosses(_ profile: MeanProfile, ofHead head: Int) -> [Double] {
    let positions = Array(0..<rows.count)
    guard !profile.shares.isEmpty, let counts = countRows(ofHead: head, at: positions) else {
      return positions.map { _ in .nan }
    }
    var found = profile.losses(counts)[...]
    return positions.map { values[head].place(of: $0) < 0 ? .nan : found.popFirst() ?? .nan }
  }
}

// MARK: - Scales of representations

extension DGD {
  /// Root mean square of each dimension of a space over the training cells.
  ///
  /// Collective.
  func scales<Everyone: Team & ~Copyable>(
    of space: Int, _ lanes: [DGDLane], with everyone: borrowing Everyone
  ) throws(SumFault) -> [Double] {
    let L = architecture.spaces[space].dimension
    var partials = PartialSums([.wide("squares of representations", count: L)])
    for lane in lanes {
      var squares = [Double](repeating: 0, count: L)
      for position in lane.uses.train {
        for (l, z) in lane.saved.spaces[space][position].enumerated() {
          squares[l] += Double(z) * Double(z)
        }
      }
      partials.add(squares, to: 0)
    }
    return try everyone.sum(consume partials).values(of: 0).map {
      ($0 / Double(trainCount)).squareRoot()
    }
  }

  /// Brings every dimension of the representations back to the root mean square that it started with:
  ///
  ///     c_l = (started with)_l / (now)_l      z_il ← c_l z_il      μ_kl ← c_l μ_kl      W_·l ← W_·l / c_l
  ///
  /// which changes no expected value. Without it the decoder's weights grow and the representations shrink, because the
  /// prior rewards small distances and nothing holds the weights: all cells end within one component, whose width is
  /// that of the start.
  ///
  /// Collective.
  func holdScales<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone
  ) throws(SumFault) {
    guard shared.spaces.contains(where: { !$0.scales.isEmpty }) else { return }
    var factors: [Float] = []
    for s in shared.spaces.indices {
      let wanted = shared.spaces[s].scales
      guard !wanted.isEmpty else {
        factors += Array(repeating: 1, count: shared.spaces[s].dimension)
        continue
      }
      let now = try scales(of: s, lanes, with: everyone)
      let own = zip(wanted, now).map { $1 > 0 && $0 > 0 ? Float($0 / $1) : 1 }
      shared.spaces[s].mixture?.scaleMeans(by: own.map { Double($0) })
      for lane in lanes.indices { lanes[lane].saved.spaces[s].scale(by: own) }
      factors += own
    }
    shared.decoder.scaleWeights(ofInputs: factors.map { 1 / $0 })
  }
}

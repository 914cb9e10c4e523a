public import LinearAlgebra
public import Modeling
import Probability

extension NetworkDataOptions {
  /// Cells and genes that networks of data of this shape will have, about.
  func expectedSize(of shape: DataShape) -> (rows: Int, columns: Int) {
    var columns = min(shape.columnCount, highlyVariable ?? shape.columnCount)
    if isSquared { columns = min(columns, shape.rowCount) }
    return (shape.rowCount, columns)
  }

  /// What every rank holds beside the matrices of the method: its rows, moments, and the gathered matrix.
  func memory(of shape: DataShape, ranks: Int) -> [FitPlan.Part] {
    let (d1, d2) = expectedSize(of: shape)
    let share = (shape.nonZeroCount + ranks - 1) / ranks
    return [
      .init("own rows", bytes: values == .counts ? 3 * share : 8 * share),
      .init("moments of all genes", bytes: 6 * 8 * shape.columnCount),
      .init("the matrix of kept cells and genes", bytes: 3 * 8 * d1 * d2),
      .init("names and annotations", bytes: 40 * shape.rowCount + 80 * shape.columnCount),
      .init("program, libraries and reading", bytes: 55_000_000),
    ]
  }

  /// Bytes of the sums that bring the matrix together.
  func gatheringBytes(of shape: DataShape) -> Int {
    let (d1, d2) = expectedSize(of: shape)
    return 8 * (6 * shape.columnCount + d1 * d2)
  }
}

extension MEDMAGMA: PlannableModel {
  /// Memory of a rank, and what the loop agrees on after each iteration; the matrix travels once, before.
  public static func plan(
    _ configuration: MEDMAGMAConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    return FitPlan(
      laneCount: laneCount(configuration, rowCount: shape.rowCount),
      memory: configuration.data.memory(of: shape, ranks: ranks) + [
        .init("ten matrices an axis", bytes: 10 * 8 * (d1 * d1 + d2 * d2))
      ],
      bytesPerStep: FitPlan.loopBytes, messagesPerStep: 1, stepsPerEpoch: 1,
      epochs: configuration.iterations)
  }
}

extension MEDMAGMA: TimedModel {
  /// The second EM iteration on random numbers, the same for any number of ranks: all of them do all of it.
  ///
  /// Local.
  /// - Throws: `ModelError` where the shape is too small for a network.
  public static func measuredEpochs(
    _ configuration: MEDMAGMAConfiguration, _ shape: DataShape, ranks: [Int], on workers: Workers
  ) throws(ModelError) -> [Double] {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    guard d1 >= 3, d2 >= 3 else {
      throw ModelError("\(d1) cells and \(d2) genes: networks need 3 of each")
    }
    var stream = RandomSource(seed: 0).stream("stand-in values")
    let y = QuotientMap()(
      Matrix(
        rowCount: d1, columnCount: d2, elements: (0..<d1 * d2).map { _ in stream.normal() }))
    var step = EMStep()
    step.curvatureTerm = configuration.curvature
    step.kernel.iterationLimit = configuration.kernelIterations
    step.penalty = configuration.penalty
    var start = EMState(
      rowScaling: (0..<d1).map { _ in stream.uniform() },
      columnScaling: (0..<d2).map { _ in stream.uniform() })
    do {
      _ = try step.advance(&start, on: y, workers: workers)
    } catch {
      throw ModelError("random values of this shape cannot be fitted: \(error)")
    }
    let seconds = Stopwatch.medianSeconds(on: workers) {
      var state = start
      _ = try? step.advance(&state, on: y, workers: workers)
    }
    return ranks.map { _ in seconds }
  }
}

extension GmGM: PlannableModel {
  /// Memory of a rank; the one step's messages are the gathering of the matrix.
  public static func plan(
    _ configuration: GmGMConfiguration, _ shape: DataShape, ranks: Int
  ) -> FitPlan {
    let (d1, d2) = configuration.data.expectedSize(of: shape)
    let gathering = configuration.data.gatheringBytes(of: shape)
    return FitPlan(
      laneCount: laneCount(configuration, rowCount: shape.rowCount),
      memory: configuration.data.memory(of: shape, ranks: ranks) + [
        .init("six matrices an axis", bytes: 6 * 8 * (d1 * d1 + d2 * d2))
      ],
      bytesPerStep: gathering + FitPlan.loopBytes, messagesPerStep: 3, stepsPerEpoch: 1, epochs: 1)
  }
}
